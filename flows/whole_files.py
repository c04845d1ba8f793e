"""A file or folder is there whole, or not at all: written beside its place, then renamed, or put in one request."""

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from flows.errors import DatasetError
from flows.places import Place, place_of

P = TypeVar("P", bound=Place)


@contextmanager
def whole_file(place: Place) -> Iterator[Path]:
    """A path to write to; it becomes `place` when the block ends well and vanishes when it does not.

    The folder is made if need be; the ending stays the same. Raises DatasetError where the disk or store refuses.
    """
    try:
        if not isinstance(place, Path):
            with tempfile.TemporaryDirectory() as folder:
                beside = Path(folder, place.name)
                yield beside
                place.put(beside)
            return
        beside = place.with_name(f".writing-{uuid.uuid4().hex}{place.suffix}")
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield beside
            beside.replace(place)
        finally:
            with suppress(OSError):
                beside.unlink()
    except OSError as error:
        raise DatasetError(_refusal(place, error)) from error


def write_whole(place: P, content: str | bytes) -> P:
    """Text (as UTF-8) or bytes as the file `place`, whole; gives `place` back. Raises DatasetError."""
    with whole_file(place) as beside:
        beside.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return place


@contextmanager
def draft_folder(home: Place) -> Iterator[Path]:
    """A new folder to write in, which `publish_folder` moves to a place in `home`; gone when the block ends.

    What a killed process left in `home` more than a day ago is swept away.
    """
    if not isinstance(home, Path):
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    _sweep(home)
    draft = home / f".writing-{uuid.uuid4().hex}"
    try:
        draft.mkdir(parents=True)
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def publish_folder(draft: Path, place: Place, seal: str) -> None:
    """Make a draft the folder `place`, in one step; a folder with the file `seal` that is there already stays.

    A store knows no step for many objects: the seal goes last, and a folder without it is not there. Raises OSError.
    """
    if not isinstance(place, Path):
        if (place / seal).exists():
            return
        files = [file for file in draft.rglob("*") if file.is_file()]
        for file in sorted(files, key=lambda one: one.relative_to(draft).as_posix() == seal):
            (place / file.relative_to(draft).as_posix()).put(file)
        return
    try:
        os.rename(draft, place)
    except OSError:
        # Another process wrote the same content first; what is there is as good as ours.
        if not (place / seal).exists():
            raise


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Wait until nobody else holds the file `lock`, then hold it; it is let go when the block or the process ends.

    Raises DatasetError where the disk refuses.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = lock.open("a")
    except OSError as error:
        raise DatasetError(_refusal(lock, error)) from error
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def reason_of(error: OSError) -> str:
    """Why a disk or store refuses, in the system's own words where it has some; libraries put theirs around them."""
    return os.strerror(error.errno) if error.errno else str(error) or "unknown reason"


def _refusal(place: Place, error: OSError) -> str:
    return f"{place} cannot be written ({reason_of(error)}); check the folder's space and rights"


def _sweep(home: Path) -> None:
    yesterday = time.time() - 86_400
    for leftover in home.glob(".writing-*"):
        if leftover.stat().st_mtime >= yesterday:
            continue
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def write_under_hash(folder: Place, content: bytes, suffix: str) -> tuple[Place, str]:
    """Bytes as a whole file of `folder` named by what is in it; gives its place and its sha256. Raises DatasetError."""
    sha256 = hashlib.sha256(content).hexdigest()
    return write_whole(folder / f"{sha256[:16]}{suffix}", content), sha256


def read_unchanged(path: str, sha256: str, what: str) -> bytes:
    """The bytes that were written at `path` with that hash. what: says in a refusal what they are, "the rows".

    Raises DatasetError where the file is gone or was changed.
    """
    again = "run again with 'Train again' switched on"
    try:
        content = place_of(path).read_bytes()
    except OSError:
        raise DatasetError(f"{path}, which held {what}, is gone; {again}") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DatasetError(f"{path}, which holds {what}, was changed; {again}")
    return content
