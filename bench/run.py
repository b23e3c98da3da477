"""`python -m bench.run [--full] [--only NAME …]`: measure, print, keep the figures in results.json and the README.

Alone it measures the way from a reading to the screen, in under four minutes; `make bench-alarms` measures the duty
officer's desk, `--full` everything with more samples.
A benchmark that fails is reported, the others still run, and the exit code says so at the end.
"""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import time
import traceback

from bench.harness import RESULTS, Row, commit, write_results
from bench.table import update_readme

MAIN = ("seed", "start", "ingest", "push", "imports", "map")
MODULES = (*MAIN, "incidents", "intake", "alarms", "storm", "desk", "soak")


def main() -> int:
    """Run the benchmarks asked for; return 1 when one of them failed."""
    parser = argparse.ArgumentParser(prog="bench.run", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the long ones too")
    parser.add_argument("--only", nargs="+", choices=MODULES, help="these benchmarks and no others")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every server and folder of ours goes too
    failed: list[str] = []
    started = time.perf_counter()
    print(f"commit {commit()}")
    for name in options.only or (MODULES if options.full else MAIN):
        begun = time.perf_counter()
        try:
            rows: list[Row] = importlib.import_module(f"bench.{name}").run(options.full)
        except Exception:  # noqa: BLE001  # whatever it is, the other figures are still wanted
            traceback.print_exc()
            failed.append(name)
            continue
        _show(name, rows, time.perf_counter() - begun)
        write_results(rows)
        update_readme()
    print(f"\n{time.perf_counter() - started:.0f} s in all; figures in {RESULTS.relative_to(RESULTS.parent.parent)}")
    if failed:
        print("FAILED: " + ", ".join(failed))
    return 1 if failed else 0


def _show(name: str, rows: list[Row], seconds: float) -> None:
    print(f"\n{name} ({seconds:.0f} s)")
    for row in rows:
        ratio = f"{row.ratio:8.2f} × {row.baseline:,.4g}" if row.ratio is not None else ""
        print(f"  {row.name:<34} {row.value:>12,.4g} {row.unit:<12} {ratio} {row.note}".rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
