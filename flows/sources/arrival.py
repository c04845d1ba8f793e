"""Files that lie elsewhere are copied into the raw folder before they are read: a form may name that folder only."""

import os
import shutil
import uuid
from pathlib import Path

from flows.errors import SourceError
from flows.places import Place, StorePath, files_below
from flows.sources.read import resolve_inside
from flows.whole_files import reason_of


def find_in(raw: Place, path: str) -> Place:
    """The file or folder `path` of the raw folder. Raises SourceError: not there, or it leaves that folder."""
    if isinstance(raw, Path):
        return resolve_inside(path, raw)
    place = raw / path
    if "://" in path or ".." in path.split("/"):
        raise SourceError(f'the path "{path}" lies outside the data folder; put the file into the data folder first')
    if not path.strip() or not place.exists():
        raise SourceError(f'there is no file or folder "{path}"; check the name and that the file was copied')
    return place


def name_in(raw: Place, place: Place) -> str:
    """What a form says to mean `place`, which lies below `raw`."""
    if isinstance(raw, StorePath):
        return StorePath(str(place)).relative_to(raw).as_posix()
    return Path(str(place)).relative_to(raw.resolve()).as_posix()


def bring_in(path: Path, raw: Place, name: str) -> str:
    """Where the file or folder `path` lies below `raw`, copied to <raw>/<name>/ if it is not there yet.

    An earlier copy of the same name is replaced whole, never half. Raises SourceError: nothing there, no space.
    """
    place = path.resolve()
    if not place.exists():
        raise SourceError(f"there is no file or folder {path}; check the path")
    if isinstance(raw, StorePath):
        return _put(place, raw, name)
    if place.is_relative_to(raw.resolve()):
        return name_in(raw, place)
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
        raise SourceError(
            f"{path} cannot be copied to {folder} ({reason_of(error)}); check its space and rights"
        ) from error
    finally:
        _remove(beside)
    return target.relative_to(raw).as_posix()


def _put(place: Path, raw: StorePath, name: str) -> str:
    target = raw / name / place.name
    before = {str(one) for _, one in files_below(target)} if target.exists() else set()
    try:
        for below, file in files_below(place):
            (raw / name / below).put(Path(str(file)))
            before.discard(str(raw / name / below))
        for gone in before:
            StorePath(gone).unlink()
    except OSError as error:
        raise SourceError(f"{place} cannot be copied to {raw / name} ({error}); check the account") from error
    return target.relative_to(raw).as_posix()


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)
