"""What every benchmark shares: the row it reports, and how it takes time."""

from __future__ import annotations

import json
import math
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured figure.

    `samples` are the single measurements behind `value` (thinned by `samples_of` when there are many). `baseline` is
    the same work done in the plainest way in the same run, `ratio` is value / baseline, so that two machines compare.
    """

    name: str
    value: float
    unit: str
    samples: tuple[float, ...] = ()
    baseline: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline if self.baseline else None


@dataclass(slots=True)
class Stopwatch:
    """Filled by `timed()` when its block ends."""

    seconds: float = 0.0


@contextmanager
def timed() -> Iterator[Stopwatch]:
    """Time a block. In it the stopwatch reads 0; after it, `seconds` is what the block took."""
    watch, start = Stopwatch(), time.perf_counter()
    try:
        yield watch
    finally:
        watch.seconds = time.perf_counter() - start


def repeat(work: Callable[[], object], times: int, *, warm: int = 1) -> list[float]:
    """Run `work` `warm` times unmeasured, then `times` times; return the seconds of each."""
    for _ in range(warm):
        work()
    seconds = []
    for _ in range(times):
        with timed() as t:
            work()
        seconds.append(t.seconds)
    return seconds


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of `values` do not exceed (nearest rank); NaN when there are none."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def samples_of(values: Sequence[float], *, most: int = 50, digits: int = 3) -> tuple[float, ...]:
    """At most `most` of `values`, spread evenly over them in sorted order so that the shape survives."""
    ordered = sorted(values)
    step = max(1, len(ordered) / most)
    return tuple(round(ordered[int(i * step)], digits) for i in range(min(most, len(ordered))))


def latency_rows(name: str, milliseconds: Sequence[float], *, note: str = "") -> list[Row]:
    """p50, p95 and p99 of `milliseconds` as rows `NAME.p50_ms` …; a `{}` in `name` is where the word goes instead."""
    pattern = name if "{}" in name else name + ".{}"
    kept = samples_of(milliseconds)
    return [
        Row(name=pattern.format(f"p{p}_ms"), value=percentile(milliseconds, p), unit="ms", samples=kept, note=note)
        for p in (50, 95, 99)
    ]


def median_row(name: str, values: Sequence[float], unit: str, *, baseline: float | None = None) -> Row:
    """A row of the median of `values`."""
    return Row(name=name, value=median(values), unit=unit, samples=samples_of(values), baseline=baseline)


@cache
def commit() -> str:
    """The commit measured, short; with `+` when the tree has changes."""
    head = _git("rev-parse", "--short", "HEAD")
    return head + ("+" if head and _git("status", "--porcelain", "--untracked-files=no") else "")


def write_results(rows: Iterable[Row], path: Path = RESULTS) -> list[dict[str, Any]]:
    """Write `rows` into `path`, keeping what it has under other names; return all of it, sorted by name."""
    known = {r["name"]: r for r in json.loads(path.read_text("utf-8"))} if path.exists() else {}
    for row in rows:
        known[row.name] = {
            **{k: _plain(v) for k, v in asdict(row).items() if k != "note" or v},
            "ratio": _plain(row.ratio),
            "commit": commit(),
        }
    merged = [known[name] for name in sorted(known)]
    path.write_text("[\n" + ",\n".join(json.dumps(r, ensure_ascii=False) for r in merged) + "\n]\n", "utf-8")
    return merged


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.5g}")
    return value


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()
