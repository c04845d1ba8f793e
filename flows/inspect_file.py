"""Flow "Inspect a file": what a plant's file holds, before anything is stored, and a charter to start from."""

from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from pydantic import BaseModel, ConfigDict, Field

from flows import tasks
from flows.settings import settings
from flows.steps.inspect import FileAccount, content
from relu_core.comparison.json_codec import from_plain


class InspectRequest(BaseModel):
    """What to look at."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="What to look at")

    path: str = Field(
        title="File or folder", min_length=1, description="Inside the folder data/1_raw, for example press-line-7.csv."
    )


@flow(
    name="Inspect a file",
    description="What a CSV or Excel file holds, which rows are bad, and a charter to start from. Nothing is stored.",
    flow_run_name="{request.path}",
)
def inspect_a_file(request: InspectRequest) -> dict[str, Any]:
    """Look at `request`; its columns and the draft of a charter are artifacts of the run."""
    plain = tasks.look_at_file.submit(path=request.path, root=str(settings().raw)).result()
    account = from_plain(FileAccount, plain)
    create_table_artifact(key="columns", table=_columns(account), description=_rows(account))
    create_markdown_artifact(key="charter", markdown=f"### A charter to start from\n\n```yaml\n{account.charter}```\n")
    return {"rows": account.rows_good, "quarantined": account.rows_bad, "charter": account.charter}


def _columns(account: FileAccount) -> list[dict[str, Any]]:
    return [
        {
            "column": column.name,
            "unit": column.unit,
            "kind": column.kind,
            "missing": column.missing,
            "different": column.distinct,
            "holds": content(column),
        }
        for column in account.columns
    ]


def _rows(account: FileAccount) -> str:
    lines = [f"**{account.rows_read:,} rows read, {account.rows_good:,} good, {account.rows_bad:,} bad**"]
    return "\n\n".join([*lines, *account.reasons, *account.notes, *account.findings])
