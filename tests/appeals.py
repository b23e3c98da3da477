"""Citizens' appeals for tests: where the real ones are, and generated rows of the same shape."""

from __future__ import annotations

import csv
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from data_access.ingest.imports.runner import Report

ROOT = Path(__file__).parents[1]
VENDORED = ROOT / "data_access" / "demo" / "data"
TEST_DATA = Path(os.environ.get("YIPING_TEST_DATA", ROOT.parent / "shared" / "data"))
APPEALS = TEST_DATA / "pingshan-appeals-2018.csv"
HEADER = (
    *("REC_ID", "REPORT_NUM", "CREATE_TIME", "DISTRICT_NAME", "DISTRICT_ID", "STREET_NAME", "STREET_ID"),
    *("COMMUNITY_NAME", "COMMUNITY_ID", "EVENT_TYPE_NAME", "EVENT_TYPE_ID", "MAIN_TYPE_NAME", "MAIN_TYPE_ID"),
    *("SUB_TYPE_NAME", "SUB_TYPE_ID", "DISPOSE_UNIT_NAME", "DISPOSE_UNIT_ID", "EVENT_SRC_NAME", "EVENT_SRC_ID"),
    *("OPERATE_NUM", "OVERTIME_ARCHIVE_NUM", "INTIME_TO_ARCHIVE_NUM", "INTIME_ARCHIVE_NUM"),
    *("EVENT_PROPERTY_ID", "EVENT_PROPERTY_NAME", "OCCUR_PLACE"),
)
PLACES = [
    ("龙田街道", "101", "南布社区", "10018"),
    ("坪山街道", "104", "和平社区", "10016"),
    ("碧岭街道", "100", "汤坑社区", "10002"),
    ("坑梓街道", "105", "金沙社区", "10019"),
    ("-", "-", "-", "-"),
]
CHANNELS = [("@坪山", "103"), ("12345", "13"), ("固话投诉", "106"), ("@坪山", "106")]

Import = Callable[..., Report]


def made_up_appeals(path: Path, count: int) -> Path:
    """Rows shaped like the real file: local ids, flags without times, missing streets, one id with two names."""
    chance = random.Random(1)
    start = datetime(2018, 2, 8, 15, 34, 40, tzinfo=UTC)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(count):
            street, street_id, community, community_id = chance.choices(PLACES, (30, 30, 20, 19, 1))[0]
            channel, channel_id = chance.choices(CHANNELS, (50, 30, 19, 1))[0]
            flags = chance.choices([("0", "1"), ("1", "0"), ("-", "-")], (89, 10, 1))[0]
            kind = chance.randrange(3)
            writer.writerow(
                [
                    str(72_687 + number),
                    "1",
                    f"{start + timedelta(minutes=55 * number):%Y-%m-%d %H:%M:%S}",
                    *(("坪山区", "1") if street != "-" else ("-", "-")),
                    *(street, street_id, community, community_id),
                    *(("市容环卫", "5"), ("环保水务", "3"), ("市政设施", "6"))[kind],
                    *(("市容城管", "1159"), ("工业噪声", "132"), ("公用部件", "185"))[kind],
                    *(("乱摆卖", "1164"), ("工业红线内噪声", "460"), ("下水井盖", "630"))[kind],
                    *(("龙田街道综合执法队", "8508"), ("环境保护和水务局", "1536"), ("-", "-"))[kind],
                    *(channel, channel_id, "1"),
                    *(flags[0], "0", flags[1]),
                    *("2", "投诉", "-"),
                ]
            )
    return path
