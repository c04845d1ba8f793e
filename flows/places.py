"""Where data lies: a folder of this machine, or a prefix of an object store such as s3://bucket/line-7.

A StorePath answers what the flows ask of a pathlib.Path: who reads need not know which it is, and whole_files writes
both. Arrow finds account and server in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL).
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from flows.errors import DatasetError

# Arrow is loaded by whoever asks a store: commands that only look at the settings must be quick.
if TYPE_CHECKING:
    from pyarrow import NativeFile
    from pyarrow.fs import FileSystem


@dataclass(frozen=True, order=True)
class StorePath:
    """An object, or all objects below a name, in a store. url: without a slash at its end."""

    url: str

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> "StorePath":
        return StorePath(f"{self.url}/{name.strip('/')}") if name.strip("/") else self

    @property
    def name(self) -> str:
        """The last part of the name."""
        return self._key.name

    @property
    def suffix(self) -> str:
        """The ending, with its dot."""
        return self._key.suffix

    @property
    def parent(self) -> "StorePath":
        """What lies one step above; the bucket has nothing above it."""
        return StorePath(self.url.rsplit("/", 1)[0]) if len(self._key.parts) > 1 else self

    def relative_to(self, other: "StorePath") -> PurePosixPath:
        """The name as seen from `other`. Raises ValueError where that is not above."""
        return self._key.relative_to(other._key)

    def exists(self) -> bool:
        """Whether there is an object of this name, or one below it."""
        return self._type() != "NotFound"

    def is_file(self) -> bool:
        """Whether there is an object of this name."""
        return self._type() == "File"

    def is_dir(self) -> bool:
        """Whether there are objects below this name."""
        return self._type() == "Directory"

    def iterdir(self) -> "Iterator[StorePath]":
        """What lies one step below."""
        return self._below(recursive=False)

    def rglob(self, pattern: str) -> "Iterator[StorePath]":
        """All objects below whose last part fits `pattern`."""
        return (one for one in self._below(recursive=True) if PurePosixPath(one.name).match(pattern))

    def open(self, mode: str = "rb") -> "NativeFile":
        """The object, to be read. Raises OSError."""
        return self._files.open_input_file(str(self._key))

    def read_bytes(self) -> bytes:
        """The object's content. Raises OSError."""
        with self.open() as stream:
            return bytes(stream.read())

    def read_text(self, encoding: str = "utf-8") -> str:
        """The object's content as text. Raises OSError."""
        return self.read_bytes().decode(encoding)

    def put(self, file: Path) -> None:
        """The content of `file` under this name; there whole when this returns, and not at all before."""
        with file.open("rb") as source, self._files.open_output_stream(str(self._key)) as sink:
            shutil.copyfileobj(source, sink, 1 << 24)

    def unlink(self) -> None:
        """Remove the object. Raises OSError."""
        self._files.delete_file(str(self._key))

    def _below(self, *, recursive: bool) -> "Iterator[StorePath]":
        from pyarrow import fs

        found = self._files.get_file_info(fs.FileSelector(str(self._key), allow_not_found=True, recursive=recursive))
        wanted = [one.path for one in found if not recursive or one.is_file]
        return iter(sorted(StorePath(f"{self._scheme}://{path}") for path in wanted))

    def _type(self) -> str:
        return str(self._files.get_file_info(str(self._key)).type.name)

    @property
    def _scheme(self) -> str:
        return self.url.partition("://")[0]

    @property
    def _key(self) -> PurePosixPath:
        return PurePosixPath(self.url.partition("://")[2])

    @property
    def _files(self) -> "FileSystem":
        return _file_system(f"{self._scheme}://{self._key.parts[0]}")


Place = Path | StorePath


def place_of(text: str | Path) -> Place:
    """The folder, file or address of a store that `text` names. Raises DatasetError where no store is known by it."""
    if "://" not in str(text):
        return Path(text)
    place = StorePath(str(text).rstrip("/"))
    if not place.name:
        raise DatasetError(f"{text} names no bucket; write it as s3://bucket/folder")
    _ = place._files
    return place


def files_below(place: Place) -> list[tuple[str, Place]]:
    """All files below a folder, or the file itself, with their names as seen from what is above `place`; in order."""
    if isinstance(place, Path):
        files = sorted(one for one in place.rglob("*") if one.is_file()) if place.is_dir() else [place]
        return [(one.relative_to(place.parent).as_posix(), one) for one in files]
    objects = [place] if place.is_file() else list(place.rglob("*"))
    return [(one.relative_to(place.parent).as_posix(), one) for one in objects]


@contextmanager
def local_copy(place: Place) -> Iterator[Path]:
    """`place` as a file or folder of this machine: itself, or a copy of its name that is gone when the block ends."""
    if isinstance(place, Path):
        yield place
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, one in files_below(place):
            target = Path(folder, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            with one.open("rb") as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 24)
        yield Path(folder, place.name)


@cache
def _file_system(root: str) -> "FileSystem":
    from pyarrow import ArrowException, fs

    # Small objects go up in one request instead of an upload in parts.
    options = "?allow_delayed_open=true" if root.startswith("s3://") else ""
    try:
        return fs.FileSystem.from_uri(root + options)[0]
    except (ArrowException, OSError) as error:
        raise DatasetError(f"{root} cannot be reached ({error}); check the address and the account") from error
