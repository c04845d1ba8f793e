"""Flow "Ingest data": a plant's file or folder becomes a version of a Parquet data set."""

from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from pydantic import BaseModel, ConfigDict, Field

from flows import tasks
from flows.charter import NAME_PATTERN
from flows.settings import settings


class IngestRequest(BaseModel):
    """What to ingest, and under which name."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="What to ingest")

    path: str = Field(
        title="File or folder", min_length=1, description="Inside the folder data/1_raw, for example press-line-7.csv."
    )
    name: str = Field(
        title="Name of the data set",
        pattern=NAME_PATTERN,
        max_length=60,
        description="Small letters, digits and hyphens. Known already? Then this becomes its newest version.",
    )
    sheet: str = Field(
        "", title="Sheet of a workbook", description="Empty: all sheets are compared and the data is found."
    )


@flow(
    name="Ingest data",
    description="Read CSV or Excel, check every row, keep the good ones as Parquet and the bad ones with their reason.",
    flow_run_name="{request.name}",
)
def ingest_data(request: IngestRequest) -> dict[str, Any]:
    """Ingest `request`; what comes back names the version and counts its rows."""
    source: dict[str, Any] = tasks.look_at_source.submit(path=request.path, root=str(settings().raw)).result()
    stored: dict[str, Any] = tasks.store_dataset.submit(source=source, name=request.name, sheet=request.sheet).result()
    create_markdown_artifact(key="ingest", markdown=_account(source, stored))
    return stored


def _account(source: dict[str, Any], stored: dict[str, Any]) -> str:
    news = "New version stored." if stored["created"] else "Nothing new: this content is in the lake already."
    return (
        f"### {news}\n\n| | |\n|---|---|\n| data set | `{stored['name']}` version `{stored['version']}` |\n"
        f"| rows stored | {stored['rows']:,} |\n| rows in quarantine | {stored['quarantined']:,} |\n"
        f"| files read | {source['files']} ({source['size']:,} bytes) |\n| sha256 | `{source['sha256']}` |\n"
    )
