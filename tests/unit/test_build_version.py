from __future__ import annotations

from pathlib import Path

from data_access.build_version import build, digest


def test_a_build_is_named_by_release_and_code() -> None:
    release, _, code = build().partition("+")
    assert release
    assert len(code) == 8


def test_changed_code_is_another_build_and_other_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "app.py").write_text("one")
    script = tmp_path / "assets" / "a.js"
    script.write_text("let a;")
    first = digest(tmp_path)
    (tmp_path / "assets" / "picture.png").write_bytes(b"1")
    assert digest(tmp_path) == first
    script.write_text("let b;")
    assert digest(tmp_path) != first
