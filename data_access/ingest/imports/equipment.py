"""Devices and cameras."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.commands import devices, foundation
from data_access.commands.facts import Group
from data_access.commands.imports import Record, Target
from data_access.db.tables import CameraRow, DeviceModelRow, DeviceRow
from data_access.domain.alarm_rules import rule_from_json, with_overrides
from data_access.domain.devices import DeviceKind
from data_access.domain.errors import InvalidInput
from data_access.ingest.imports.columns import Cells, Column, Refused
from data_access.ingest.imports.housing import AREA, BUILDING, LAT, LNG, Placed, table


class Devices(Placed):
    """终端. A device without a token gets one; `yiping export devices` tells it."""

    name: ClassVar[str] = "devices"
    about: ClassVar[str] = "sensors; a token is made for each that has none"
    facts: ClassVar[tuple[Group, ...]] = (Group.DEVICES,)
    columns: ClassVar[tuple[Column, ...]] = (
        Column("code", "Code; identifies it", "smoke-0001", required=True, also=("设备编码",)),
        Column("kind", f"One of {', '.join(DeviceKind)}", "smoke", required=True, also=("类型",)),
        Column("name", "Name; default: its model's name", "3栋501烟感", also=("名称",)),
        AREA,
        BUILDING,
        LNG,
        LAT,
        Column("model", "Code of its model; default: the standard one of its kind", "smoke-std", also=("型号",)),
        Column("token", "Its MQTT user name and HTTP key, at least 8 characters; missing: made", "", also=("令牌",)),
        Column("floor", "Floor", "5", also=("楼层",)),
        Column("gateway", "Code of the gateway it speaks through, itself a device", "", also=("网关",)),
        Column("overrides", "Alarm rules that differ from the model's, as JSON (docs/alarms.md)", ""),
    )

    @property
    def target(self) -> Target:
        return Target(table=table(DeviceRow), key="code")

    def prepare(self, session: Session) -> None:
        super().prepare(session)
        self._load(session)
        if not self._models:
            with self.context.database.writing() as writing:
                foundation.lay(writing)
            session.rollback()  # begin a new view of the database
            self._load(session)
        known = session.execute(select(DeviceRow.code, DeviceRow.id, DeviceRow.token))
        self._ids: dict[str, int] = {}
        self._tokens: dict[str, str] = {}
        for row in known:
            self._ids[row.code], self._tokens[row.token] = row.id, row.code

    def _load(self, session: Session) -> None:
        rows = session.execute(
            select(
                DeviceModelRow.id, DeviceModelRow.code, DeviceModelRow.kind, DeviceModelRow.name, DeviceModelRow.rules
            )
        ).all()
        self._models: dict[str, Any] = {row.code: row for row in rows}
        self._standard: dict[str, Any] = {}
        for row in rows:
            self._standard.setdefault(row.kind, row)

    def record(self, cells: Cells) -> Record | None:
        code = cells.need("code", longest=64)
        kind = cells.choice("kind", DeviceKind)
        if kind is None:
            raise Refused("kind is missing")
        model = self._model(cells, kind)
        record = (
            self.where(cells)
            | self.spot(cells)
            | {
                "code": code,
                "kind": kind,
                "model_id": model.id,
                "name": cells.text("name") or model.name,
                "floor": cells.whole("floor", low=-20, high=200),
                "gateway_id": self._gateway(cells),
                "overrides": self._overrides(cells, model),
            }
        )
        token = cells.text("token", longest=64)
        if token is not None:
            if len(token) < 8:
                raise Refused("token has fewer than 8 characters")
            if self._tokens.setdefault(token, code) != code:
                raise Refused("token belongs to another device")
            record["token"] = token
        return record

    def for_insert(self, record: Record) -> Record:
        return {"token": secrets.token_urlsafe(24), "replay": False} | record

    def after_writing(self) -> None:
        with self.context.database.writing() as session:
            devices.note_change(session)

    def _model(self, cells: Cells, kind: str) -> Any:
        wanted = cells.text("model", longest=64)
        model = self._models.get(wanted) if wanted else self._standard.get(kind)
        if model is None:
            raise Refused(f"there is no model {wanted or f'of the kind {kind}'}")
        if model.kind != kind:
            raise Refused(f"model {model.code} is of the kind {model.kind}")
        return model

    def _gateway(self, cells: Cells) -> int | None:
        code = cells.text("gateway", longest=64)
        if code is None:
            return None
        if code not in self._ids:
            raise Refused(f"there is no gateway {code}; import the gateways in a file of their own first")
        return self._ids[code]

    def _overrides(self, cells: Cells, model: Any) -> Any:
        text = cells.text("overrides", longest=4000)
        if text is None:
            return None
        try:
            found = json.loads(text)
            rules = with_overrides(tuple(rule_from_json(kept) for kept in model.rules), found)
        except (ValueError, TypeError, AttributeError):
            raise Refused("overrides is not a JSON object of alarm rules") from None
        except InvalidInput as error:
            raise Refused(f"overrides: {error}") from None
        for rule in rules:
            if rule.alarm in (found or {}) and not rule.clears:
                raise Refused(
                    f"overrides: {rule.alarm} could never clear: its hysteresis of {rule.hysteresis:g} is larger than "
                    f"its threshold of {rule.levels[0][0]:g}"
                )
        return found


class Cameras(Placed):
    """视频点位. The stream's address stays on the server."""

    name: ClassVar[str] = "cameras"
    about: ClassVar[str] = "video points; `stream` is where our server fetches the picture"
    facts: ClassVar[tuple[Group, ...]] = (Group.CAMERAS,)
    delivers: ClassVar[tuple[str, str, str] | None] = ("video", "视频点位", "Video points")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("code", "Code; identifies it", "cam-0001", required=True, also=("编码",)),
        Column("name", "Name", "水贝二街路口", required=True, also=("名称",)),
        Column("gb_code", "GB/T 28181 code, 20 digits", "", also=("国标编码",)),
        Column("kind", "fixed or ptz", "fixed", also=("类型",)),
        Column("owner", "Department it belongs to", "", also=("所属单位",)),
        AREA,
        BUILDING,
        LNG,
        LAT,
        Column("stream", "HLS address, reachable from the server", "", also=("取流地址",)),
    )

    @property
    def target(self) -> Target:
        return Target(table=table(CameraRow), key="code")

    def record(self, cells: Cells) -> Record | None:
        gb_code = cells.text("gb_code", longest=20)
        if gb_code is not None and not (gb_code.isdecimal() and len(gb_code) == 20):
            raise Refused("gb_code has not 20 digits")
        stream = cells.text("stream", longest=400)
        if stream is not None and not stream.startswith(("http://", "https://")):
            raise Refused("stream is not an http address")
        return (
            self.where(cells)
            | self.spot(cells)
            | {
                "code": cells.need("code", longest=64),
                "name": cells.need("name"),
                "gb_code": gb_code,
                "kind": cells.choice("kind", ("fixed", "ptz")) or "fixed",
                "owner": cells.text("owner", longest=60),
                "stream": stream,
            }
        )

    def before_writing(self, records: Iterable[Record]) -> None:
        """Nothing: whether a camera delivers is found out by looking, never imported."""
