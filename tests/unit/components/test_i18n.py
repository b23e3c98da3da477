from __future__ import annotations

import ast
import re
from pathlib import Path

from components.i18n import Lang, catalogue, t, words

ROOT = Path(__file__).parents[3]
CHINESE = re.compile(r"[\u3400-\u9fff]")
SHOWN_AS_IT_IS = {"中", "中文"}  # the name of the language itself
REFUSALS = (
    "queries/areas.py",
    "queries/buildings.py",
    "domain/alarm_moves.py",
    "domain/alarm_undo.py",
    "commands/administration.py",
    "domain/workflows.py",
    "domain/catalogue.py",
    "commands/items.py",
    "domain/incident_moves.py",
    "commands/incident_acts.py",
    "queries/case_page.py",
    "commands/alarm_acts.py",
    "commands/sign_in.py",
    "commands/users.py",
    "commands/reports.py",
    "commands/field.py",
    "commands/attachments.py",
    "commands/filed.py",
    "db/objects.py",
    "api/attachments.py",
    "commands/photos.py",
    "domain/attachments.py",
    "queries/reports.py",
    "domain/accounts.py",
    "domain/alarm_tuning.py",
    "domain/fences.py",
    "db/fences.py",
    "commands/device_rules.py",
    "queries/device_rules.py",
    "queries/rule_preview.py",
    "queries/alarm_span.py",
    "queries/audit.py",
    "queries/indicator_page.py",
    "auth/principal.py",
    "api/trouble.py",
)
ERRORS = {"InvalidInput", "Conflict", "NotFound", "IllegalTransition", "Unavailable", "NotAllowed", "NotSignedIn"}
COMMENT = re.compile(r"//.*|/\*.*?\*/")
LITERAL = re.compile(r'"([^"\n]*)"')


def _python(path: Path) -> set[str]:
    """Chinese literals of a file, docstrings and the page registry's title aside."""
    tree = ast.parse(path.read_text("utf-8"))
    aside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            aside.add(id(node.value))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "register_page":
            aside.update(id(keyword.value) for keyword in node.keywords)
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in aside
        and CHINESE.search(node.value)
    }


def _raised(path: Path) -> set[str]:
    """Chinese sentences that a file refuses with; a name stands for what the file says it is."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    said = {
        node.target.id: node.value
        for node in nodes
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None
    }
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS and node.args:
            first = node.args[0]
            told = said.get(first.id, first) if isinstance(first, ast.Name) else first
            found |= {c.value for c in ast.walk(told) if isinstance(c, ast.Constant) and isinstance(c.value, str)}
    return {sentence for sentence in found if CHINESE.search(sentence)}


def _script(path: Path) -> set[str]:
    text = COMMENT.sub("", path.read_text("utf-8"))
    return {literal for literal in LITERAL.findall(text) if CHINESE.search(literal)}


def _spoken() -> set[str]:
    python = [*(ROOT / "components").glob("*.py"), *(ROOT / "pages").glob("*.py")]
    refusals = [ROOT / "data_access" / name for name in REFUSALS]
    names = [ROOT / "data_access" / "domain" / "alarm_names.py"]
    scripts = (ROOT / "assets" / "js").glob("*.js")
    found: set[str] = set()
    for path in [*python, *refusals, *names]:
        found |= _python(path)
    for path in (ROOT / "data_access").rglob("*.py"):
        found |= _raised(path)
    for path in scripts:
        found |= _script(path)
    return found - SHOWN_AS_IT_IS


def test_every_chinese_word_of_the_interface_has_its_english() -> None:
    assert sorted(word for word in _spoken() if word not in catalogue()) == []


def test_the_catalogue_holds_nothing_that_is_not_spoken_and_no_chinese_as_english() -> None:
    assert sorted(set(catalogue()) - _spoken() - {"未归属"}) == []
    assert {k: v for k, v in catalogue().items() if CHINESE.search(v)} == {}


def test_placeholders_are_the_same_in_both_languages() -> None:
    def names(text: str) -> set[str]:
        return set(re.findall(r"{(\w+)}", text))

    assert {k for k, v in catalogue().items() if not names(v) <= names(k)} == set()


def test_an_english_word_follows_its_number() -> None:
    w = words("en")
    assert [w("{n} 条告警", n=n) for n in (1, 2)] == ["1 alarm", "2 alarms"]
    said = w("相邻 {n} 个区域：告警 {alarms} · 在办 {cases}", n=1, alarms="1", cases="1,234")
    assert said == "1 neighbour: 1 alarm · 1,234 open"
    assert [w("街道"), w("街道", n=1), w("街道", n=10)] == ["street", "street", "streets"]
    left = {word: w(word, **dict.fromkeys(re.findall(r"{(\w+)}", word), 2)) for word in catalogue()}
    assert {word: said for word, said in left.items() if set("[]") & set(said)} == {}


def test_an_unknown_language_is_chinese_and_an_unknown_word_stays() -> None:
    assert words("fr").lang is Lang.ZH
    assert t("没有人说过的话", "en") == "没有人说过的话"
    assert t("今日 {time}", "en", time="06:00") == "today 06:00"
    assert words("en").name("罗湖区", "Luohu") == "Luohu"
    assert words("zh").name("罗湖区", "Luohu") == "罗湖区"
