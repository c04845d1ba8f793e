"""Networks on disk: safetensors files named by their content, opened again only when unchanged."""

import hashlib
from dataclasses import dataclass

from flows.errors import DatasetError
from flows.places import Place, place_of
from flows.whole_files import write_whole
from relu_core import ReluNetwork


@dataclass(frozen=True)
class StoredNetwork:
    """Where the finalist of one family lies."""

    hidden_layers: int
    path: str
    sha256: str


def store_network(network: ReluNetwork, folder: Place) -> StoredNetwork:
    """Write `network` under its hash, whole. Raises DatasetError where the folder cannot be written."""
    data = network.to_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    place = folder / f"{sha256[:16]}.safetensors"
    return StoredNetwork(network.hidden_layers, str(write_whole(place, data)), sha256)


def open_network(stored: StoredNetwork) -> ReluNetwork:
    """The network that `stored` points to. Raises DatasetError where it is gone or was changed."""
    again = "run again with 'Train again' switched on"
    try:
        data = place_of(stored.path).read_bytes()
    except OSError:
        raise DatasetError(f"the network at {stored.path} is gone; {again}") from None
    if hashlib.sha256(data).hexdigest() != stored.sha256:
        raise DatasetError(f"the network at {stored.path} was changed; {again}")
    return ReluNetwork.from_bytes(data)
