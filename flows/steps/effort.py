"""How much is trained: epochs, batch and largest size, from the charter's minutes and the rows. No clock decides."""

from flows.charter import Charter
from flows.steps import budget
from flows.steps.rows import Rows
from relu_core.comparison import Effort, plan_effort


def effort_of(charter: Charter, rows: Rows) -> Effort:
    """The same effort for the same charter and rows, on a fast machine and a slow one."""
    learned = min(len(fold.training) for fold in rows.folds)
    return plan_effort(charter.minutes, rows=learned, protocol=charter.protocol(), cores=budget.WORKERS)
