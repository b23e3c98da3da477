"""An alarm rule in words: its numbers in one line, what waits for what, its fence, and what a change changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from components import labels
from components.i18n import Lang, Words
from data_access.domain.alarm_tuning import BY_TIME_ALONE
from data_access.domain.fences import Keep
from data_access.viewmodels.device_rules import RuleNumbers

KEEPS: Final[Mapping[str, str]] = {Keep.INSIDE: "走出即报", Keep.OUTSIDE: "走入即报"}
OWN: Final[Mapping[str, str]] = {"grid": "所在网格", "community": "所在社区", "street": "所在街道"}


def saying(n: RuleNumbers, unit: str | None, w: Words) -> str:
    """The numbers in one line: `80 / 50 %；2 次或 10 秒；回差 2，30 秒后恢复`."""
    levels = " / ".join(f"{threshold:g}" for threshold, _ in n.thresholds)
    back = w("回差 {n}", n=f"{n.hysteresis:g}") if n.hysteresis else ""
    clear = w("{n} 秒后恢复", n=f"{n.clear_delay_s:g}") if n.clear_delay_s else ""
    return ("; " if w.lang is Lang.EN else "；").join(
        part for part in (f"{levels} {unit or ''}".strip(), waiting(n, w), back, clear, fence(n, w)) if part
    )


def waiting(n: RuleNumbers, w: Words) -> str:
    """How long a condition must hold before it is an alarm."""
    seconds = _span(n.raise_delay_s, w)
    if n.raise_count == 1:
        return w("立即报警")
    if n.raise_count == BY_TIME_ALONE:
        return w("持续 {t}后报警", t=seconds)
    times = w("{n} 次读数", n=n.raise_count)
    return w("{n}或 {t}后报警", n=times, t=seconds) if n.raise_delay_s else w("连续 {n}后报警", n=times)


def _span(seconds: float, w: Words) -> str:
    """`10 秒`, and `30 分钟`, `24 小时`, `7 天` where nobody would count it in seconds."""
    for length, words in ((86_400, "{n} 天"), (3600, "{n} 小时"), (60, "{n} 分钟")):
        if seconds >= 2 * length and not seconds % length:
            return w(words, n=f"{seconds / length:g}")
    return w("{n} 秒", n=f"{seconds:g}")


def fence(n: RuleNumbers, w: Words) -> str:
    """What the distance is from: `围栏：所在社区，走出即报`; nothing where it is the device's own place."""
    if n.fence is None:
        return ""
    of = w("{n} 点多边形", n=len(n.fence.polygon)) if n.fence.polygon else fence_area(n.fence.area or "", w)
    return w("围栏：{of}，{keep}", of=of, keep=w(KEEPS[n.fence.keep]))


def changed(before: RuleNumbers, after: RuleNumbers, unit: str | None, w: Words) -> str:
    """Only what differs, in words: `重要 50 → 60 %LEL；报警延时 0 → 10 秒`."""
    parts = [
        f"{w(labels.SEVERITY[severity])} {was:g} → {now:g} {unit or ''}".strip()
        for (was, _), (now, severity) in zip(before.thresholds, after.thresholds, strict=False)
        if was != now
    ]
    for name in ("hysteresis", "raise_delay_s", "raise_count", "clear_delay_s"):
        was, now = value(before, name), value(after, name)
        of = (unit or "") if name == "hysteresis" else w("次") if name == "raise_count" else w("秒")
        if was != now:
            parts.append(f"{field_name(name, w)} {was or w('不限')} → {now or w('不限')} {of}".strip())
    if before.fence != after.fence:
        none = w("围栏：自己的位置")
        parts.append(f"{fence(before, w) or none} → {fence(after, w) or none}")
    return ("; " if w.lang is Lang.EN else "；").join(parts)


def fence_area(area: str, w: Words) -> str:
    """The area of a fence: the device's own of a kind, or one by its code."""
    return w(OWN[area]) if area in OWN else w("区域 {code}", code=area)


def field_name(name: str, w: Words) -> str:
    """What a number of a rule is called."""
    named = {
        "hysteresis": w("恢复回差"),
        "raise_delay_s": w("报警延时"),
        "raise_count": w("连续读数"),
        "clear_delay_s": w("恢复延时"),
    }
    return named[name]


def value(n: RuleNumbers, name: str) -> str:
    """One number of a rule as it is written; empty where only the delay counts."""
    if name.startswith("threshold-"):
        return f"{n.thresholds[int(name[-1])][0]:g}"
    if name == "raise_count":
        return "" if n.raise_count == BY_TIME_ALONE else str(n.raise_count)
    return f"{getattr(n, name):g}"
