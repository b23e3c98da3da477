"""What the documents say of devices is what the code knows."""

from __future__ import annotations

from pathlib import Path

from data_access.domain.devices import COMMON_METRICS, KIND_METRICS, METRIC_UNITS

DOCUMENT = Path(__file__).parents[3] / "docs" / "alarms.md"


def test_the_metrics_of_every_kind_are_documented() -> None:
    lines = DOCUMENT.read_text("utf-8").splitlines()
    for kind, metrics in [*KIND_METRICS.items(), ("every kind", COMMON_METRICS)]:
        told = ", ".join(f"`{m}` ({METRIC_UNITS[m]})" if m in METRIC_UNITS else f"`{m}`" for m in metrics)
        assert f"| {kind} | {told or '–'} |" in lines
