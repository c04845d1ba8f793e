"""Files that lie elsewhere are copied into the raw folder before they are read: a form may name that folder only."""

import os
import shutil
import uuid
from pathlib import Path

from flows.errors import SourceError


def bring_in(path: Path, raw: Path, name: str) -> str:
    """Where the file or folder `path` lies below `raw`, copied to <raw>/<name>/ if it is not there yet.

    An earlier copy of the same name is replaced whole, never half. Raises SourceError: nothing there, no space.
    """
    place = path.resolve()
    if not place.exists():
        raise SourceError(f"there is no file or folder {path}; check the path")
    if place.is_relative_to(raw.resolve()):
        return place.relative_to(raw.resolve()).as_posix()
    folder = raw / name
    beside, target = folder / f".arriving-{uuid.uuid4().hex}", folder / place.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            shutil.copytree(place, beside)
            shutil.rmtree(target, ignore_errors=True)
        else:
            shutil.copyfile(place, beside)
        os.replace(beside, target)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise SourceError(f"{path} cannot be copied to {folder} ({reason}); check its space and rights") from error
    finally:
        _remove(beside)
    return target.relative_to(raw).as_posix()


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)
