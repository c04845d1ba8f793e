"""The house stands as drawn: walls between the rings, maps that match the folders, small files, short functions."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import flows
import relu_core

ROOT = Path(__file__).parent.parent
SOURCES = sorted(p for folder in ("relu_core", "flows") for p in (ROOT / folder).rglob("*.py"))
FORBIDDEN_NAMES = ("utils", "helpers", "common", "manager")
PREFECT_FILES = {
    "tasks.py", "task_times.py", "progress.py", "new_rows.py", "approval.py", "ingest.py", "evaluate.py",
    "inspect_file.py", "theory_benchmark.py", "runners.py", "dask_cluster.py",
}  # fmt: skip


def imported_modules(path: Path) -> set[str]:
    """Top-level names a file imports, lazily or not."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def map_names(docstring: str) -> list[str]:
    """First words of the indented lines of a package's map."""
    return re.findall(r"^    (\w+)  ", docstring, flags=re.MULTILINE)


def test_the_walls_stand() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-3000:]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_small_and_its_functions_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400, f"{path.name} has more than 400 lines; split it by idea"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= 60, f"{path.name}:{node.lineno} {node.name} has {length} lines; split it"


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert not [p for p in SOURCES if any(word in p.stem.split("_") for word in FORBIDDEN_NAMES)]


def test_prefect_is_known_to_ring_three_only() -> None:
    allowed = {ROOT / "flows" / name for name in PREFECT_FILES} | set((ROOT / "flows" / "operations").glob("*.py"))
    assert not [p for p in SOURCES if "prefect" in imported_modules(p) and p not in allowed]


def test_mlflow_is_known_to_tracking_only() -> None:
    allowed = [ROOT / "flows" / "tracking", ROOT / "flows" / "operations"]
    wrong = [p for p in SOURCES if "mlflow" in imported_modules(p) and not any(a in p.parents for a in allowed)]
    assert not wrong
    assert "mlflow" not in imported_modules(ROOT / "flows" / "tracking" / "items.py")


def test_matplotlib_is_known_to_plots_only() -> None:
    room = ROOT / "relu_core" / "plots"
    assert not [p for p in SOURCES if "matplotlib" in imported_modules(p) and room not in p.parents]


def test_only_settings_reads_the_environment() -> None:
    readers = [p for p in SOURCES if re.search(r"os\.(environ|getenv)", p.read_text(encoding="utf-8"))]
    assert [p.name for p in readers] == ["settings.py"]


def test_no_pickle_on_any_path() -> None:
    assert not [p for p in SOURCES if imported_modules(p) & {"pickle", "cloudpickle", "joblib", "dill", "shelve"}]


def test_the_map_of_flows_names_every_stage() -> None:
    folder = ROOT / "flows"
    there = {
        p.stem if p.is_file() else p.name for p in folder.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()
    }
    assert set(map_names(flows.__doc__ or "")) == there - {"__init__"}


def test_the_map_of_relu_core_names_every_room() -> None:
    there = {p.name for p in (ROOT / "relu_core").iterdir() if (p / "__init__.py").exists()} | {"network"}
    assert set(map_names(relu_core.__doc__ or "")) == there


def test_the_face_gives_every_name_it_promises() -> None:
    assert all(hasattr(relu_core, name) for name in relu_core.__all__)
    undocumented = [name for name in relu_core.__all__ if not (getattr(relu_core, name).__doc__ or "").strip()]
    assert not undocumented


def test_pins_stand_in_one_place() -> None:
    pinned = re.compile(r"\b[\w-]+==\d")
    files = [ROOT / "pyproject.toml", ROOT / "Makefile", ROOT / ".ci" / "run"]
    assert not [p.name for p in files if pinned.search(p.read_text(encoding="utf-8"))]
