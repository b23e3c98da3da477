"""What to do about an alarm: its guidance as steps that are ticked off, each tick with who and when."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from dash import html

from components import format as fmt
from components.i18n import Lang, Words
from components.parts import Child, attributes, icon
from data_access.domain.alarm_steps import Step, steps
from data_access.viewmodels.desk import DeskAlarm

_BOLD: Final = re.compile(r"\*\*(.+?)\*\*")


def current(view: DeskAlarm, w: Words) -> int | None:
    """The number of the first step that is not done; None where all are, or there is none."""
    return next((step.number for step in _steps(view, w) if step.by is None), None)


def build(view: DeskAlarm, w: Words, *, ticking: bool = True, next_: bool = False) -> list[Child]:
    """The steps in order; the first that is not done is the current one, marked where it is what comes next."""
    found, now = _steps(view, w), current(view, w)
    if not found:
        return [html.P(w("这类告警还没有处置指引"), className="desk-dim")]
    return [
        html.Ol(
            [_step(step, now=step.number == now, ticking=ticking, next_=next_, w=w) for step in found],
            className="desk-guide",
            **attributes(aria_label=w("处置步骤")),
        )
    ]


def _steps(view: DeskAlarm, w: Words) -> tuple[Step, ...]:
    guidance = view.detail.guidance
    found = steps(guidance.what_to_do_en if w.lang is Lang.EN else guidance.what_to_do, view.detail.history)
    return tuple(replace(step, by=view.called(step.by)) if step.by else step for step in found)


def _step(step: Step, *, now: bool, ticking: bool, next_: bool, w: Words) -> html.Li:
    done = step.by is not None
    number = html.Span(icon("check") if done else str(step.number), className="desk-step-no")
    right: Child = None
    if done and step.at:
        right = html.Span(f"{fmt.clock(step.at)} {step.by}", className="desk-step-who")
    elif ticking:
        right = html.Button(
            [html.Span(w("完成")), html.Kbd("T")] if now else w("完成"),
            type="button",
            className=f"desk-button is-small{' is-primary' if now and next_ else ''}",
            **attributes(data_tick=str(step.number), data_tick_text=step.text, aria_label=f"{w('完成')} {step.text}"),
        )
    return html.Li(
        [number, html.Span(_inline(step.text), className="desk-step-text"), right],
        className="is-done" if done else "is-now" if now else "",
    )


def _inline(text: str) -> list[Child]:
    """`**bold**` of the markdown; nothing else is interpreted."""
    parts = _BOLD.split(text)
    return [html.B(part) if i % 2 else part for i, part in enumerate(parts)]
