"""Whether so many rows fit into the memory of this machine: better told before the work than by the system's killer."""

from pathlib import Path

import psutil

from flows.errors import DatasetError
from flows.lake.manifest import Manifest

# Bytes of a cell, and how many copies of all cells an evaluation holds at its peak (measured: 7, with 4 million rows).
_CELL, _TEXT_CELL = 8, 60
_COPIES = 8
_GROUPS_OF_CONTROL = Path("/sys/fs/cgroup")


def refuse_too_many(manifest: Manifest, rows: int, free: int | None = None) -> None:
    """Raise DatasetError where an evaluation of `rows` rows needs more than `free` bytes, by default what is free."""
    free = free_memory() if free is None else free
    a_row = _COPIES * sum(_TEXT_CELL if column.kind == "text" else _CELL for column in manifest.columns)
    if rows * a_row <= free:
        return
    most = _rounded_down(max(1, free // a_row))
    raise DatasetError(
        f'{rows:,} rows of the data set "{manifest.name}" need about {rows * a_row / 2**30:.1f} GiB of memory where '
        f"{free / 2**30:.1f} GiB are free; set newest_rows in the charter to {most:,} or less, or use a larger machine"
    )


def free_memory() -> int:
    """Bytes that a process of this service may still take: of the machine, and of the service where it has a limit."""
    return int(min([psutil.virtual_memory().available, *_limits(_GROUPS_OF_CONTROL, Path("/proc/self/cgroup"))]))


def _limits(groups: Path, own: Path) -> list[float]:
    """What is left of the limits on this process and on all it belongs to (Linux control groups, version 2)."""
    lines = own.read_text(encoding="utf-8").splitlines() if own.is_file() else []
    within = [groups / line.removeprefix("0::/") for line in lines if line.startswith("0::/")]
    folders = [one for place in within for one in (place, *place.parents) if one.is_relative_to(groups)]
    return [left for folder in folders if (left := _left(folder)) is not None]


def _left(folder: Path) -> float | None:
    try:
        limit, used = ((folder / name).read_text(encoding="ascii").strip() for name in ("memory.max", "memory.current"))
    except OSError:
        return None
    return None if limit == "max" else float(limit) - float(used)


def _rounded_down(number: int) -> int:
    """Two digits are enough for a person to type."""
    scale = int(10 ** max(0, len(str(number)) - 2))
    return number // scale * scale
