"""Brokers for the tests of ingest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.intake import MOSQUITTO, Broker

NO_MOSQUITTO = "No mosquitto on this machine. Install it: apt-get install mosquitto"


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    if request.param == "mosquitto" and MOSQUITTO is None:
        pytest.fail(NO_MOSQUITTO)
    found = Broker(request.param, tmp_path)
    yield found
    found.kill()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Broker]:
    if MOSQUITTO is None:
        pytest.fail(NO_MOSQUITTO)
    found = Broker("mosquitto", tmp_path)
    yield found
    found.kill()
