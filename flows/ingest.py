"""Flow "Ingest data": a plant's file or folder becomes a version of a Parquet data set."""

from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from pydantic import BaseModel, ConfigDict, Field

from flows import new_rows, tasks
from flows.charter import NAME_PATTERN, READ_BESIDE, Charter
from flows.lake.dataset import list_names
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
        "",
        title="Sheet of a workbook",
        description="Or table of a database. Empty: all sheets are compared and the data is found.",
    )
    watermark: str = Field(
        "",
        title="Column of a database that grows",
        description="A time or a running number: next time only rows above its highest value are read and added. "
        "Empty: everything is read every time.",
    )
    secret: str = Field(
        "",
        title="Secret with the database's password",
        description="Name of a Prefect block of type Secret. Empty: the password is found in the worker's environment.",
    )
    label_file: str = Field(
        "", title="File of labelled periods",
        description="A table with a start, an end and perhaps a label a row; the data set gets a column 'label'. "
        "Empty: not used.",
    )  # fmt: skip
    life_file: str = Field(
        "", title="File of remaining lives",
        description="A table with one number a unit, in the units' order: what was left after the unit's last row. "
        "Empty: every unit ran until it failed.",
    )  # fmt: skip
    stopped_file: str = Field(
        "", title="File with the stopped units",
        description="Which file of the folder holds the units that those lives are about. Empty: there is only one.",
    )  # fmt: skip
    picture_side: int = Field(
        0, title="Small pictures, pixels a side", ge=0, le=64,
        description="Pictures: the grey values of a small copy become columns beside the texture. 0: texture alone.",
    )  # fmt: skip


@flow(
    name="Ingest data",
    description="Read files or a database, check every row; the good ones become Parquet, the bad keep their reason.",
    flow_run_name="{request.name}",
)
def ingest_data(request: IngestRequest) -> dict[str, Any]:
    """Ingest `request`; what comes back names the version and counts its rows.

    From then on the forms offer the data set; new content starts the evaluations whose charter waits for it.
    """
    source: dict[str, Any] = tasks.look_at_source.submit(path=request.path, root=str(settings().raw)).result()
    wanted = request.model_dump(exclude={"path"})
    stored: dict[str, Any] = tasks.store_dataset.submit(source=source, wanted=wanted).result()
    news = _news(stored)
    create_markdown_artifact(key="ingest", markdown=f"### {news}\n\n{_account(source, stored)}", description=news)
    new_rows.offer(list_names(settings().lake))
    if stored["created"]:
        new_rows.announce(stored["name"], stored["version"], stored["rows"])
    return stored


def request_of(charter: Charter) -> IngestRequest:
    """What the charter wants ingested before it is evaluated."""
    return IngestRequest(path=charter.data_file, name=charter.dataset, **charter.model_dump(include=set(READ_BESIDE)))


def _news(stored: dict[str, Any]) -> str:
    if stored["added"] >= 0:
        return f"{stored['added']:,} new rows added." if stored["created"] else "Nothing new since the last time."
    return "New version stored." if stored["created"] else "Nothing new: this content is in the lake already."


def _account(source: dict[str, Any], stored: dict[str, Any]) -> str:
    return (
        f"| | |\n|---|---|\n| data set | `{stored['name']}` version `{stored['version']}` |\n"
        f"| rows stored | {stored['rows']:,} |\n| rows in quarantine | {stored['quarantined']:,} |\n"
        f"| files read | {source['files']} ({source['size']:,} bytes) |\n| sha256 | `{source['sha256']}` |\n"
        f"| data-quality page | `{settings().reports / (stored['name'] + '-data-quality.html')}` |\n"
    )
