"""Of several backgrounds of one data folder one speaks for all devices, and another takes over when it ends."""

from __future__ import annotations

import threading
from pathlib import Path

from data_access.runtime.commands_simulate import only_one


def test_the_second_background_is_told_that_it_is_not_alone(tmp_path: Path) -> None:
    with only_one(tmp_path, None) as first, only_one(tmp_path, None) as second:
        assert (first, second) == (True, False)
    with only_one(tmp_path, None) as later:
        assert later


def test_the_products_own_takes_over_when_somebody_elses_ends(tmp_path: Path) -> None:
    stop, took = threading.Event(), []

    def own() -> None:
        with only_one(tmp_path, stop) as alone:
            took.append(alone)

    thread = threading.Thread(target=own)
    with only_one(tmp_path, None):
        thread.start()
        thread.join(0.2)
        assert took == []
    thread.join(10)
    assert took == [True]


def test_it_stops_waiting_when_told_to(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with only_one(tmp_path, None), only_one(tmp_path, stop) as alone:
        assert not alone
