"""`/api/v1/incidents`: the board, the list by clock, one case, and what people do to it.

Every change carries the version that was seen; 409 with a sentence says who did what meanwhile. The answer is the case
as it then stands.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any, ClassVar, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data_access.api.answers import answer_json
from data_access.api.context import context, principal, same_origin
from data_access.api.parameters import a_day, a_number, a_word, an_integer
from data_access.auth.principal import may, require
from data_access.commands import incident_acts as commands
from data_access.domain.accounts import Action
from data_access.domain.case_indicators import NAMES
from data_access.domain.case_links import Linked, LinkKind
from data_access.domain.cases import BY_MACHINES, CaseAction
from data_access.domain.catalogue import Category
from data_access.domain.errors import InvalidInput
from data_access.domain.incident_moves import Details
from data_access.domain.incidents import Stage
from data_access.queries import areas, case_links, incidents
from data_access.viewmodels.incidents import IncidentBoard, IncidentDetail, IncidentFilter, IncidentPage
from data_access.viewmodels.indicators import By

Text = Annotated[str, Meta(max_length=2000)]
Reason = Annotated[str, Meta(min_length=1, max_length=2000)]
Number = Annotated[int, Meta(ge=1)]
_LARGEST: Final = 10**15
_LONGEST_TEXT: Final = 60


class CaseSaid(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What every action on a case says: the version that was seen, and a note that its history keeps."""

    action: ClassVar[CaseAction]
    version: Number
    note: Text | None = None

    def details(self) -> Details:
        """What the rules are to know: every further field, under its own name."""
        own = {name: getattr(self, name) for name in self.__struct_fields__ if name not in {"version", "note"}}
        return Details(**own)


class AdvanceCase(CaseSaid):
    """The next step of its workflow is done: `step` is its key; one that dispatches names the unit."""

    action = CaseAction.ADVANCE
    step: Annotated[str, Meta(min_length=1, max_length=20)]
    unit_id: Number | None = None


class AcceptCase(CaseSaid):
    """Take a dispatched case on (接单)."""

    action = CaseAction.ACCEPT


class _WithReason(CaseSaid):
    reason: Reason


class ReturnCase(_WithReason):
    """It came to the wrong unit (退回)."""

    action = CaseAction.RETURN


class AskExtension(_WithReason):
    """Ask for more time (申请延期)."""

    action = CaseAction.ASK
    until: datetime

    def details(self) -> Details:
        if self.until.tzinfo is None:
            raise InvalidInput("until is a moment such as 2026-06-01T12:00:00+08:00.")
        return Details(reason=self.reason, until=self.until)


class GrantExtension(CaseSaid):
    """Grant what somebody else has asked for (同意延期)."""

    action = CaseAction.GRANT


class RefuseExtension(_WithReason):
    """Refuse it (不同意延期)."""

    action = CaseAction.REFUSE


class SuspendCase(_WithReason):
    """Stop its clocks (挂起)."""

    action = CaseAction.SUSPEND


class ResumeCase(CaseSaid):
    """Let them run again with what was left (恢复)."""

    action = CaseAction.RESUME


class ReworkCase(_WithReason):
    """It is to be handled again (返工)."""

    action = CaseAction.REWORK


class UrgeCase(CaseSaid):
    """A leader wants it done (督办)."""

    action = CaseAction.URGE


class EscalateCase(_WithReason):
    """This level gives up; the next one takes over (升级)."""

    action = CaseAction.ESCALATE


class MergeCase(CaseSaid):
    """The same as another one: it closes with that (并案)."""

    action = CaseAction.MERGE
    into: Number


class VoidCase(_WithReason):
    """It is none (作废)."""

    action = CaseAction.VOID


class RateCase(CaseSaid):
    """How satisfied the citizen is, 1 to 5 (评价)."""

    action = CaseAction.RATE
    rating: Annotated[int, Meta(ge=1, le=5)]


class ArriveCase(CaseSaid):
    """Whoever accepted it stands before it (到场)."""

    action = CaseAction.ARRIVE
    lng: Annotated[float, Meta(ge=-180, le=180)] | None = None
    lat: Annotated[float, Meta(ge=-90, le=90)] | None = None
    accuracy_m: Annotated[float, Meta(ge=0, le=100_000)] | None = None

    def details(self) -> Details:
        if (self.lng is None) is not (self.lat is None):
            raise InvalidInput("lng and lat go together.")
        return Details(lng=self.lng, lat=self.lat, accuracy_m=self.accuracy_m)


class CallCase(CaseSaid):
    """Whoever handles it has rung whoever reported it (打报告人); `note` is what was said."""

    action = CaseAction.CALL


class CommentCase(CaseSaid):
    """Say something."""

    action = CaseAction.COMMENT
    note: Reason


class _Linking(CaseSaid):
    kind: LinkKind
    id: Number

    def details(self) -> Details:
        return Details(linked=Linked(self.kind, self.id))


class LinkCase(_Linking):
    """It is about this home or legal entity (关联)."""

    action = CaseAction.LINK


class UnlinkCase(_Linking):
    """It is not (解除关联)."""

    action = CaseAction.UNLINK


ACTIONS: Final = {
    kind.action.value: kind
    for kind in (
        *(AdvanceCase, AcceptCase, ArriveCase, ReturnCase, AskExtension, GrantExtension, RefuseExtension, SuspendCase),
        *(ResumeCase, ReworkCase, UrgeCase, EscalateCase, MergeCase, VoidCase, RateCase, CommentCase),
        *(LinkCase, UnlinkCase, CallCase),
    )
}
assert ACTIONS.keys() == set(CaseAction) - BY_MACHINES - {CaseAction.ATTACH}  # noqa: S101  # each thing people do has its route


def routes() -> list[Route]:
    """The reads, and a route for each action."""
    return [
        Route("/api/v1/incidents", get_incidents),
        Route("/api/v1/incidents/board", get_board),
        *(
            Route(f"/api/v1/incidents/{{incident_id}}/{name}", partial(post_action, kind=kind), methods=["POST"])
            for name, kind in ACTIONS.items()
        ),
        Route("/api/v1/incidents/{incident_id}/linkable", get_linkable),
        Route("/api/v1/incidents/{incident_id}", get_incident),
    ]


async def get_incidents(request: Request) -> Response:
    """A page of incidents: open ones by their clock, finished ones newest first."""
    ctx, who, asked = context(request), principal(request), request.query_params
    state, stage, owner = asked.get("state", "open"), asked.get("stage"), asked.get("owner")
    if state not in incidents.STATES:
        raise InvalidInput(f"state is one of {', '.join(incidents.STATES)}.")
    counted, less = asked.get("count"), asked.get("less")
    if not {counted, less} <= {*NAMES, None}:
        raise InvalidInput(f"count and less are of {', '.join(NAMES)}.")
    if stage is not None and stage not in set(Stage):
        raise InvalidInput(f"stage is one of {', '.join(Stage)}.")
    wanted = IncidentFilter(
        state=state,
        stage=stage,
        urgency=an_integer(asked, "urgency", 0, 2),
        category=a_word(asked, "category", Category),
        level=an_integer(asked, "level", 0, 3),
        type_id=an_integer(asked, "type", 0, _LARGEST),
        channel_id=an_integer(asked, "channel", 0, _LARGEST),
        unit_id=an_integer(asked, "unit", 0, _LARGEST),
        owner=who.name if owner == "me" else owner,
        dwelling_id=an_integer(asked, "dwelling", 1, _LARGEST),
        entity_id=an_integer(asked, "entity", 1, _LARGEST),
        text=(asked.get("q") or "").strip()[:_LONGEST_TEXT] or None,
        first=a_day(asked, "from") if "from" in asked else None,
        end=a_day(asked, "to") if "to" in asked else None,
        counted=counted,
        less=less,
        without=a_word(asked, "without", By),
    )
    limit = an_integer(asked, "limit", 1, incidents.MAX_PAGE) or 50
    now = ctx.services.clock()

    def read(session: Any) -> IncidentPage:
        area = areas.find(session, asked.get("area") or None, who.scope)
        path = area.path if area else who.scope
        return incidents.page(session, path, wanted, cursor=asked.get("cursor"), limit=limit, now=now)

    return answer_json(await ctx.read(read))


async def get_board(request: Request) -> Response:
    """The open incidents by stage."""
    ctx, scope, asked = context(request), principal(request).scope, request.query_params
    limit = an_integer(asked, "limit", 1, 50) or 20
    now = ctx.services.clock()

    def read(session: Any) -> IncidentBoard:
        area = areas.find(session, asked.get("area") or None, scope)
        return incidents.board(session, area.path if area else scope, limit=limit, now=now)

    return answer_json(await ctx.read(read))


async def get_incident(request: Request) -> Response:
    """One incident with its history."""
    ctx, who, number = context(request), principal(request), _number(request)
    now, rooms = ctx.services.clock(), may(who, Action.DO_TASKS)
    return answer_json(await ctx.read(lambda session: incidents.one(session, number, who.scope, now=now, rooms=rooms)))


async def get_linkable(request: Request) -> Response:
    """Homes (`kind=dwelling`) or legal entities (`entity`) that the case could be linked to, by `q`."""
    ctx, who, number, asked = context(request), principal(request), _number(request), request.query_params
    require(who, Action.DO_TASKS)
    kind, text = a_word(asked, "kind", LinkKind) or LinkKind.DWELLING, (asked.get("q") or "").strip()[:_LONGEST_TEXT]
    found = await ctx.read(lambda db: case_links.offered(db, number, LinkKind(kind), text, who.scope, rooms=True))
    return answer_json({"linkable": found})


async def post_action(request: Request, *, kind: type[CaseSaid]) -> Response:
    """Do one thing to one case."""
    same_origin(request)
    ctx, who, number = context(request), principal(request), _number(request)
    try:
        said = msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"The body is not what it must be: {error}.") from None
    now = ctx.services.clock()
    done = commands.Act(
        action=said.action,
        version=said.version,
        actor=who.name,
        role=who.role,
        now=now,
        scope=who.scope,
        details=said.details(),
        note=said.note,
    )

    def write() -> IncidentDetail:
        with ctx.services.database.writing() as session:
            commands.act(session, number, done)
            return incidents.one(session, number, who.scope, now=now, rooms=may(who, Action.DO_TASKS))

    return answer_json(await ctx.run(write))


def _number(request: Request) -> int:
    return a_number(request.path_params["incident_id"])
