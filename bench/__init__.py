"""Benchmarks: each module has `run(full) -> list[Row]`; `python -m bench.run` measures, prints and keeps them."""
