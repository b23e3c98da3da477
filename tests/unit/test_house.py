"""Habits of the house that no linter knows."""

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bench import table
from bench.harness import RESULTS
from data_access.settings import Settings

ROOT = Path(__file__).parents[2]
MOST_LINES = {".py": 450, ".js": 500, ".css": 800}  # look again past these
LONGER_FOR_A_REASON: dict[str, str] = {}
URLS_ALLOWED = re.compile(
    r"http://www\.w3\.org/"  # names of namespaces, never fetched
    r"|https?://(127\.0\.0\.1|localhost)\b"
    r"|https?://t\{s\}\.tianditu\.gov\.cn/"  # a base map the operator switches on with a key of his own
)
TOP_LEVEL = {
    *("app.py", "pages", "components", "data_access", "assets", "tests", "bench", "docs", "deploy"),
    *("pyproject.toml", "requirements.lock", "requirements-dev.lock", "Makefile"),
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"),
}
OUTSIDE_SETTINGS = {"YIPING_TEST_DATA"}  # read by the tests alone


@cache
def tracked() -> tuple[Path, ...]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = (ROOT / name for name in listed.decode().split("\0") if name)
    return tuple(p for p in paths if p.is_file())


def own_text(*suffixes: str) -> Iterator[tuple[str, str]]:
    """Name and text of the tracked files that we wrote ourselves."""
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in suffixes and "/vendor/" not in name and "/data/" not in name:
            yield name, path.read_text("utf-8")


def project() -> dict[str, list[str]]:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {"run": table["dependencies"], "dev": table["optional-dependencies"]["dev"]}


def bare(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def locked(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text("utf-8")
    return {bare(n): v for n, v in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", text, re.MULTILINE)}


def test_the_top_level_holds_what_the_layout_names_and_no_picture_strays_in() -> None:
    top = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert top - {name for name in top if name.startswith(".")} == TOP_LEVEL


def test_no_file_names_the_machine_it_was_written_on() -> None:
    machine = re.compile(
        r"(?<![\w.])/(home|root|Users|work|farm)/[\w.]|--(extra-)?index-url|https?://[^\s\"']+/simple\b"
    )
    named = [
        f"{name}: {found[0]}"
        for name, text in own_text(".py", ".md", ".toml", ".sh", ".lock", ".js", ".css", ".json", ".mako", "")
        for found in [machine.search(text)]
        if found and name != "tests/unit/test_house.py"
    ]
    assert not named


def test_no_file_grows_without_a_reason() -> None:
    long = {
        name: lines
        for name, text in own_text(*MOST_LINES)
        if (lines := text.count("\n")) > MOST_LINES[Path(name).suffix]
        and "/migrations/versions/" not in name
        and name not in LONGER_FOR_A_REASON
    }
    assert not long, f"split them, or write the reason here: {long}"


def test_the_browser_fetches_nothing_from_elsewhere() -> None:
    shown = [
        (n, t)
        for n, t in own_text(".js", ".css", ".html", ".svg", ".py")
        if n.startswith(("assets/", "components/", "pages/"))
    ]
    foreign = [
        f"{name}: {url}"
        for name, text in shown
        for url in re.findall(r"https?://[^\s\"'`)<>]+", text)
        if not URLS_ALLOWED.match(url)
    ]
    assert not foreign


def test_each_document_that_is_named_exists() -> None:
    missing = []
    for name, text in own_text(".py", ".md", ".js", ".sh", ".toml"):
        named = {ROOT / found for found in re.findall(r"\bdocs/[\w/.-]+\.(?:md|json)\b", text)}
        if name.endswith(".md"):
            links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", text)
            named |= {(ROOT / name).parent / link for link in links}
        missing += [f"{name}: {path.relative_to(ROOT)}" for path in named if not path.exists()]
    assert not missing


def test_the_figures_of_the_readme_are_those_measured() -> None:
    text = table.README.read_text("utf-8").split(table.BEGIN)[1].split(table.END)[0]
    assert text == table.render(json.loads(RESULTS.read_text("utf-8"))), "run make bench, or bench.table.update_readme"


def test_each_page_has_a_path_and_a_title() -> None:
    bare_pages = []
    for name, text in own_text(".py"):
        if not name.startswith("pages/"):
            continue
        calls = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call)]
        pages = [c for c in calls if ast.unparse(c.func).split(".")[-1] == "register_page"]
        bare_pages += [name for c in pages if not {"title", "path"} <= {k.arg for k in c.keywords} - {"path_template"}]
    assert not bare_pages


def test_the_changelog_speaks_of_what_is_not_released_yet() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(r"^## Unreleased\n+(- .+)", text, re.MULTILINE)


@pytest.mark.parametrize(
    "path", [p for p in tracked() if p.suffix in {".md", ".sh"} or p.name == "Makefile"], ids=lambda p: p.name
)
def test_each_variable_named_in_the_documents_is_a_setting(path: Path) -> None:
    known = {f"YIPING_{name.upper()}" for name in Settings.model_fields} | OUTSIDE_SETTINGS
    named = set(re.findall(r"\bYIPING_[A-Z0-9_]*[A-Z0-9]\b(?!\*)", path.read_text("utf-8")))
    assert named <= known


@pytest.mark.parametrize("kind", ["run", "dev"])
def test_each_dependency_has_its_reason_and_no_other_has_one(kind: str) -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    part = page.split("## To develop")[kind == "dev"].split("## In the tree")[0]
    explained = {bare(name) for name in re.findall(r"^\| ([A-Za-z0-9._-]+) \| \w", part, re.MULTILINE)} - {"package"}
    assert explained == {bare(r) for r in project()[kind]}


def test_the_locks_hold_every_dependency_at_one_version() -> None:
    run, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {bare(r) for r in project()["run"]} <= run.keys()
    assert {bare(r) for kind in project().values() for r in kind} <= dev.keys()
    assert run.items() <= dev.items(), "run make lock"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    assert "/" not in re.sub(r"#.*", "", text)
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)
