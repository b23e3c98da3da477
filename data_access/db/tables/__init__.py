"""Every table, by the subject it belongs to."""

from data_access.db.tables.accounts import AuditRow, UserRow, UserTokenRow
from data_access.db.tables.alarms import (
    AlarmHistoryRow,
    AlarmKindRow,
    AlarmRow,
    AlarmWindowRow,
    HandoverRow,
    NoticeRow,
    ShiftRow,
    TaskRow,
)
from data_access.db.tables.areas import (
    AreaBoundaryRow,
    AreaFactRow,
    AreaRow,
    DutyRow,
    OrganisationRow,
    ResponsibleRow,
    TeamRow,
)
from data_access.db.tables.base import Base, Instant, from_ms, to_ms
from data_access.db.tables.devices import (
    CameraRow,
    DeviceModelRow,
    DeviceRow,
    DeviceStateRow,
    MetricRow,
    ReadingHourRow,
)
from data_access.db.tables.incidents import ChannelRow, IncidentHistoryRow, IncidentRow, IncidentTypeRow, UnitRow
from data_access.db.tables.people import (
    BuildingRow,
    DwellingRow,
    HouseholdRow,
    LegalEntityRow,
    ResidentRow,
    ResourceRow,
)
from data_access.db.tables.system import DeadLetterRow, ImportRunRow, MetaRow, OutboxRow, ReplayRunRow, SourceRow

__all__ = [
    "AlarmHistoryRow",
    "AlarmKindRow",
    "AlarmRow",
    "AlarmWindowRow",
    "AreaBoundaryRow",
    "AreaFactRow",
    "AreaRow",
    "AuditRow",
    "Base",
    "BuildingRow",
    "CameraRow",
    "ChannelRow",
    "DeadLetterRow",
    "DeviceModelRow",
    "DeviceRow",
    "DeviceStateRow",
    "DutyRow",
    "DwellingRow",
    "HandoverRow",
    "HouseholdRow",
    "ImportRunRow",
    "IncidentHistoryRow",
    "IncidentRow",
    "IncidentTypeRow",
    "Instant",
    "LegalEntityRow",
    "MetaRow",
    "MetricRow",
    "NoticeRow",
    "OrganisationRow",
    "OutboxRow",
    "ReadingHourRow",
    "ReplayRunRow",
    "ResidentRow",
    "ResourceRow",
    "ResponsibleRow",
    "ShiftRow",
    "SourceRow",
    "TaskRow",
    "TeamRow",
    "UnitRow",
    "UserRow",
    "UserTokenRow",
    "from_ms",
    "to_ms",
]
