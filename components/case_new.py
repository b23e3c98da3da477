"""The form by which an officer files a case by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dash import html

from components import accounts, forms
from components.case_lines import URGENCY
from components.i18n import Words
from components.parts import Child, panel
from data_access.domain.workflows import Urgency
from data_access.viewmodels.accounts import AreaChoice
from data_access.viewmodels.catalogue import ClassChoice

PATH: Final = "/incidents/new"
LONGEST: Final = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is offered, what was written, and why it was not taken."""

    areas: Sequence[AreaChoice]
    classes: Sequence[ClassChoice]
    channels: Sequence[str]
    workflows: Mapping[str, str]
    form: str
    key: str
    told: str = ""
    given: Mapping[str, str]


def build(shown: Shown, query: Mapping[str, str], w: Words) -> list[Child]:
    """Everything under the header."""
    given = shown.given
    urgencies = {str(int(u)): w(URGENCY[u]) if u in URGENCY else w("一般") for u in Urgency}
    areas = [html.Option(value=f"{one.code} {w.name(one.name, one.name_en)}") for one in shown.areas]
    classes = [html.Option(one.path, value=f"{one.id} {one.name}") for one in shown.classes]
    workflows = {"": w("按类别")} | {code: w(name) for code, name in shown.workflows.items()}
    text = html.Textarea(given.get("text", ""), name="text", rows=5, maxLength=LONGEST)
    pair: list[Child] = [
        forms.select(w("来源"), "channel", {c: w(c) for c in shown.channels}, given.get("channel", shown.channels[0])),
        forms.select(w("紧急程度"), "urgency", urgencies, given.get("urgency", "0")),
    ]
    fields: list[Child] = [
        forms.field(w("什么事"), "title", value=given.get("title", ""), maxlength="200", required="required"),
        _offered(w("区域"), "area", w("编号和名称"), given, areas, required="required"),
        forms.field(w("在哪里"), "place", w("可不填"), value=given.get("place", ""), maxlength="200"),
        html.Div(pair, className="form-pair"),
        _offered(w("所属类别"), "class", w("编号和名称，可不填"), given, classes),
        forms.select(w("流程"), "workflow", workflows, given.get("workflow", "")),
        html.Label([html.Span([w("情况说明"), html.Small(w("可不填"))]), text], className="form-field"),
        html.Div(forms.button(w("建案"), primary=True), className="rules-acts"),
    ]
    said: list[Child] = [forms.refused(shown.told)] if shown.told else []
    address = PATH + accounts.kept(query)
    form = forms.form(shown.form, "file", fields, address, key=given.get("key", shown.key))
    opened = panel("open", w("新案卷"), [*said, form], note=w("时限从现在算起"))
    return [html.Div([opened], className="rules-grid is-stacked")]


def _offered(
    label: str, name: str, hint: str, given: Mapping[str, str], options: Sequence[html.Option], **more: str
) -> html.Div:
    """A field, and what it offers."""
    listed = f"case-new-{name}"
    asked = forms.field(label, name, hint, value=given.get(name, ""), list=listed, **more)
    return html.Div([asked, html.Datalist(list(options), id=listed)])
