"""What the README shows is true: its programs run and print what stands below them, its charter is a charter."""

import contextlib
import io
import re
from pathlib import Path

import pytest
import yaml

from flows.charter import make_charter

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize(("program", "printed"), PROGRAMS)
def test_a_program_prints_what_stands_below_it(program: str, printed: str) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(program, "README.md", "exec"), {})
    assert out.getvalue() == printed


def test_there_are_programs() -> None:
    assert PROGRAMS


def test_the_charter_is_a_charter_without_problems() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)
    charter = make_charter(yaml.safe_load(text))
    assert charter.problems() == []


def test_every_command_in_the_table_exists() -> None:
    cli = (ROOT / "flows" / "cli.py").read_text(encoding="utf-8")
    for name in re.findall(r"`depthcase (\w+)", README):
        assert re.search(rf'["\']{name}["\']', cli), name


def test_every_picture_and_page_that_is_linked_is_there() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link
