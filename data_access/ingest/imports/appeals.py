"""Citizens' appeals (诉求) as Shenzhen's districts publish them: local ids, outcome flags, no closing times.

An appeal is identified by (source, REC_ID). Types, units and channels are identified by the source's ids; names are
labels, and where one id has several the most frequent is shown. Streets and communities are matched by name inside
the district. Only the flags are facts about closing: no time is invented.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from sqlalchemy.orm import Session

from data_access.commands.catalogue import Catalogue, Label, save_catalogue
from data_access.commands.imports import Record, Target
from data_access.db.tables import IncidentRow
from data_access.domain.areas import within
from data_access.domain.incidents import Nature, Outcome, Stage, outcome_of_flags
from data_access.ingest.imports.columns import Cells, Column, Refused
from data_access.ingest.imports.kind import Kind
from data_access.ingest.imports.places import Place

DEFAULT_SOURCE: Final = "appeals"
_NO_ID: Final = frozenset({None, "0"})

COLUMNS: Final = (
    Column("rec_id", "Id of the appeal in its source; identifies it", "72687", required=True, also=("REC_ID",)),
    Column(
        "create_time",
        "When it came in, Shanghai time",
        "2018-07-04 17:24:41",
        required=True,
        also=("CREATE_TIME",),
    ),
    Column("district", "Name of the district", "坪山区", also=("DISTRICT_NAME",)),
    Column("street", "Name of the street; missing: 未归属", "龙田街道", also=("STREET_NAME",)),
    Column("street_id", "Local id of the street; used for notes only", "101", also=("STREET_ID",)),
    Column("community", "Name of the community", "南布社区", also=("COMMUNITY_NAME",)),
    Column("community_id", "Local id of the community; used for notes only", "10018", also=("COMMUNITY_ID",)),
    Column("type_id", "Id of the top class", "5", required=True, also=("EVENT_TYPE_ID",)),
    Column("type", "Its name", "市容环卫", also=("EVENT_TYPE_NAME",)),
    Column("main_type_id", "Id of the main class", "1159", also=("MAIN_TYPE_ID",)),
    Column("main_type", "Its name", "市容城管", also=("MAIN_TYPE_NAME",)),
    Column("sub_type_id", "Id of the sub class", "1160", also=("SUB_TYPE_ID",)),
    Column("sub_type", "Its name", "市容环卫", also=("SUB_TYPE_NAME",)),
    Column("unit_id", "Id of the handling unit", "8508", also=("DISPOSE_UNIT_ID",)),
    Column("unit", "Its name", "龙田街道综合执法队", also=("DISPOSE_UNIT_NAME",)),
    Column("channel_id", "Id of the channel it came by", "13", required=True, also=("EVENT_SRC_ID",)),
    Column("channel", "Its name", "12345", also=("EVENT_SRC_NAME",)),
    Column("overtime_closed", "1: closed late (超期结案); 0: not", "0", also=("OVERTIME_ARCHIVE_NUM",)),
    Column("intime_closed", "1: closed in time (按期结案); 0: not", "1", also=("INTIME_ARCHIVE_NUM",)),
    Column("nature", "求决, 投诉, 咨询, 建议, 感谢 or 其他", "投诉", also=("EVENT_PROPERTY_NAME",)),
    Column("nature_id", "Its id, 1 to 6 in that order", "2", also=("EVENT_PROPERTY_ID",)),
    Column("place", "Where it happened", "", also=("OCCUR_PLACE",)),
)


class Appeals(Kind):
    """Appeals of one district and one source."""

    name: ClassVar[str] = "appeals"
    about: ClassVar[str] = "citizens' appeals with outcome flags (--area: their district)"
    columns: ClassVar[tuple[Column, ...]] = COLUMNS
    delivers: ClassVar[tuple[str, str, str] | None] = ("appeals", "诉求数据导入", "Appeals import")

    @property
    def target(self) -> Target:
        return Target(
            table=IncidentRow.__table__,  # type: ignore[arg-type]
            key="source_ref",
            fixed={"source": self.source, "reworks": 0, "extensions": 0},
            versioned=True,
        )

    def prepare(self, session: Session) -> None:  # noqa: ARG002  # nothing to load: areas are there already
        self.source = self.context.source or DEFAULT_SOURCE
        self._labels: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._parents: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._ids = Catalogue()
        self._anomalies: Counter[str] = Counter()

    def record(self, cells: Cells) -> Record | None:
        area = self._area(cells)
        created = cells.instant("create_time")
        if created is None:
            raise Refused("create_time is missing")
        outcome = outcome_of_flags(
            cells.whole("overtime_closed", low=0, high=1), cells.whole("intime_closed", low=0, high=1)
        )
        if outcome is None:
            self._anomalies["name no outcome: neither due nor closed"] += 1
        types = [self._type(cells, level) for level in (1, 2, 3)]
        reference = cells.need("rec_id", longest=60)
        title = cells.text("sub_type") or cells.text("main_type") or cells.text("type") or reference
        return {
            "source_ref": reference,
            "code": f"{self.source}-{reference}",
            "title": title,
            "nature": self._nature(cells),
            "top_type_id": types[0],
            "main_type_id": types[1],
            "sub_type_id": types[2],
            "channel_id": self._label(cells, "channel"),
            "unit_id": self._label(cells, "unit"),
            "area_id": area.id,
            "area_path": area.path,
            "place": cells.text("place"),
            "stage": Stage.CLOSED.value if outcome in (Outcome.ON_TIME, Outcome.OVERDUE) else Stage.REGISTER.value,
            "created_at": created,
            "outcome": outcome.value if outcome else None,
        }

    def before_writing(self, records: Iterable[Record]) -> None:  # noqa: ARG002  # labels were gathered while reading
        labels = [
            Label(group, ref, self._name(group, ref), tuple(sorted(names)), self._parent(group, ref))
            for (group, ref), names in self._labels.items()
        ]
        self._ids = save_catalogue(self.context.database, self.source, labels)
        self.notes += [f"{count} rows {what}." for what, count in sorted(self._anomalies.items())]
        for group in ("channel", "unit", "sub_type"):
            several = [ref for (g, ref), names in self._labels.items() if g == group and len(names) > 1]
            if several:
                self.notes.append(f"{len(several)} {group} ids have several names; the most frequent one is shown.")

    def resolve(self, records: Sequence[Record]) -> list[Record]:
        groups = {
            "top_type_id": "type",
            "main_type_id": "main_type",
            "sub_type_id": "sub_type",
            "channel_id": "channel",
            "unit_id": "unit",
        }
        return [r | {column: self._ids.id_of(group, r[column]) for column, group in groups.items()} for r in records]

    def _area(self, cells: Cells) -> Place:
        district = self._district(cells)
        street_name, community_name = cells.text("street"), cells.text("community")
        if street_name is None:
            self._anomalies[f"name no street: counted in {district.name}, shown as 未归属"] += 1
            return district
        street = self.places.named(street_name, inside=district.path)
        if street is None:
            raise Refused(f"there is no street {street_name} in {district.name}")
        if community_name is None:
            return street
        community = self.places.named(community_name, inside=district.path)
        if community is None:
            raise Refused(f"there is no community {community_name} in {district.name}")
        if not within(community.path, street.path):
            self._anomalies["name a community under another street: the community decides"] += 1
        return community

    def _district(self, cells: Cells) -> Place:
        name = cells.text("district")
        if name is None:
            if self.scope is None:
                raise Refused("district is missing; say which with --area")
            return self.scope
        found = self.places.named(name, inside=self.scope.path if self.scope else "")
        if found is None:
            raise Refused(f"there is no district {name}")
        return found

    def _type(self, cells: Cells, level: int) -> str | None:
        group = ("type", "main_type", "sub_type")[level - 1]
        reference = self._label(cells, group)
        if level > 1 and reference is not None:
            above = cells.text(("type_id", "main_type_id")[level - 2])
            if above is not None:
                self._parents[group, reference][above] += 1
        return reference

    def _label(self, cells: Cells, group: str) -> str | None:
        reference = cells.text(f"{group}_id", longest=40)
        if reference in _NO_ID:
            return None
        assert reference is not None  # noqa: S101  # None is in _NO_ID
        name = cells.text(group)
        self._labels[group, reference][name or reference] += 1
        return reference

    def _name(self, group: str, reference: str) -> str:
        """The most frequent name; between equals the one that no other id of the group is known by."""
        names = self._labels[group, reference]
        most = max(names.values())
        first = [name for name, count in names.items() if count == most]
        taken = {n.most_common(1)[0][0] for (g, ref), n in self._labels.items() if g == group and ref != reference}
        return min(first, key=lambda name: (name in taken, name))

    def _parent(self, group: str, reference: str) -> str | None:
        found = self._parents.get((group, reference))
        return found.most_common(1)[0][0] if found else None

    def _nature(self, cells: Cells) -> str | None:
        name = cells.text("nature")
        if name is None:
            number = cells.whole("nature_id")
            natures = tuple(Nature)
            if number is not None and 1 <= number <= len(natures):
                return natures[number - 1].value
            self._anomalies["name no nature"] += 1
            return None
        return name[:20]
