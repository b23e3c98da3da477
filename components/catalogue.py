"""事项目录: the items of the catalogue, one of them open to be changed, and a form for a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from dash import html

from components import accounts, forms
from components import format as fmt
from components.case_lines import CATEGORIES, LEVELS, URGENCY
from components.i18n import Words
from components.markup import Input
from components.parts import Child, attributes, panel, table
from data_access.domain.catalogue import Category, Item, under
from data_access.domain.workflows import Urgency, Workflow
from data_access.viewmodels.accounts import AreaChoice
from data_access.viewmodels.catalogue import ClassChoice, ItemLine, ItemPage

PATH: Final = "/catalogue"
TIMES: Final = {"working": "工作时间", "calendar": "自然时间"}
DONE: Final = {
    "set": "事项已保存。之后收到的案卷按它计时，在办的案卷不变。",
    "retired": "事项已停用。在办的案卷不变。",
}
_CLASSES: Final = "classes"
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All that the page shows."""

    page: ItemPage
    classes: tuple[ClassChoice, ...]
    areas: tuple[AreaChoice, ...]
    workflows: tuple[Workflow, ...]
    whole: bool  # the administrator looks after everything
    open: ItemLine | None = None
    told: str = ""
    done: str = ""
    form: str = ""
    given: Mapping[str, str]


def build(shown: Shown, query: Mapping[str, str], w: Words) -> list[Child]:
    """Everything under the header."""
    return [
        html.Div(
            [
                html.Div([_items(shown, query, w)]),
                html.Div([_open(shown, query, w)], className="admin-open"),
            ],
            className="rules-grid",
        )
    ]


def hours(limit: timedelta) -> str:
    """A limit as it is written in a form: 0.5, 35."""
    return f"{limit / _HOUR:.2f}".rstrip("0").rstrip(".")


def _items(shown: Shown, query: Mapping[str, str], w: Words) -> html.Section:
    heads = (w("事项"), w("类别"), w("处置层级"), w("全案时限"), w("流程"), w("范围"))
    names = {workflow.code: workflow.name for workflow in shown.workflows}
    rows = [_row(line, shown, names, query, w) for line in shown.page.lines]
    body: list[Child] = [_search(query, w)]
    body.append(
        table(heads, rows, w("事项"), kind="rules") if rows else html.P(w("没有这样的事项"), className="missing")
    )
    if shown.page.after:
        more = PATH + accounts.kept(query, **_filters(query), after=shown.page.after)
        body.append(html.A(w("后面的事项"), href=more, className="rules-link"))
    new = html.A(w("新事项"), href=PATH + accounts.kept(query, new="1"), className="desk-button is-small")
    return panel("items", w("事项目录"), body, sub=w("共 {n} 项", n=fmt.count(shown.page.total)), note=new)


def _search(query: Mapping[str, str], w: Words) -> html.Form:
    links = [("", w("全部")), *((c.value, c.value) for c in Category)]
    chosen = query.get("category", "")
    chips = [
        html.A(
            word,
            href=PATH + accounts.kept(query, q=query.get("q", ""), category=value),
            className="admin-tab",
            **(attributes(aria_current="true") if value == chosen else {}),
        )
        for value, word in links
    ]
    return html.Form(
        [
            *[Input(type="hidden", name=n, value=query[n]) for n in ("lang", "theme", "category") if query.get(n)],
            Input(
                type="search",
                name="q",
                value=query.get("q", ""),
                placeholder=w("编号或名称"),
                **attributes(aria_label=w("查找事项")),
            ),
            forms.button(w("查找")),
            html.Span(chips, className="admin-tabs"),
        ],
        method="get",
        action=PATH,
        role="search",
        className="admin-search",
    )


def _row(line: ItemLine, shown: Shown, names: Mapping[str, str], query: Mapping[str, str], w: Words) -> html.Tr:
    item = line.item
    chosen = shown.open is not None and shown.open.id == line.id
    link = html.A(
        f"{item.number} {item.name}",
        href=PATH + accounts.kept(query, **_filters(query), item=str(line.id)),
        className="rules-link",
        **(attributes(aria_current="true") if chosen else {}),
    )
    urgent = html.Small(w(URGENCY[item.urgency])) if item.urgency in URGENCY else None
    sample = html.Span(w("示例"), className="tag") if item.sample else None
    return html.Tr(
        [
            html.Th([link, html.Small([line.class_path, " ", sample])], scope="row"),
            html.Td([html.B(item.category.value), urgent]),
            html.Td(w(LEVELS[item.level])),
            html.Td([w("{h} 小时", h=hours(item.limit)), html.Small(_time(item, w))]),
            html.Td(w(names.get(item.workflow, item.workflow))),
            html.Td(w.name(line.area_name, line.area_name_en) if line.area_name else w("全部")),
        ],
        className="is-chosen" if chosen else "",
    )


def _time(item: Item, w: Words) -> str:
    return w(TIMES["working" if item.working else "calendar"])


def _open(shown: Shown, query: Mapping[str, str], w: Words) -> html.Section:
    said: list[Child] = []
    if shown.told:
        said.append(forms.refused(shown.told))
    if shown.done:
        said.append(forms.done(shown.done))
    line = shown.open
    if line is None and not query.get("new") and not shown.told:
        why = html.P(
            w("选一项，看它的时限；改动只对之后收到的案卷有效。类别和事项也可以用 yiping import catalogue 整批导入。"),
            className="rules-said",
        )
        return panel("open", w("事项"), [*said, why])
    title = f"{line.item.number} {line.item.name}" if line else w("新事项")
    if line is not None and not line.own:
        why = html.P(
            w("这一项由上级设定。要在自己的区域另行规定，请用同一类别新建一项，写明范围。"), className="rules-said"
        )
        return panel("open", title, [*said, _limits(shown, line.item, w), why])
    sub = w("第 {n} 版 · {time} {who}", n=line.version, time=fmt.stamp(line.at), who=line.actor) if line else None
    body: list[Child] = [*said, _form(shown, line, query, w)]
    if line is not None:
        stop = [
            html.P(w("停用后，这一类别的案卷按上一级类别的事项或流程的时限办。"), className="rules-said"),
            forms.button(w("停用事项")),
        ]
        address = PATH + accounts.kept(query, **_filters(query), item=str(line.id))
        kept = {"number": line.item.number, "version": str(line.version), "area": line.area or ""}
        body.append(forms.form(shown.form, "retire", stop, address, **kept))
    return panel("open", title, body, sub=sub, note=w("改动记入审计"))


def _form(shown: Shown, line: ItemLine | None, query: Mapping[str, str], w: Words) -> html.Form:
    given, item = shown.given, line.item if line else None
    code = given.get("workflow", item.workflow if item else shown.workflows[0].code)
    workflow = next((one for one in shown.workflows if one.code == code), shown.workflows[0])
    of = next((one for one in shown.classes if line is not None and one.id == line.class_id), None)
    fields: list[Child] = [
        forms.field(w("编号"), "number", value=given.get("number", item.number if item else ""), maxlength="20",
                    required="required", **({"readonly": "readonly"} if item else {})),
        forms.field(w("名称"), "name", value=given.get("name", item.name if item else ""), maxlength="200",
                    required="required"),
        _class_field(shown, given.get("class", _class(of) if of else ""), w),
        _pair(
            forms.select(w("类别"), "category", {c.value: w(n) for c, n in CATEGORIES.items()},
                         given.get("category", item.category.value if item else Category.C.value)),
            forms.select(w("处置层级"), "level", {str(int(n)): w(name) for n, name in LEVELS.items()},
                         given.get("level", str(int(item.level)) if item else "0"), w("先由谁办")),
        ),
        _pair(
            forms.select(w("紧急程度"), "urgency", _urgencies(w),
                         given.get("urgency", str(int(item.urgency)) if item else "0")),
            forms.select(w("计时"), "time", {key: w(word) for key, word in TIMES.items()},
                         given.get("time", "working" if item is None or item.working else "calendar")),
        ),
        _pair(
            forms.select(w("流程"), "workflow", {one.code: w(one.name) for one in shown.workflows}, code),
            forms.field(w("全案时限"), "limit", w("小时"), value=given.get("limit", hours(item.limit) if item else ""),
                        inputmode="decimal", required="required"),
        ),
        _step_fields(item, workflow, given, w),
    ]  # fmt: skip
    if line is None:
        fields.append(accounts.area_field(shown.areas, given.get("area", ""), w, whole=shown.whole))
    fields.append(html.Div(forms.button(w("保存"), primary=True), className="rules-acts"))
    address = PATH + accounts.kept(query, **_filters(query), **({"item": str(line.id)} if line else {"new": "1"}))
    kept = {"version": str(line.version if line else 0), "steps_of": workflow.code}
    return forms.form(shown.form, "set", fields, address, **(kept | ({"area": line.area or ""} if line else {})))


def _urgencies(w: Words) -> dict[str, str]:
    return {str(int(u)): w(URGENCY[u]) if u in URGENCY else w("一般") for u in Urgency}


def _pair(*fields: Child) -> html.Div:
    return html.Div(list(fields), className="form-pair")


def _step_fields(item: Item | None, workflow: Workflow, given: Mapping[str, str], w: Words) -> html.Fieldset:
    """A limit for each step; what is left empty has its share, shown in grey."""
    shares = under(workflow, item) if item else None
    urgency = item.urgency if item else Urgency.NORMAL
    kept = item.limits if item is not None and item.workflow == workflow.code else {}
    inputs = [
        forms.field(
            w(step.name),
            f"step-{step.key}",
            value=given.get(f"step-{step.key}", hours(kept[step.key]) if step.key in kept else ""),
            placeholder=hours(shares.step(step.key).limits[urgency]) if shares else "",
            inputmode="decimal",
        )
        for step in workflow.steps[1:]
    ]
    legend = html.Legend([w("各步时限"), html.Small(w("小时；不填则按全案时限分配"))])
    return html.Fieldset([legend, html.Div(inputs, className="form-steps")], className="form-set")


def _limits(shown: Shown, item: Item, w: Words) -> html.Dl:
    workflow = next((one for one in shown.workflows if one.code == item.workflow), shown.workflows[0])
    timed = under(workflow, item)
    facts = [(w("全案时限"), item.limit), *((w(s.name), s.limits[item.urgency]) for s in timed.steps[1:])]
    rows = [html.Div([html.Dt(name), html.Dd(w("{h} 小时", h=hours(limit)))]) for name, limit in facts]
    return html.Dl(rows, className="rules-facts")


def _class_field(shown: Shown, value: str, w: Words) -> html.Div:
    """A class by its name, offered: a catalogue has more of them than a list can show."""
    offered = html.Datalist([html.Option(one.path, value=_class(one)) for one in shown.classes], id=_CLASSES)
    asked = forms.field(w("所属类别"), "class", w("编号和名称"), value=value, list=_CLASSES, required="required")
    return html.Div([asked, offered])


def _class(of: ClassChoice) -> str:
    return f"{of.id} {of.name}"


def _filters(query: Mapping[str, str]) -> dict[str, str]:
    return {name: query[name] for name in ("q", "category") if query.get(name)}
