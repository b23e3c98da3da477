"""Every table, by the subject it belongs to."""

from data_access.db.tables.alarms import AlarmHistoryRow, AlarmRow
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
    "AlarmRow",
    "AreaBoundaryRow",
    "AreaFactRow",
    "AreaRow",
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
    "HouseholdRow",
    "ImportRunRow",
    "IncidentHistoryRow",
    "IncidentRow",
    "IncidentTypeRow",
    "Instant",
    "LegalEntityRow",
    "MetaRow",
    "MetricRow",
    "OrganisationRow",
    "OutboxRow",
    "ReadingHourRow",
    "ReplayRunRow",
    "ResidentRow",
    "ResourceRow",
    "ResponsibleRow",
    "SourceRow",
    "TeamRow",
    "UnitRow",
    "from_ms",
    "to_ms",
]
