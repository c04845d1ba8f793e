"""The champion in MLflow's model registry: registered once, found by its alias, fetched without running its code."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import mlflow.pytorch
import numpy as np
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from mlflow.tracking import MlflowClient
from numpy.typing import ArrayLike

from flows.errors import ServiceError
from flows.tracking.champion import NETWORK, SPEC, Champion, read_champion, write_champion
from flows.tracking.writer import check_answers, service_errors
from relu_core import arguments

FOLDER, ALIAS, KEY = "champion", "champion", "depthcase.key"
EXAMPLE_ROWS = 5


@dataclass(frozen=True)
class RegisteredChampion:
    """Where the champion stands. version: of the registered model `name`; url: its page."""

    name: str
    version: str
    url: str


def register_champion(
    champion: Champion,
    X: ArrayLike,
    *,
    tracking_uri: str,
    run_id: str,
    name: str,
    key: str,
    description: str = "",
    pages: str = "",
) -> RegisteredChampion:
    """Register the champion of one evaluation under the alias "champion" and return where it stands.

    X: (D, n) development rows; the first few become the input example. run_id: the verdict run, which keeps the files.
    key: of the evaluation; registered a second time, the first version is returned and gets the alias.
    pages: where people open the server, where that is not tracking_uri.
    Raises ServiceError where the server does not answer.
    """
    example = arguments.rows(X, champion.network.input_dim)[:EXAMPLE_ROWS]
    check_answers(tracking_uri)
    with service_errors(tracking_uri):
        client = MlflowClient(tracking_uri)
        version = _registered_before(client, name, key)
        if version is None:
            _upload(client, champion, example, run_id)
            version = client.create_model_version(
                name, f"runs:/{run_id}/{FOLDER}/model", run_id, tags={KEY: key}, description=description
            )
        client.set_registered_model_alias(name, ALIAS, str(version.version))
    shown = pages or tracking_uri
    page = f"{shown}/#/models/{name}/versions/{version.version}" if shown.startswith("http") else ""
    return RegisteredChampion(name, str(version.version), page)


def fetch_champion(tracking_uri: str, name: str, *, alias: str = ALIAS) -> Champion:
    """The champion registered as `name`, ready to predict; only its tensors and its JSON description are read.

    Raises ServiceError where the server does not answer or has no such model, DatasetError where a file was changed.
    """
    check_answers(tracking_uri)
    client = MlflowClient(tracking_uri)
    try:
        version = client.get_model_version_by_alias(name, alias)
    except MlflowException:
        raise ServiceError(
            f'The registry at {tracking_uri} has no model "{name}" with the alias "{alias}"; '
            "run an evaluation to its end first, or check the name."
        ) from None
    with tempfile.TemporaryDirectory() as folder:
        with service_errors(tracking_uri):
            files = [
                client.download_artifacts(str(version.run_id), f"{FOLDER}/{file}", folder) for file in (NETWORK, SPEC)
            ]
        return read_champion(Path(files[0]).parent)


def withdraw_champion(tracking_uri: str, name: str) -> None:
    """Take the alias "champion" from the model `name`; all its versions stay. Does nothing where there is none."""
    check_answers(tracking_uri)
    with service_errors(tracking_uri):
        try:
            MlflowClient(tracking_uri).delete_registered_model_alias(name, ALIAS)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise


def _registered_before(client: MlflowClient, name: str, key: str) -> ModelVersion | None:
    """The version of an earlier call with the same key; the registered model is made where it is new."""
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    return next((v for v in client.search_model_versions(f"name = '{name}'") if v.tags.get(KEY) == key), None)


def _upload(client: MlflowClient, champion: Champion, example: np.ndarray, run_id: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_champion(champion, Path(folder))
        mlflow.pytorch.save_model(
            champion.network.to_torch(),
            str(Path(folder, "model")),
            signature=infer_signature(example, champion.network(example)),
            input_example=example,
            # Named here, because MLflow would import the model in a process of its own to find out.
            pip_requirements=["torch"],
            # An exported graph; the other format is a pickle.
            serialization_format="pt2",
        )
        client.log_artifacts(run_id, folder, FOLDER)
