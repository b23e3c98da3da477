"""Cases (案卷): what one is while it goes through the loop, and what can be done to it.

How an action changes it is in `incident_moves`; which steps there are in `workflows`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from data_access.domain.incidents import FINAL_STAGES, Stage
from data_access.domain.workflows import Urgency


class CaseAction(StrEnum):
    """What happens to a case: by people, by the clock, by the case it was merged into."""

    ADVANCE = "advance"  # the next step of its workflow is done
    ACCEPT = "accept"  # 接单
    RETURN = "return"  # 退回: the wrong unit
    ASK = "ask"  # 申请延期
    GRANT = "grant"  # 同意延期
    REFUSE = "refuse"  # 不同意延期
    SUSPEND = "suspend"  # 挂起
    RESUME = "resume"  # 恢复
    REWORK = "rework"  # 返工
    URGE = "urge"  # 督办
    ESCALATE = "escalate"  # 升级: a clock ran out, or a level gives up
    OVERDUE = "overdue"  # 超期: the clock notes it
    MERGE = "merge"  # 并案
    FOLLOW = "follow"  # closed with the case it was merged into
    VOID = "void"  # 作废
    RATE = "rate"  # 评价
    ARRIVE = "arrive"  # 到场: whoever accepted it stands before it
    ATTACH = "attach"  # 附件
    LINK = "link"  # 关联房屋、法人
    UNLINK = "unlink"  # 解除关联
    CALL = "call"  # 打报告人的电话
    COMMENT = "comment"


BY_MACHINES: Final = frozenset({CaseAction.OVERDUE, CaseAction.FOLLOW})
LINKING: Final = frozenset({CaseAction.LINK, CaseAction.UNLINK})
BY_OTHER_WAYS: Final = LINKING | {CaseAction.ATTACH, CaseAction.CALL}
"""People do them where the thing is, not from the list of what can be done to a case."""
ONLY_ADDS: Final = BY_OTHER_WAYS | {CaseAction.COMMENT}
"""They change what is known of a case, whosever turn it is and whatever has become of it, and nothing of its loop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case. `step` is the key of the last step that was done.

    The stamps (`registered_at` … `closed_at`, `returned_at`, `reworked_at`, `extended_at`) are the first time each
    was done and never change. Due dates move only while they lie ahead, and are away while the case is suspended:
    then `left` and `step_left` keep what remained. `level` and `post` say whose turn it is (the path of the area that
    answers), until `turn_until`. `clock_at` is when the clock must look next.
    """

    id: int
    workflow: str
    step: str
    stage: Stage
    urgency: Urgency = Urgency.NORMAL
    created_at: datetime
    due_at: datetime | None = None
    step_due_at: datetime | None = None
    register_due_at: datetime | None = None
    dispatch_due_at: datetime | None = None
    handle_due_at: datetime | None = None
    registered_at: datetime | None = None
    dispatched_at: datetime | None = None
    handled_at: datetime | None = None
    verified_at: datetime | None = None
    closed_at: datetime | None = None
    voided_at: datetime | None = None
    returned_at: datetime | None = None
    unit_id: int | None = None
    owner: str | None = None
    level: int | None = None
    post: str
    turn_until: datetime | None = None
    clock_at: datetime | None = None
    late: bool = False  # the clock has noted that the whole case is overdue
    suspended_at: datetime | None = None
    left: timedelta | None = None
    step_left: timedelta | None = None
    asked_until: datetime | None = None
    asked_by: str | None = None
    extensions: int = 0
    extended_at: datetime | None = None
    reworks: int = 0
    reworked_at: datetime | None = None
    urged: int = 0
    merged_into: int | None = None
    satisfaction: int | None = None
    version: int = 1

    @property
    def finished(self) -> bool:
        """Tell whether it is closed or void."""
        return self.stage in FINAL_STAGES

    @property
    def runs(self) -> bool:
        """Tell whether its clocks run."""
        return not self.finished and self.suspended_at is None and self.merged_into is None
