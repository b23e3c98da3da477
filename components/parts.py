"""Small parts every panel is made of: marks, heads, big figures, split bars. Pure; no ids, no query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from components import labels
from components.i18n import Words

Child = Component | str | None
INKS = ("var(--data-1)", "var(--data-2)", "var(--data-3)", "var(--text-1)")


def attributes(**values: str) -> dict[str, Any]:
    """`data-…` and `aria-…` attributes, whose hyphens Python cannot write."""
    return {name.replace("_", "-"): value for name, value in values.items()}


def icon(name: str) -> html.Span:
    """An outline icon of the sheet in 30-marks.css; decoration only."""
    return html.Span(className=f"ic ic-{name}", **attributes(aria_hidden="true"))


def mark(severity: int, w: Words) -> html.Span:
    """The shape of a severity, named for those who do not see it."""
    kind = labels.SEVERITY_CLASS[severity]
    return html.Span(className=f"sv sv-{kind}", role="img", **attributes(aria_label=w(labels.SEVERITY[severity])))


def area_link(code: str, children: Any, *, class_name: str = "") -> html.A:
    """A link that drills to an area: the script keeps the rest of the address, without it the link still works."""
    return html.A(children, href=f"?area={quote(code)}", className=class_name, **attributes(data_drill=code))


def panel(
    kind: str,
    title: str,
    body: Sequence[Child],
    *,
    sub: str | None = None,
    note: Child = None,
    sources: str = "",
    more: str = "",
    told: Child = None,
) -> html.Section:
    """A panel; `sources` are those whose lateness it must show (space-separated codes), `more` the page with more.

    `told`: what its title leaves open, as `explained` shows it.
    """
    return html.Section(
        [
            html.Header(
                [
                    html.H2(title),
                    html.A(
                        icon("chev"),
                        href=more,
                        className="panel-link",
                        **attributes(data_to=more, aria_label=f"{title} →"),
                    )
                    if more
                    else None,
                    told,
                    html.Small(sub, className="panel-sub", title=sub if isinstance(sub, str) else None)
                    if sub
                    else None,
                    html.Span(className="panel-flag"),
                    html.Span(note, className="panel-note") if note else None,
                ],
                className="panel-head",
            ),
            html.Div(list(body), className="panel-body"),
        ],
        className=f"panel panel-{kind}",
        **attributes(aria_label=title, data_sources=sources),
    )


def explained(name: str, lines: Sequence[Child]) -> html.Details:
    """What a word on the screen means, behind a mark that a finger and the keyboard reach; `name` says of what."""
    return html.Details(
        [
            html.Summary("?", className="about-mark", title=name, **attributes(aria_label=name)),
            html.Div([html.P(line) for line in lines], className="about-text"),
        ],
        className="about",
    )


def counter(key: str, text: str) -> html.Span:
    """A figure that panels.js keeps live."""
    return html.Span(text, **attributes(data_counter=key))


def hero(
    value: Child,
    unit: str,
    compared: Sequence[tuple[str, str]] = (),
    *,
    key: str | None = None,
    trend: Child = None,
) -> html.Div:
    """The one big figure of a panel with its unit, its trend where there is room, and named comparisons."""
    figure = counter(key, str(value)) if key else value
    return html.Div(
        [
            html.Span([figure, html.Span(unit, className="unit")], className="hero-n"),
            trend,
            html.Span(
                [html.Span([f"{name} ", html.B(text)]) for name, text in compared if text != "—"],
                className="hero-cmp",
            ),
        ],
        className="hero",
    )


def missing(w: Words, why: str) -> list[Child]:
    """A panel's body where there is no data: a dash and the reason, never a zero."""
    return [hero("—", ""), html.P([icon("off"), html.Span(w(why))], className="missing")]


def split(parts: Sequence[tuple[int, str]]) -> html.Div:
    """A bar split in proportion, each part with its ink; its labels stand beneath it in the same order."""
    return html.Div(
        [html.I(style={"flex": f"{n} 0 0", "background": ink}) for n, ink in parts if n > 0],
        className="split",
        **attributes(aria_hidden="true"),
    )


def labelled(pairs: Sequence[tuple[Child, str]], class_name: str = "labels") -> html.Div:
    """Labels with their values, in the order of the bar above them."""
    return html.Div(
        [html.Span([name, " " if isinstance(name, str) else None, html.B(value)]) for name, value in pairs],
        className=class_name,
    )


def line(left: Sequence[Child], right: Sequence[Child], trend: Child = None) -> html.Div:
    """One line that matters: what on the left, how much or how changed on the right, its trend where there is room."""
    return html.Div([html.Span(list(left)), trend, html.Span(list(right))], className="line")


def table(heads: Sequence[Child], rows: Sequence[html.Tr], name: str, *, kind: str) -> html.Div:
    """A table called `name` that scrolls sideways where it has no room, by keys too; `kind` names its style.

    A head that is one already (a `Th`) stands as it is.
    """
    whole = html.Table(
        [
            html.Caption(name, className="sr-only"),
            html.Thead(html.Tr([h if isinstance(h, html.Th) else html.Th(h, scope="col") for h in heads])),
            html.Tbody(list(rows)),
        ],
        className=f"trends-table {kind}-table",
    )
    return html.Div(whole, className="trends-scroll", tabIndex="0", role="group", **attributes(aria_label=name))
