"""The web process stops in order while pages are open."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import free_port
from tests.web import ROOT, Stream, Web, healthy, wait_for


def test_open_streams_end_with_the_process_and_without_a_traceback(web: Web, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "web.log"
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "YIPING_DATA_DIR": str(web.log.parent),
        "YIPING_REDIS_URL": web.valkey.url,
        "YIPING_PORT": str(port),
    }
    command = [sys.executable, "-m", "data_access.runtime.cli", "serve"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
    try:
        wait_for(lambda: process.poll() is not None or healthy(url), 120)
        assert process.poll() is None, log.read_text()
        streams = [Stream(url, "", {}) for _ in range(3)]
        for stream in streams:
            stream.wait(lambda f: f["event"] == "heartbeat")
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(20)
        took = time.monotonic() - began
        for stream in streams:
            stream.close()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    told = log.read_text()
    assert "Traceback" not in told, told
    assert "graceful shutdown exceeded" not in told, told
    assert took < 10
