"""A file is there whole, or not at all: written beside its place, then renamed."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flows.errors import DatasetError


@contextmanager
def whole_file(place: Path) -> Iterator[Path]:
    """A path to write to; it becomes `place` when the block ends well and vanishes when it does not.

    The folder is made if need be; the ending stays the same. Raises DatasetError where the disk refuses.
    """
    beside = place.with_name(f".writing-{uuid.uuid4().hex}{place.suffix}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        beside.replace(place)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise DatasetError(f"{place} cannot be written ({reason}); check the folder's space and rights") from error
    finally:
        with suppress(OSError):
            beside.unlink()


def write_whole(place: Path, content: str | bytes) -> Path:
    """Text (as UTF-8) or bytes as the file `place`, whole; gives `place` back. Raises DatasetError."""
    with whole_file(place) as beside:
        beside.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return place
