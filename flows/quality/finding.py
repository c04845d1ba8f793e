"""A finding: what a check saw, the evidence, and what is done about it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["info", "warning", "leak", "stop"]
_ORDER = {"stop": 0, "leak": 1, "warning": 2, "info": 3}


@dataclass(frozen=True)
class Finding:
    """One thing that a person should know before any model is trained.

    code: a fixed short word. severity: "info" and "warning" change nothing; "leak" keeps the column out unless the
    charter insists; "stop" ends the run. column: "" where the finding is about the whole table. evidence: one plain
    sentence with its numbers. action: one plain sentence, what is done or should be. wording, remedy: keys of both in
    any language, with the names and numbers of `facts`.
    """

    code: str
    severity: Severity
    column: str
    evidence: str
    action: str
    wording: str = ""
    remedy: str = ""
    facts: dict[str, float | str] = field(default_factory=dict)


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    """The gravest first, else in the order given."""
    return sorted(findings, key=lambda finding: _ORDER[finding.severity])


def suspected_columns(findings: Iterable[Finding], insisted: Iterable[str] = ()) -> list[str]:
    """Columns that a leak keeps out, without those the charter insists on; each once, in the order found."""
    wanted = set(insisted)
    names = (finding.column for finding in findings if finding.severity == "leak" and finding.column)
    return [name for name in dict.fromkeys(names) if name not in wanted]
