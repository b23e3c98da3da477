"""The README's table of figures, written from results.json."""

from __future__ import annotations

import json
from typing import Any, Final

from bench.harness import RESULTS, ROOT

README: Final = ROOT / "README.md"
BEGIN: Final = "<!-- figures: written by make bench -->\n"
END: Final = "<!-- end of figures -->\n"

# Name in results.json → what it says, and what we aim at.
FIGURES: Final = {
    "ingest.readings_per_s": ("readings a second through rules and database, one process", "≥ 50,000"),
    "ingest.vs_raw": ("the same, against writing the same rows raw", ""),
    "alarms.accepted_per_s": ("alarms accepted a second, with state, history and database", ""),
    "alarms.accepted_single_per_s": ("the same, each a message of its own through the broker", ""),
    "alarms.storm.lost": ("5,000 alarms in 60 s before an open desk: lost", "0"),
    "alarms.storm.flood_on_s": ("the same: until the desk says that it is a flood", "≤ 5 s"),
    "alarms.storm.longest_task_ms": ("the same: longest freeze of the page", "≤ 200 ms"),
    "alarms.queue_page_ms.100000": ("slowest page of a queue of 100,000 open alarms", "≤ 200 ms"),
    "push.p99_ms.500": ("MQTT publish → drawn in the page at 500 readings/s, p99", "≤ 300 ms"),
    "push.p99_ms.5000": ("the same at 5,000 readings/s", "≤ 300 ms"),
    "push.p99_ms.during_import": ("alarm → page while a large import runs, p99", "≤ 300 ms"),
    "streams.held": ("open live streams with p99 under 500 ms", ""),
    "overview.district.query_ms": ("district overview: queries", ""),
    "overview.district.paint_ms": ("district overview: first useful paint", "≤ 1,500 ms"),
    "overview.street.paint_ms": ("street overview: first useful paint", "≤ 1,500 ms"),
    "overview.grid.paint_ms": ("grid overview: first useful paint", "≤ 1,500 ms"),
    "drill.p95_ms": ("drill-down, p95", "≤ 200 ms"),
    "drill.hasty_p95_ms": ("the same without a look between two clicks", ""),
    "map.30000.first_draw_ms": ("map of 30,000 devices: first draw", ""),
    "map.30000.fps": ("map of 30,000 devices: frames while panning, 500 updates/s", "≥ 50 fps"),
    "map.100000.first_draw_ms": ("map of 100,000 devices: first draw", ""),
    "map.100000.fps": ("map of 100,000 devices: frames while panning, 500 updates/s", "≥ 55 fps"),
    "soak.heap_growth_mb": (
        "a wall left alone with the demo busy at 20×: growth of the heap after collection",
        "< 2 MB",
    ),
    "soak.nodes_change": ("the same: change of the number of nodes", "0"),
    "soak.longest_task_ms": ("the same: longest task", "≤ 200 ms"),
    "desk.10000.paint_ms": ("duty officer's desk with 10,000 open alarms: first lines painted", "≤ 1,500 ms"),
    "desk.scroll_fps": ("the same: frames while scrolling", "≥ 50 fps"),
    "desk.act_p95_ms": ("an act → shown on another desk, p95", "≤ 300 ms"),
    "incidents.board_ms": ("a million incidents: the board of any area, p95", "≤ 300 ms"),
    "incidents.page_ms": ("the same: a page of the list, p95", "≤ 300 ms"),
    "incidents.indicators.running_month_ms": ("the same: indicators of any area, running month, p95", "≤ 300 ms"),
    "incidents.indicators.past_year_ms": ("the same: indicators of any area, a past year, p95", "≤ 300 ms"),
    "incidents.indicators.running_month_ms.postgresql": ("the running month on PostgreSQL", "≤ 300 ms"),
    "incidents.indicators.past_year_ms.postgresql": ("the past year on PostgreSQL", "≤ 300 ms"),
    "intake.p95_ms": ("30 citizens' reports a second, each with a photo of 300 kB: p95", ""),
    "intake.lost": ("the same: lost", "0"),
    "seed.district_s": ("seeding the district (1.14 million residents)", "≤ 60 s"),
    "start.second_s": ("second start, until ready", "≤ 5 s"),
}


def render(rows: list[dict[str, Any]]) -> str:
    """The table of the figures that have been measured."""
    found = {row["name"]: row for row in rows}
    lines = [
        f"| {words} | {_said(found[name]['value'])} {found[name]['unit']} | {aim} |"
        for name, (words, aim) in FIGURES.items()
        if name in found
    ]
    return "\n".join(["| what | measured | aim |", "|---|---|---|", *lines, ""]) if lines else ""


def update_readme() -> None:
    """Put the table of results.json between the README's marks."""
    text = README.read_text("utf-8")
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    README.write_text(head + BEGIN + render(json.loads(RESULTS.read_text("utf-8"))) + END + tail, "utf-8")


def _said(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
