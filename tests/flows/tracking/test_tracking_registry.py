"""The champion comes back from the registry with the same numbers, and nothing on its way can run code."""

import hashlib
import json
import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow import pyfunc
from mlflow.tracking import MlflowClient

from flows.errors import DatasetError, ServiceError
from flows.tracking.champion import NETWORK, SPEC, Champion, read_champion, to_onnx, write_champion
from flows.tracking.registry import fetch_champion, register_champion
from relu_core import ReluNetwork

COLUMNS = json.dumps(
    {"numbers": [{"name": "荷重", "median": 1.0, "indicator": False}], "categories": [], "dropped": {}}
)


def network(seed: int, sizes: tuple[int, ...] = (3, 4, 5, 2)) -> ReluNetwork:
    random = np.random.default_rng(seed)
    shapes = list(zip(sizes[1:], sizes[:-1], strict=True))
    return ReluNetwork([random.normal(size=shape) for shape in shapes], [random.normal(size=m) for m, _ in shapes])


def champion(seed: int = 0, task: str = "multiclass") -> Champion:
    return Champion(network(seed), COLUMNS, ("荷重", "b", "c"), task, "不良", ("OK", "NG"))


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 6), min_size=2, max_size=5), st.integers(1, 20))
@settings(deadline=None, derandomize=True, max_examples=30)
def test_the_onnx_copy_gives_the_same_numbers_for_any_number_of_rows(seed: int, sizes: list[int], D: int) -> None:
    net, X = network(seed, tuple(sizes)), np.random.default_rng(seed).normal(size=(D, sizes[0]))
    session = onnxruntime.InferenceSession(to_onnx(net), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(["y"], {"x": X})[0], net(X), rtol=1e-12, atol=1e-12)


def test_a_champion_is_read_back_bit_for_bit(tmp_path: Path) -> None:
    wanted = champion()
    write_champion(wanted, tmp_path)
    found = read_champion(tmp_path)
    X = np.random.default_rng(1).normal(size=(7, 3))
    assert np.array_equal(found.predict(X), wanted.predict(X))
    assert (found.feature_names, found.task, found.target, found.class_names) == (
        ("荷重", "b", "c"), "multiclass", "不良", ("OK", "NG"),
    )  # fmt: skip
    assert json.loads(found.columns) == json.loads(COLUMNS)


class Trap:
    """Unpickled, it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, int]]:
        return os.mkdir, (str(self.path), 0o700)


@pytest.mark.parametrize("file", [NETWORK, SPEC])
def test_a_planted_pickle_is_refused_and_never_run(tmp_path: Path, file: str) -> None:
    write_champion(champion(), tmp_path / "model")
    (tmp_path / "model" / file).write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    with pytest.raises(DatasetError, match=r"champion at .*; register it again"):
        read_champion(tmp_path / "model")
    assert not (tmp_path / "sprung").exists()


def test_a_planted_pickle_with_its_own_hash_is_refused_too(tmp_path: Path) -> None:
    write_champion(champion(), tmp_path / "model")
    data = pickle.dumps(Trap(tmp_path / "sprung"))
    spec = json.loads((tmp_path / "model" / SPEC).read_text())
    (tmp_path / "model" / NETWORK).write_bytes(data)
    (tmp_path / "model" / SPEC).write_text(json.dumps(spec | {"network_sha256": hashlib.sha256(data).hexdigest()}))
    with pytest.raises(DatasetError, match="is none"):
        read_champion(tmp_path / "model")
    assert not (tmp_path / "sprung").exists()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("registry")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield f"sqlite:///{folder / 'mlflow.db'}"


@pytest.fixture(scope="module")
def run_id(store: str) -> str:
    client = MlflowClient(store)
    return str(client.create_run(client.create_experiment("press-line-7")).info.run_id)


def test_the_registered_champion_predicts_what_the_network_did(store: str, run_id: str) -> None:
    X = np.random.default_rng(2).normal(size=(50, 3))
    wanted = champion(3)
    given_ = {"tracking_uri": store, "run_id": run_id, "name": "press-line-7", "key": "k1"}
    first, again = (register_champion(wanted, X, **given_) for _ in range(2))
    assert first == again and first.version == "1"
    np.testing.assert_allclose(fetch_champion(store, "press-line-7").predict(X), wanted.predict(X), atol=1e-12)
    client = MlflowClient(store)
    files = {file.path for file in client.list_artifacts(run_id, "champion/model/data")}
    assert files == {"champion/model/data/model.pt2"}, "a pickle among the files of the registered model"
    model = pyfunc.load_model(client.download_artifacts(run_id, "champion/model"))
    np.testing.assert_allclose(model.predict(X), wanted.network(X), atol=1e-6)
    assert model.metadata.signature is not None and model.metadata.saved_input_example_info is not None


def test_a_newer_champion_takes_the_alias_and_the_older_stays(store: str, run_id: str) -> None:
    X = np.zeros((1, 3)) + 0.5
    for key, seed in (("one", 5), ("two", 6)):
        register_champion(champion(seed), X, tracking_uri=store, run_id=run_id, name="line-8", key=key)
    client = MlflowClient(store)
    assert client.get_model_version_by_alias("line-8", "champion").version == 2
    assert len(client.search_model_versions("name = 'line-8'")) == 2


def test_an_unknown_model_is_named(store: str) -> None:
    with pytest.raises(ServiceError) as refused:
        fetch_champion(store, "nobody")
    assert str(refused.value) == (
        f'The registry at {store} has no model "nobody" with the alias "champion"; '
        "run an evaluation to its end first, or check the name."
    )
