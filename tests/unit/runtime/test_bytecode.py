import sys
from pathlib import Path

import pytest

from data_access.runtime import bytecode


def test_children_keep_compiled_code_where_the_surroundings_keep_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    kept = bytecode.environment(tmp_path)
    assert kept == {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode")}
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert bytecode.environment(tmp_path) == {}


def test_a_later_start_reads_what_is_there_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIPING_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    bytecode.read_kept()
    assert sys.pycache_prefix is None
    (tmp_path / "bytecode").mkdir()
    bytecode.read_kept()
    assert sys.pycache_prefix == str(tmp_path / "bytecode")
