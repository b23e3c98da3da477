"""`POST /api/v1/alarms/{id}/{action}` and `/api/v1/alarms/act`: what people do to alarms, one by one or many at once.

Every body carries the version that was seen; 409 with a sentence says who did what meanwhile. The answer is the alarm
as it then stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, ClassVar, Final

import msgspec
from msgspec import Meta
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data_access.api.answers import answer_json
from data_access.api.context import context, principal, same_origin
from data_access.auth.principal import Principal, require
from data_access.commands import alarm_acts as commands
from data_access.commands import mentions
from data_access.commands.alarm_acts import Act
from data_access.db.tables import AlarmRow
from data_access.domain.accounts import Action
from data_access.domain.alarm_moves import NOTHING, Details
from data_access.domain.alarms import AlarmAction, CallOutcome, CloseReason
from data_access.domain.errors import DomainError, InvalidInput
from data_access.queries import alarms
from data_access.viewmodels.alarms import AlarmRecord

MOST: Final = 500
"""Most alarms of one request."""
Note = Annotated[str, Meta(max_length=2000)]
Word = Annotated[str, Meta(min_length=1, max_length=200)]
Version = Annotated[int, Meta(ge=1)]
Done = Callable[[Session, int, Act], AlarmRow]


class Said(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What every action may say besides its name."""

    action: ClassVar[AlarmAction]
    permission: ClassVar[Action] = Action.ACT_ON_ALARMS
    note: Note | None = None

    def details(self, longest: timedelta) -> Details:  # noqa: ARG002  # shelving has a limit
        """What the rules are to know."""
        return NOTHING

    def told(self) -> Mapping[str, Any]:
        """What the history is to keep besides."""
        return {}

    def do(self, session: Session, alarm_id: int, done: Act) -> AlarmRow:
        """Do it."""
        return commands.act(session, alarm_id, done)


class Acknowledge(Said):
    """Somebody has looked."""

    action = AlarmAction.ACKNOWLEDGE
    permission = Action.ACKNOWLEDGE


class Claim(Said):
    """It is mine; `take_over` although somebody else has it."""

    action = AlarmAction.CLAIM
    take_over: bool = False

    def details(self, longest: timedelta) -> Details:  # noqa: ARG002  # as above
        return Details(take_over=self.take_over)


class Release(Claim):
    """It is nobody's."""

    action = AlarmAction.RELEASE


class Shelve(Said):
    """Put aside until a moment or until it clears, for a reason."""

    action = AlarmAction.SHELVE
    reason: Word
    until: datetime | None = None
    until_clear: bool = False

    def details(self, longest: timedelta) -> Details:
        if self.until is not None and self.until.tzinfo is None:
            raise InvalidInput("until is a moment such as 2026-06-01T12:00:00+08:00.")
        return Details(note=self.reason, until=self.until, until_clear=self.until_clear, longest=longest)

    def told(self) -> Mapping[str, Any]:
        return {"why": self.reason}


class Unshelve(Said):
    """Take back what was put aside."""

    action = AlarmAction.UNSHELVE


class Close(Said):
    """What it was. A standing alarm then closes by itself when it clears."""

    action = AlarmAction.CLOSE
    reason: CloseReason

    def details(self, longest: timedelta) -> Details:  # noqa: ARG002  # as above
        return Details(reason=self.reason, note=self.note)


class Comment(Said):
    """Say something; `mentions` are names of users."""

    action = AlarmAction.COMMENT
    permission = Action.COMMENT
    text: Annotated[str, Meta(min_length=1, max_length=2000)]
    mentions: Annotated[list[Annotated[str, Meta(max_length=60)]], Meta(max_length=20)] = []

    def do(self, session: Session, alarm_id: int, done: Act) -> AlarmRow:
        return mentions.comment(session, alarm_id, done, text=self.text, names=self.mentions)

    def told(self) -> Mapping[str, Any]:
        return {"text": self.text, **({"mentions": self.mentions} if self.mentions else {})}


class Call(Said):
    """A call was made: whom, and how it ended."""

    action = AlarmAction.CALL
    permission = Action.ACKNOWLEDGE
    who: Word
    outcome: CallOutcome

    def told(self) -> Mapping[str, Any]:
        return {"who": self.who, "outcome": self.outcome}


class Dispatch(Said):
    """Ask a person or a team to do something about it: opens a task."""

    action = AlarmAction.DISPATCH
    responsible_id: int | None = None
    team_id: int | None = None

    def do(self, session: Session, alarm_id: int, done: Act) -> AlarmRow:
        return commands.dispatch(session, alarm_id, done, responsible_id=self.responsible_id, team_id=self.team_id)


class Incident(Said):
    """Make an incident of it, linked both ways."""

    action = AlarmAction.INCIDENT
    title: Word | None = None

    def do(self, session: Session, alarm_id: int, done: Act) -> AlarmRow:
        return commands.make_incident(session, alarm_id, done, title=self.title)


class Undo(Said):
    """Take back the last action within ten seconds."""

    action = AlarmAction.UNDO
    permission = Action.ACKNOWLEDGE

    def do(self, session: Session, alarm_id: int, done: Act) -> AlarmRow:
        return commands.take_back(session, alarm_id, done)


ACTIONS: Final[Mapping[str, type[Said]]] = {
    kind.action.value: kind
    for kind in (
        *(Acknowledge, Claim, Release, Shelve, Unshelve, Close),
        *(Comment, Call, Dispatch, Incident, Undo),
    )
}


class Item(msgspec.Struct, forbid_unknown_fields=True):
    """One of many alarms, as it was seen."""

    id: int
    version: Version


def routes() -> list[Route]:
    """A route for each action, and the one for many alarms."""
    one = [
        Route(f"/api/v1/alarms/{{alarm_id}}/{name}", partial(post_action, kind=kind), methods=["POST"])
        for name, kind in ACTIONS.items()
    ]
    return [Route("/api/v1/alarms/act", post_many, methods=["POST"]), *one]


async def post_action(request: Request, *, kind: type[Said]) -> Response:
    """Do one thing to one alarm."""
    same_origin(request)
    number, body = _number(request), await _body(request)
    version = _converted(body.pop("version", None), Version)
    said = _converted(body, kind)
    ctx, who, now = context(request), principal(request), context(request).services.clock()
    longest = timedelta(hours=ctx.services.settings.shelve_max_h)

    def write() -> AlarmRecord:
        with ctx.services.database.writing() as session:
            said.do(session, number, _act(said, version, who, now, longest))
            return alarms.record(session, number)

    return answer_json(await ctx.run(write))


async def post_many(request: Request) -> Response:
    """Do the same to many alarms: those that can be done are, the others are told with their reason."""
    same_origin(request)
    body = await _body(request)
    kind = ACTIONS.get(str(body.pop("action", "")))
    if kind is None:
        raise InvalidInput(f"action is one of {', '.join(ACTIONS)}.")
    require(principal(request), kind.permission)
    items = _converted(body.pop("items", None), Annotated[list[Item], Meta(min_length=1, max_length=MOST)])
    said = _converted(body, kind)
    ctx, who, now = context(request), principal(request), context(request).services.clock()
    longest = timedelta(hours=ctx.services.settings.shelve_max_h)

    def write() -> dict[str, Any]:
        done, refused = [], []
        with ctx.services.database.writing() as session:
            for item in items:
                try:
                    said.do(session, item.id, _act(said, item.version, who, now, longest))
                    done.append(item.id)
                except DomainError as error:  # nothing of it has been written
                    refused.append({"id": item.id, "why": str(error), "source": error.source, "named": error.named})
            found = {record.id: record for record in alarms.records(session, AlarmRow.id.in_(done))} if done else {}
        return {"done": [found[number] for number in done], "refused": refused}

    return answer_json(await ctx.run(write))


def _act(said: Said, version: int, who: Principal, now: datetime, longest: timedelta) -> Act:
    return Act(
        action=said.action,
        version=version,
        actor=who.name,
        now=now,
        scope=who.scope,
        details=said.details(longest),
        note=said.note,
        said=said.told(),
    )


async def _body(request: Request) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"The body is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise InvalidInput('The body must be an object such as {"version": 1}.')
    return found


def _converted(value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"The body is not what it must be: {error}.") from None


def _number(request: Request) -> int:
    text: str = request.path_params["alarm_id"]
    if not text.isdecimal() or len(text) > 18:
        raise InvalidInput("An alarm is named by its number.")
    return int(text)
