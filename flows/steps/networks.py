"""Networks on disk: safetensors files named by their content, opened again only when unchanged."""

from dataclasses import dataclass

from flows.places import Place
from flows.whole_files import read_unchanged, write_under_hash
from relu_core import ReluNetwork


@dataclass(frozen=True)
class StoredNetwork:
    """Where the finalist of one family lies."""

    hidden_layers: int
    path: str
    sha256: str


def store_network(network: ReluNetwork, folder: Place) -> StoredNetwork:
    """Write `network` under its hash, whole. Raises DatasetError where the folder cannot be written."""
    place, sha256 = write_under_hash(folder, network.to_bytes(), ".safetensors")
    return StoredNetwork(network.hidden_layers, str(place), sha256)


def open_network(stored: StoredNetwork) -> ReluNetwork:
    """The network that `stored` points to. Raises DatasetError where it is gone or was changed."""
    return ReluNetwork.from_bytes(read_unchanged(stored.path, stored.sha256, "a network"))
