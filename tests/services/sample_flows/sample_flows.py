"""Flows of the service tests, importable by the worker that the tests start."""

import os
import time
from pathlib import Path

from prefect import flow, task
from pydantic import BaseModel, Field

from flows.errors import SourceError


class Question(BaseModel):
    """What is asked."""

    name: str = Field(title="Name of the line", description="Small letters.", pattern="^[a-z]+$")
    minutes: float = Field(5.0, title="Time budget", ge=0, description="Minutes.")


@task(name="Look at the file")
def look(name: str) -> str:
    """Refuse the name 'broken'."""
    if name == "broken":
        raise SourceError("the file broken.csv is empty; export it again")
    return name


@flow(name="Sample question", description="Answers a sample question.")
def answer(question: Question) -> dict[str, str]:
    """The name, looked at."""
    return {"verdict": look(question.name)}


@flow(name="Sample sleeper")
def sleep(note: str, seconds: float) -> None:
    """Write the process id to `note`, then sleep."""
    Path(note).write_text(str(os.getpid()))
    time.sleep(seconds)
