"""Incidents (事件/案卷) of another system that keeps times: creation, limit, steps, closing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from sqlalchemy.orm import Session

from data_access.commands.catalogue import Catalogue, Label, save_catalogue
from data_access.commands.imports import Record, Target
from data_access.db.tables import IncidentRow
from data_access.domain.incidents import Nature, Stage
from data_access.ingest.imports.columns import Cells, Column, Refused
from data_access.ingest.imports.housing import AREA, BUILDING, LAT, LNG, Placed, table
from data_access.ingest.imports.places import Place

DEFAULT_SOURCE: Final = "cases"
_STEPS: Final = ("registered_at", "dispatched_at", "handled_at", "verified_at", "closed_at")
_STAGES: Final = {
    "采集": "report",
    "立案": "register",
    "派遣": "dispatch",
    "处置": "handle",
    "反馈": "feedback",
    "核查": "verify",
    "结案": "closed",
    "作废": "void",
    # how systems say where a case is: it stands at the last step that was done
    **dict.fromkeys(("已上报", "待受理", "待立案"), "report"),
    **dict.fromkeys(("已受理", "已立案", "待派遣"), "register"),
    **dict.fromkeys(("已派遣", "待处置", "处置中", "处理中", "办理中"), "dispatch"),
    **dict.fromkeys(("已处置", "已处理", "待反馈"), "handle"),
    **dict.fromkeys(("已反馈", "待核查", "核查中"), "feedback"),
    **dict.fromkeys(("已核查", "待结案"), "verify"),
    **dict.fromkeys(("已结案", "已办结", "办结"), "closed"),
    **dict.fromkeys(("已作废", "不予受理", "不予立案"), "void"),
}
_RATINGS: Final = {"非常满意": 5, "满意": 5, "基本满意": 3, "一般": 3, "不满意": 1, "非常不满意": 1}
_UNRATED: Final = frozenset({"未评价", "未回访", "无"})
_LEVELS: Final = {"type": "top_type_id", "main_type": "main_type_id", "sub_type": "sub_type_id"}


class Incidents(Placed):
    """Cases with their times; due and on time are worked out from these."""

    name: ClassVar[str] = "incidents"
    about: ClassVar[str] = "incidents with times (--source: the system they come from)"
    delivers: ClassVar[tuple[str, str, str] | None] = ("incidents", "事件", "Incidents")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("ref", "Id in its source; identifies it", "2026-000123", required=True, also=("案卷编号",)),
        Column("title", "One line on what it is about", "井盖破损", required=True, also=("标题",)),
        Column("created_at", "When it came in", "2026-06-01 09:30:00", required=True, also=("创建时间",)),
        AREA,
        Column("street", "Name of its street, where there is no code", "", also=("街道", "所属街道")),
        Column("community", "Name of its community, where there is no code", "", also=("社区", "所属社区")),
        BUILDING,
        LNG,
        LAT,
        Column("place", "Where, in words", "翠竹路口", also=("地点",)),
        Column("description", "More about it", "", also=("描述",)),
        Column("nature", f"One of {' '.join(Nature)}", "投诉", also=("性质",)),
        Column("type", "Top class: id or name", "市政设施", also=("大类",)),
        Column("main_type", "Main class: id or name", "", also=("小类",)),
        Column("sub_type", "Sub class: id or name", "", also=("细类",)),
        Column("channel", "Channel: id or name", "12345", also=("来源",)),
        Column("unit", "Handling unit: id or name", "", also=("处置单位",)),
        Column(
            "stage",
            f"One of {', '.join(Stage)}, or 处置中, 已结案…; default: from the times",
            "",
            also=("阶段", "状态"),
        ),
        Column("due_at", "Closing limit", "2026-06-04 09:30:00", also=("应结案时间",)),
        *(Column(step, f"When it was {step[:-3]}", "") for step in _STEPS),
        Column("reworks", "How often it was sent back (返工)", "0", also=("返工次数",)),
        Column("extensions", "How often its limit was extended (延期)", "0", also=("延期次数",)),
        Column("satisfaction", "The citizen's rating, 1 to 5, or 满意, 基本满意, 不满意", "", also=("满意度",)),
    )

    @property
    def target(self) -> Target:
        return Target(table=table(IncidentRow), key="source_ref", fixed={"source": self.source}, versioned=True)

    def prepare(self, session: Session) -> None:
        super().prepare(session)
        self.source = self.context.source or DEFAULT_SOURCE
        self._seen: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._ids = Catalogue()

    def record(self, cells: Cells) -> Record | None:
        created = cells.instant("created_at")
        if created is None:
            raise Refused("created_at is missing")
        times = {step: cells.instant(step) for step in _STEPS}
        due = cells.instant("due_at")
        early = [step for step, at in {**times, "due_at": due}.items() if at is not None and at < created]
        if early:
            raise Refused(f"{early[0]} lies before created_at")
        stage = cells.choice("stage", Stage, _STAGES) or self._stage(times)
        if (stage == Stage.CLOSED) is not (times["closed_at"] is not None):
            raise Refused("stage and closed_at do not agree")
        reference = cells.need("ref", longest=60)
        lng, lat = self.point(cells, required=False)
        labels = {column: self._label(cells, group, None) for group, column in list(_LEVELS.items())[:1]}
        labels["main_type_id"] = self._label(cells, "main_type", cells.text("type"))
        labels["sub_type_id"] = self._label(cells, "sub_type", cells.text("main_type"))
        return (
            self._where(cells)
            | times
            | labels
            | {
                "source_ref": reference,
                "code": f"{self.source}-{reference}"[:64],
                "title": cells.need("title"),
                "created_at": created,
                "lng": lng,
                "lat": lat,
                "place": cells.text("place"),
                "description": cells.text("description", longest=4000),
                "nature": cells.choice("nature", Nature),
                "channel_id": self._label(cells, "channel", None),
                "unit_id": self._label(cells, "unit", None),
                "stage": stage,
                "due_at": due,
                "reworks": cells.whole("reworks", low=0, high=1000) or 0,
                "extensions": cells.whole("extensions", low=0, high=1000) or 0,
                "satisfaction": self._rating(cells),
            }
        )

    def _where(self, cells: Cells) -> Record:
        """The area by its code, by its building, or by the names of community and street that such files carry."""
        street_name, community_name = cells.text("street"), cells.text("community")
        if cells.text("area") or cells.text("building") or not (street_name or community_name):
            return self.where(cells)
        inside = self.scope.path if self.scope else ""
        found: Place | None = None
        for name in filter(None, (street_name, community_name)):
            found = self.places.named(name, inside=inside)
            if found is None:
                raise Refused(f"there is no area called {name}" + (f" in {street_name}" if name != street_name else ""))
            inside = found.path
        assert found is not None  # noqa: S101  # one of the names is given
        self.touched.add(found.path)
        return {"area_id": found.id, "area_path": found.path, "building_id": None}

    @staticmethod
    def _rating(cells: Cells) -> int | None:
        word = cells.text("satisfaction")
        if word in _UNRATED:
            return None
        return _RATINGS[word] if word in _RATINGS else cells.whole("satisfaction", low=1, high=5)

    def before_writing(self, records: Iterable[Record]) -> None:  # noqa: ARG002  # labels were gathered while reading
        self._ids = save_catalogue(
            self.context.database,
            self.source,
            [
                Label(group, ref, ref, (ref,), next(iter(above), None))
                for (group, ref), counts in self._seen.items()
                for above in [[name for name, _ in counts.most_common(1) if name]]
            ],
        )

    def resolve(self, records: Sequence[Record]) -> list[Record]:
        groups = {"channel_id": "channel", "unit_id": "unit"} | {column: group for group, column in _LEVELS.items()}
        return [r | {column: self._ids.id_of(group, r[column]) for column, group in groups.items()} for r in records]

    def _label(self, cells: Cells, group: str, parent: str | None) -> str | None:
        wanted = cells.text(group, longest=40)
        if wanted is not None:
            self._seen[group, wanted][parent or ""] += 1
        return wanted

    def _stage(self, times: Record) -> str:
        """The last stage that has a time."""
        reached = [Stage.REGISTER, Stage.DISPATCH, Stage.HANDLE, Stage.VERIFY, Stage.CLOSED]
        done = [stage for stage, step in zip(reached, _STEPS, strict=True) if times[step] is not None]
        return (done[-1] if done else Stage.REPORT).value
