"""Which program computed a result: a hash of the source text that its numbers depend on. Part of every cache key."""

import hashlib
from functools import cache
from pathlib import Path

import flows
import relu_core

# Packages whose text can change a number. Words, pages and services cannot.
ROOMS = ("relu_core", "flows/sources", "flows/lake", "flows/quality", "flows/features", "flows/steps")


@cache
def code_version() -> str:
    """sha256 over the names and bytes of every source file in ROOMS, 16 digits."""
    digest = hashlib.sha256()
    top = {"relu_core": Path(relu_core.__file__).parent.parent, "flows": Path(flows.__file__).parent.parent}
    for room in ROOMS:
        folder = top[room.split("/")[0]] / room
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
