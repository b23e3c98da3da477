"""Orders (三单): cases that organisations take by themselves."""

from __future__ import annotations

from data_access.domain.cases import Case
from data_access.domain.workflows import Workflow


def is_offered(case: Case, workflow: Workflow) -> bool:
    """Whether an organisation may take `case` now: nobody has it, and taking it is what comes next."""
    step = workflow.offers
    return step is not None and case.unit_id is None and case.runs and workflow.following(case.step) == step
