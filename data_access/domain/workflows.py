"""Workflows (流程) as data: the steps a case takes, who may do each, and within which time.

A case stands at the last step that was done; what comes next is the step after it. Each step belongs to one of the
stages, so that one board and one set of indicators hold for every workflow. A workflow says nothing of the moves
aside (退回, 延期, 挂起, 返工 …): those are the same for all, in `incident_moves`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Any, Final

from data_access.domain.accounts import Role
from data_access.domain.errors import InvalidInput
from data_access.domain.incidents import STAGES_IN_ORDER, Stage
from data_access.domain.worktime import LONGEST


class Urgency(IntEnum):
    """紧急程度. What is urgent runs on calendar time: nobody waits for Monday."""

    NORMAL = 0  # 一般
    URGENT = 1  # 紧急
    VERY_URGENT = 2  # 特急


Limits = tuple[timedelta, timedelta, timedelta]
"""By urgency."""
DESK: Final = frozenset({Role.OFFICER, Role.ADMINISTRATOR})
FIELD: Final = DESK | {Role.GRID_WORKER}
OUTSIDE: Final = FIELD | {Role.ORGANISATION}
"""Steps that social organisations and volunteers do too: they take what nobody has, and do what they took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: `name` is what the screens call it, `by` whose it is, `limits` how long after the step before."""

    key: str
    name: str
    stage: Stage
    by: frozenset[Role] = DESK
    limits: Limits
    assigns: bool = False  # names the unit that is to handle it


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """Steps from the report to the close. `working`: the limits of what is not urgent run in working hours.

    `version` 0 is what ships. A later one takes its place for cases that come in from then on; the others keep theirs.
    """

    code: str
    name: str
    steps: tuple[Step, ...]
    limits: Limits  # of the whole case
    working: bool = True
    version: int = 0

    def __post_init__(self) -> None:
        places = [STAGES_IN_ORDER.index(step.stage) for step in self.steps if step.stage is not Stage.VOID]
        closing = [step for step in self.steps if step.stage is Stage.CLOSED]
        if (
            len(places) != len(self.steps)
            or places != sorted(places)
            or len({s.key for s in self.steps}) != len(places)
        ):
            raise InvalidInput("流程的步骤要按阶段先后排列，名称不重复。")
        if not places or self.steps[0].stage is not Stage.REPORT or closing != [self.steps[-1]]:
            raise InvalidInput("流程从采集开始，到结案为止。")
        if not any(step.stage is Stage.HANDLE for step in self.steps):
            raise InvalidInput("流程要有处置这一步。")

    @property
    def ref(self) -> str:
        """What a case keeps of it: the code, and the version where it is not what ships."""
        return f"{self.code}@{self.version}" if self.version else self.code

    @property
    def first(self) -> Step:
        """What has been done of a case that has just come in."""
        return self.steps[0]

    def step(self, key: str) -> Step:
        """The step with this key. Raises `InvalidInput`."""
        for step in self.steps:
            if step.key == key:
                return step
        raise InvalidInput("流程里没有这一步。")

    def following(self, key: str) -> Step | None:
        """What comes after the step `key`; None after the last."""
        place = self.steps.index(self.step(key)) + 1
        return self.steps[place] if place < len(self.steps) else None

    @property
    def offers(self) -> Step | None:
        """The step by which an organisation takes a case that nobody has; None where none may."""
        return next((step for step in self.steps if step.assigns and Role.ORGANISATION in step.by), None)

    def preceding(self, key: str) -> Step:
        """The step before the step `key`; the first has none and stands for itself."""
        return self.steps[max(0, self.steps.index(self.step(key)) - 1)]

    def before(self, stage: Stage) -> Step:
        """The last step before `stage` begins: where a case stands that is to enter it anew."""
        limit = STAGES_IN_ORDER.index(stage)
        earlier = [step for step in self.steps if STAGES_IN_ORDER.index(step.stage) < limit]
        return earlier[-1] if earlier else self.first

    def on_working_time(self, urgency: Urgency) -> bool:
        """Tell whether the clocks of a case so urgent run in working hours alone."""
        return self.working and urgency is Urgency.NORMAL


def _h(normal: float, urgent: float, very_urgent: float) -> Limits:
    return of_hours(normal), of_hours(urgent), of_hours(very_urgent)


def of_hours(hours: float) -> timedelta:
    """A limit, in whole seconds: what is kept of a moment must be what the rules said."""
    return timedelta(seconds=round(hours * 3600))


SEVEN: Final = Workflow(
    code="seven",
    name="七步闭环",
    limits=_h(35, 48, 12),
    steps=(
        Step(key="report", name="采集", stage=Stage.REPORT, by=FIELD, limits=_h(0, 0, 0)),
        Step(key="register", name="立案", stage=Stage.REGISTER, limits=_h(1, 0.5, 0.25)),
        Step(key="dispatch", name="派遣", stage=Stage.DISPATCH, limits=_h(2, 0.5, 0.25), assigns=True),
        Step(key="handle", name="处置", stage=Stage.HANDLE, by=FIELD, limits=_h(21, 24, 6)),
        Step(key="feedback", name="反馈", stage=Stage.FEEDBACK, by=FIELD, limits=_h(3, 4, 1)),
        Step(key="verify", name="核查", stage=Stage.VERIFY, limits=_h(4, 8, 2)),
        Step(key="close", name="结案", stage=Stage.CLOSED, limits=_h(4, 8, 2)),
    ),
)
FIVE: Final = Workflow(
    code="five",
    name="发现—受理—化解—确认—反馈",
    limits=_h(28, 36, 12),
    steps=(
        Step(key="find", name="发现", stage=Stage.REPORT, by=FIELD, limits=_h(0, 0, 0)),
        Step(key="accept", name="受理", stage=Stage.DISPATCH, by=FIELD, limits=_h(2, 0.5, 0.25)),
        Step(key="resolve", name="化解", stage=Stage.HANDLE, by=FIELD, limits=_h(18, 24, 6)),
        Step(key="confirm", name="确认", stage=Stage.VERIFY, limits=_h(4, 6, 2)),
        Step(key="tell", name="反馈", stage=Stage.CLOSED, by=FIELD, limits=_h(4, 4, 2)),
    ),
)
SOCIAL_WORK: Final = Workflow(
    code="social_work",
    name="社工服务链",
    limits=_h(105, 168, 48),
    steps=(
        Step(key="collect", name="需求收集", stage=Stage.REPORT, by=FIELD, limits=_h(0, 0, 0)),
        Step(key="assess", name="分析评估", stage=Stage.REGISTER, by=FIELD, limits=_h(14, 24, 4)),
        Step(key="pool", name="任务入库", stage=Stage.REGISTER, limits=_h(7, 8, 2)),
        Step(key="take", name="派单接单", stage=Stage.DISPATCH, by=OUTSIDE, limits=_h(14, 12, 2), assigns=True),
        Step(key="engage", name="跟进对接", stage=Stage.DISPATCH, by=OUTSIDE, limits=_h(14, 24, 8)),
        Step(key="resources", name="资源协调", stage=Stage.HANDLE, by=OUTSIDE, limits=_h(21, 48, 12)),
        Step(key="report_back", name="结案反馈", stage=Stage.FEEDBACK, by=OUTSIDE, limits=_h(14, 24, 8)),
        Step(key="revisit", name="线下回访", stage=Stage.CLOSED, limits=_h(21, 28, 12)),
    ),
)
THREE_LISTS: Final = Workflow(
    code="three_lists",
    name="三单服务",
    limits=_h(70, 96, 36),
    steps=(
        Step(key="order", name="居民点单", stage=Stage.REPORT, by=FIELD, limits=_h(0, 0, 0)),
        Step(key="place", name="社区派单", stage=Stage.REGISTER, by=FIELD, limits=_h(7, 4, 2)),
        Step(key="take", name="组织接单", stage=Stage.DISPATCH, by=OUTSIDE, limits=_h(14, 12, 4), assigns=True),
        Step(key="serve", name="上门服务", stage=Stage.HANDLE, by=OUTSIDE, limits=_h(35, 60, 24)),
        Step(key="judge", name="居民评单", stage=Stage.CLOSED, by=FIELD, limits=_h(14, 20, 6)),
    ),
)
TEMPLATES: Final[Mapping[str, Workflow]] = {w.code: w for w in (SEVEN, FIVE, SOCIAL_WORK, THREE_LISTS)}
"""What ships. The limits are examples (示例); two hours to dispatch, half of one if urgent, are Shenzhen's."""


MOST_STEPS: Final = 12
BETWEEN: Final = STAGES_IN_ORDER[1:-1]
"""Stages that the steps between the first and the last may belong to."""


def check_steps(workflow: Workflow, before: Workflow) -> None:
    """Raise `InvalidInput` unless `workflow` may take the place of `before`.

    Beside what holds for every workflow: where a unit was named one still is, in the stage that has it, and everybody
    finds his tasks.
    """
    if len(workflow.steps) > MOST_STEPS:
        raise InvalidInput("流程最多 {n} 步。", n=str(MOST_STEPS))
    if len({step.name.strip() for step in workflow.steps}) != len(workflow.steps):
        raise InvalidInput("两个步骤不能同名。")
    if not any(step.stage is Stage.DISPATCH for step in workflow.steps):
        raise InvalidInput("流程要有派遣这一步。")
    assigning = [step.stage for step in workflow.steps if step.assigns]
    if assigning != [Stage.DISPATCH] * any(step.assigns for step in before.steps):
        raise InvalidInput("指定处置单位的那一步要留下，在派遣阶段。")
    if workflow.first.key != before.first.key or workflow.steps[-1].key != before.steps[-1].key:
        raise InvalidInput("流程从采集开始，到结案为止。")


def check_limits(workflow: Workflow) -> None:
    """Raise `InvalidInput` unless every limit is one, and the steps together fit into the whole."""
    for urgency in Urgency:
        whole, steps = workflow.limits[urgency], [step.limits[urgency] for step in workflow.steps[1:]]
        if not all(timedelta(0) < limit <= LONGEST for limit in (whole, *steps)):
            raise InvalidInput("时限要大于零，最长一年。")
        if sum(steps, timedelta(0)) > whole + timedelta(seconds=len(steps)):  # shares are rounded
            raise InvalidInput("各步时限加起来超过了全案时限。")
    if any(not step.by for step in workflow.steps):
        raise InvalidInput("每一步都要有人能办。")


def to_json(workflow: Workflow) -> dict[str, Any]:
    """What a version of a workflow is kept as; `from_json` reads it back."""
    return {
        "name": workflow.name,
        "working": workflow.working,
        "hours": _hours(workflow.limits),
        "steps": [
            {
                "key": step.key,
                "name": step.name,
                "stage": step.stage.value,
                "by": sorted(step.by),
                "hours": _hours(step.limits),
                "assigns": step.assigns,
            }
            for step in workflow.steps
        ],
    }


def from_json(code: str, version: int, kept: Mapping[str, Any]) -> Workflow:
    """The version of a workflow that was kept."""
    steps = tuple(
        Step(
            key=step["key"],
            name=step["name"],
            stage=Stage(step["stage"]),
            by=frozenset(Role(role) for role in step["by"]),
            limits=_h(*step["hours"]),
            assigns=step["assigns"],
        )
        for step in kept["steps"]
    )
    return Workflow(
        code=code, version=version, name=kept["name"], working=kept["working"], limits=_h(*kept["hours"]), steps=steps
    )


def _hours(limits: Limits) -> list[float]:
    return [limit / timedelta(hours=1) for limit in limits]


def find(code: str) -> Workflow:
    """The workflow with this code as it ships. Raises `InvalidInput`."""
    try:
        return TEMPLATES[code]
    except KeyError:
        raise InvalidInput("没有这个流程。") from None
