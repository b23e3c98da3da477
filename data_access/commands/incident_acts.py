"""What people do to cases: load, look whether it is still what they saw, ask the domain, save row, history and event.

Each act names the version its person saw. Where somebody else has acted since, the answer says who did what; that he
himself acted, or the clock, or that somebody attached a photo, stops nobody: what the clock changed is refused by the
rules where it matters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.commands import case_links
from data_access.commands.incidents import event_of
from data_access.commands.meanwhile import Meanwhile
from data_access.db.calendar import warn_doubtful, work_calendar
from data_access.db.cases import posts_of, save_case, to_case
from data_access.db.tables import IncidentHistoryRow, IncidentRow, ItemRow, ReportRow, UnitRow
from data_access.db.workflows import workflow_of
from data_access.domain.accounts import Role
from data_access.domain.areas import within
from data_access.domain.case_links import Linked, LinkKind
from data_access.domain.cases import BY_OTHER_WAYS, LINKING, ONLY_ADDS, Case, CaseAction
from data_access.domain.catalogue import first_post
from data_access.domain.errors import IllegalTransition, InvalidInput, NotFound
from data_access.domain.escalation import Level, Post
from data_access.domain.incident_moves import NOTHING, Details, check_may, transition
from data_access.domain.incidents import Stage
from data_access.domain.workflows import Workflow
from data_access.live import outbox

NOT_THERE: Final = "没有这个案卷，或者不在您的权限范围内。"
CLOCK: Final = "clock"
_WHATEVER_SINCE: Final = ONLY_ADDS | {CaseAction.URGE}
"""They hold whatever has become of the case meanwhile."""
_SAID: Final[Mapping[str, str]] = {
    "advance": "{who} 刚刚办完了一步。",
    "accept": "{who} 刚刚接了这个案卷。",
    "return": "{who} 刚刚退回了这个案卷。",
    "ask": "{who} 刚刚申请了延期。",
    "grant": "{who} 刚刚同意了延期。",
    "refuse": "{who} 刚刚没有同意延期。",
    "suspend": "{who} 刚刚挂起了这个案卷。",
    "resume": "{who} 刚刚恢复了这个案卷。",
    "rework": "{who} 刚刚要求返工。",
    "urge": "{who} 刚刚督办了这个案卷。",
    "escalate": "{who} 刚刚把这个案卷升级了。",
    "merge": "{who} 刚刚把它并入了另一案卷。",
    "follow": "{who} 刚刚随主案卷一并结案。",
    "void": "{who} 刚刚作废了这个案卷。",
    "rate": "{who} 刚刚作了评价。",
    "arrive": "{who} 刚刚到场。",
    "comment": "{who} 刚刚在这个案卷下留言。",
}
_SINCE: Final = Meanwhile(
    history=IncidentHistoryRow,
    of=IncidentHistoryRow.incident_id,
    harmless=lambda *_: True,  # what the clock changed is refused by the rules where it matters
    said=_SAID,
    otherwise="这个案卷刚刚有了变化，请再看一眼。",
    passing=frozenset(BY_OTHER_WAYS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing a person does to a case as he saw it.

    `scope` is the path of the area that is his to act in, `unit` for whom an organisation acts.
    """

    action: CaseAction
    version: int
    actor: str
    role: Role
    now: datetime
    scope: str = ""
    details: Details = NOTHING
    note: str | None = None
    unit: int | None = None


def act(session: Session, incident_id: int, done: Act) -> IncidentRow:
    """Do it. Raises `NotFound`, `NotAllowed`, `Conflict` (it has changed since), `IllegalTransition`, `InvalidInput`.

    Merging, and what closes a case into which others were merged, changes those in the same transaction.
    """
    row = _seen(session, incident_id, done)
    case, workflow = to_case(row), workflow_of(session, row)
    check_may(case, done.action, done.role, done.scope, workflow, unit=done.unit)
    details = _completed(session, row, case, workflow, done)
    after = apply(session, row, done.action, actor=done.actor, now=done.now, details=details, note=done.note)
    if done.action in LINKING and details.linked is not None:
        case_links.keep(
            session, after, details.linked, gone=done.action is CaseAction.UNLINK, by=done.actor, now=done.now
        )
    if after.stage == Stage.CLOSED and case.stage is not Stage.CLOSED:
        _close_merged(session, after, done)
    return after


def apply(
    session: Session,
    row: IncidentRow,
    action: CaseAction,
    *,
    actor: str,
    now: datetime,
    details: Details = NOTHING,
    note: str | None = None,
    tell: bool = True,
) -> IncidentRow:
    """Move the locked `row` by the rules; write its history and, unless the caller will `tell` of it, its event."""
    case, calendar = to_case(row), work_calendar(session)
    workflow = workflow_of(session, row)
    after = transition(case, action, workflow=workflow, calendar=calendar, now=now, actor=actor, details=details)
    if action in ONLY_ADDS:
        row.version = after.version  # of its loop nothing changes: one that came with its history stays without clocks
    else:
        save_case(row, after)
    if after.due_at is not None and after.due_at != case.due_at:
        warn_doubtful(calendar, now, after.due_at)
    session.add(
        IncidentHistoryRow(
            incident_id=row.id,
            at=now,
            actor=actor,
            action=action.value,
            stage=row.stage,
            note=note,
            detail=told(details) or None,
        )
    )
    session.flush()
    if tell:
        outbox.add(session, event_of(session, row, now))
    return row


def told(details: Details) -> dict[str, Any]:
    """What of `details` the history keeps; `retold` reads it back."""
    post = details.post
    found = {
        "step": details.step,
        "unit_id": details.unit_id,
        "reason": details.reason,
        "until": details.until and details.until.astimezone(UTC).isoformat(),
        "post": [int(post.level), post.area] if post else None,
        "into": details.into,
        "rating": details.rating,
        "attachment": details.attachment,
        "linked": [details.linked.kind.value, details.linked.id] if details.linked else None,
        "at": [details.lng, details.lat, details.accuracy_m] if details.lng is not None else None,
        "done_at": details.done_at and details.done_at.astimezone(UTC).isoformat(),
    }
    return {name: value for name, value in found.items() if value is not None}


def retold(kept: Mapping[str, Any]) -> Details:
    """The details of an act as its history line kept them."""
    until, post, done_at = kept.get("until"), kept.get("post"), kept.get("done_at")
    linked = kept.get("linked")
    lng, lat, accuracy_m = kept.get("at") or (None, None, None)
    return Details(
        step=kept.get("step"),
        unit_id=kept.get("unit_id"),
        reason=kept.get("reason"),
        until=datetime.fromisoformat(until) if until else None,
        post=Post(Level(post[0]), post[1]) if post else None,
        into=kept.get("into"),
        rating=kept.get("rating"),
        attachment=kept.get("attachment"),
        linked=Linked(LinkKind(linked[0]), linked[1]) if linked else None,
        lng=lng,
        lat=lat,
        accuracy_m=accuracy_m,
        done_at=datetime.fromisoformat(done_at) if done_at else None,
    )


def _seen(session: Session, incident_id: int, done: Act) -> IncidentRow:
    """The case, locked, when it is in the person's scope and still what he saw (or only something is said of it)."""
    row = session.get(IncidentRow, incident_id, with_for_update=True, populate_existing=True)
    if row is None or not within(row.area_path, done.scope):
        raise NotFound(NOT_THERE)
    if row.version != done.version and done.action not in _WHATEVER_SINCE:
        _SINCE.check(session, row.id, since=row.version - done.version, by=done.actor)
    return row


def _completed(session: Session, row: IncidentRow, case: Case, workflow: Workflow, done: Act) -> Details:
    """The details with what only the database knows: whose turn it will be, and whether what they name is there."""
    details = done.details
    if done.action is CaseAction.ADVANCE:
        step = workflow.following(case.step)
        if details.unit_id is not None and session.get(UnitRow, details.unit_id) is None:
            raise InvalidInput("没有这个处置单位。")
        if step is None or step.stage is not Stage.DISPATCH:
            return replace(details, post=None)
        item = session.get(ItemRow, row.item_id) if row.item_id is not None else None
        return replace(details, post=first_post(posts_of(session, row.area_path), item.level if item else None))
    if done.action is CaseAction.ESCALATE:
        above = next_post(session, row)
        if above is None:
            raise IllegalTransition("已经是最高一级，不能再升级。")
        if not (details.reason or "").strip():
            raise InvalidInput("请写明理由。")
        return replace(details, post=above)
    _check_around(session, row, done)
    return details


def _check_around(session: Session, row: IncidentRow, done: Act) -> None:
    """Raise where what the action needs beside the case is not there, or not so."""
    if done.action in LINKING and done.details.linked is not None:
        gone = done.action is CaseAction.UNLINK
        case_links.check(session, row, done.details.linked, gone=gone, scope=done.scope)
    if done.action is CaseAction.CALL and not _reporters_number(session, row.id):
        raise IllegalTransition("报告人没有留电话。")
    if done.action is CaseAction.MERGE:
        _check_target(session, row, done)
    if done.action is CaseAction.VOID and _merged_into(session, row.id).first() is not None:
        raise IllegalTransition("有别的案卷并入了这个案卷，不能作废。")


def _reporters_number(session: Session, incident_id: int) -> str | None:
    return session.scalar(select(ReportRow.phone).where(ReportRow.incident_id == incident_id))


def next_post(session: Session, row: IncidentRow) -> Post | None:
    """Who is next above whose turn it is; None at the top."""
    posts = posts_of(session, row.area_path)
    return next((post for post in posts if row.level is None or post.level > row.level), None)


def _check_target(session: Session, row: IncidentRow, done: Act) -> None:
    into = done.details.into
    target = session.get(IncidentRow, into, with_for_update=True) if into is not None else None
    if target is None or not within(target.area_path, done.scope):
        raise InvalidInput("没有要并入的案卷，或者不在您的权限范围内。")
    if to_case(target).finished or target.merged_into is not None or target.run != row.run:
        raise IllegalTransition("要并入的案卷已经了结，或者自己并入了别的案卷。")
    if _merged_into(session, row.id).first() is not None:
        raise IllegalTransition("有别的案卷并入了这个案卷，请反过来并案。")


def _merged_into(session: Session, incident_id: int) -> Any:
    mine = select(IncidentRow).where(IncidentRow.merged_into == incident_id, IncidentRow.merged_into.is_not(None))
    return session.scalars(mine.order_by(IncidentRow.id).with_for_update())


def _close_merged(session: Session, row: IncidentRow, done: Act) -> None:
    """What was merged into it is closed with it: all who reported are told."""
    for merged in _merged_into(session, row.id).all():
        if not to_case(merged).finished:
            apply(session, merged, CaseAction.FOLLOW, actor=done.actor, now=done.now, details=Details(into=row.id))
