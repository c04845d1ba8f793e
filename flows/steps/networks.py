"""Networks on disk: safetensors files named by their content, opened again only when unchanged."""

import hashlib
import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from flows.errors import DatasetError
from relu_core import ReluNetwork


@dataclass(frozen=True)
class StoredNetwork:
    """Where the finalist of one family lies."""

    hidden_layers: int
    path: str
    sha256: str


def store_network(network: ReluNetwork, folder: Path) -> StoredNetwork:
    """Write `network` beside and rename it to its hash. Raises DatasetError where the folder cannot be written."""
    data = network.to_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    place = folder / f"{sha256[:16]}.safetensors"
    beside = folder / f".writing-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        os.replace(beside, place)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise DatasetError(f"networks cannot be written to {folder} ({reason}); check its space and rights") from error
    finally:
        beside.unlink(missing_ok=True)
    return StoredNetwork(network.hidden_layers, str(place), sha256)


def open_network(stored: StoredNetwork) -> ReluNetwork:
    """The network that `stored` points to. Raises DatasetError where it is gone or was changed."""
    again = "run again with 'Train again' switched on"
    try:
        data = Path(stored.path).read_bytes()
    except OSError:
        raise DatasetError(f"the network at {stored.path} is gone; {again}") from None
    if hashlib.sha256(data).hexdigest() != stored.sha256:
        raise DatasetError(f"the network at {stored.path} was changed; {again}")
    return ReluNetwork.from_bytes(data)
