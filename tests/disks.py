"""Small disks for tests: one that can be filled, one that can be made read-only. A mount where root allows it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

NO_SPACE, READ_ONLY = "No space left on device", "Read-only file system"


class SmallDisk:
    """A file system of its own at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, leave: int = 0) -> None:
        """Use up all space but `leave` bytes."""
        with suppress(OSError), self._ballast.open("wb", buffering=0) as file:
            while file.write(b"\0" * 4096):
                pass
        os.truncate(self._ballast, max(0, self._ballast.stat().st_size - leave))

    def free(self) -> None:
        """Give the space back."""
        self._ballast.unlink()

    def make_read_only(self) -> None:
        """From now on nothing can be written."""
        _mount("-o", "remount,ro", str(self.folder))

    def make_writable(self) -> None:
        """As it was before."""
        _mount("-o", "remount,rw", str(self.folder))

    def left_behind(self) -> list[Path]:
        """Half-written files and folders."""
        return [path for path in self.folder.rglob(".*") if path.name.startswith((".writing", ".arriving"))]


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[SmallDisk]:
    """A disk of `size` bytes mounted at `folder`; the test is skipped where nothing may be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    if not _mount("-t", "tmpfs", "-o", f"size={size},mode=777", "tmpfs", str(folder)):
        pytest.skip("no file system may be mounted here")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _mount(*arguments: str) -> bool:
    return os.geteuid() == 0 and subprocess.run(["mount", *arguments], capture_output=True).returncode == 0
