"""The recommended network after the evaluation: registered by name, and used to score a table."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flows.charter import Charter
from flows.errors import DatasetError
from flows.features.images import picture_side
from flows.features.pipeline import FeaturePipeline
from flows.settings import Settings
from flows.steps.ingest import Wanted, read_whole
from flows.steps.networks import StoredNetwork, open_network
from flows.steps.rows import RowsFile, open_rows
from flows.tracking.champion import Champion
from flows.tracking.reader import latest_evaluation
from flows.tracking.registry import fetch_champion, register_champion, withdraw_champion
from flows.whole_files import whole_file
from relu_core.comparison import label_of


@dataclass(frozen=True)
class Scored:
    """Where the scored rows lie. skipped: rows whose cells could not be read. early: with too few rows before them."""

    path: str
    rows: int
    skipped: int
    early: int


def register(
    charter: Charter,
    champion: str,
    rows: RowsFile,
    networks: tuple[StoredNetwork, ...],
    columns: str,
    run_id: str,
    key: str,
    settings: Settings,
) -> str:
    """Register the network that the comparison calls its champion; its page, or "" where a simple model won.

    champion: its label, such as "2 hidden layers". columns: JSON of the feature pipeline. run_id, key: the record's.
    Where a simple model won, a network that an earlier evaluation recommended is no longer called the champion.
    """
    label = re.fullmatch(r"(\d+) hidden layers?", champion)
    if champion and not label:
        withdraw_champion(settings.mlflow_tracking_uri, charter.poc_name)
    stored = [one for one in networks if label and one.hidden_layers == int(label.group(1))]
    if not stored:
        return ""
    fitted = FeaturePipeline.from_json(columns).columns
    network = open_network(stored[-1])
    used = Champion(network, columns, fitted.feature_names, rows.task, charter.target, rows.classes)
    registered = register_champion(
        used,
        fitted.apply(open_rows(rows).frame),
        tracking_uri=settings.mlflow_tracking_uri,
        run_id=run_id,
        name=charter.poc_name,
        key=key,
        pages=settings.mlflow_pages,
    )
    return registered.url


def predict(source: Path, name: str, output: Path, settings: Settings) -> Scored:
    """Score a CSV, Excel or Parquet file, or a folder, with the champion registered as `name`.

    Every readable row is scored that has the rows before it which the champion's windows and earlier values look at.
    output: .csv or .parquet; the columns of the source and what was predicted. Raises SourceError, DatasetError,
    ServiceError.
    """
    if output.suffix not in (".csv", ".parquet"):
        raise DatasetError(f"{output.name} has the ending {output.suffix!r}; write to a .csv or a .parquet file")
    _require_network(name, settings)
    champion = fetch_champion(settings.mlflow_tracking_uri, name)
    pipeline = FeaturePipeline.from_json(champion.columns)
    frame, skipped = _table(source, picture_side(pipeline.plan.channels))
    X, rows = pipeline.apply(frame)
    scored = frame.iloc[rows].assign(**_answers(champion, X))
    with whole_file(output) as beside:
        if output.suffix == ".csv":
            scored.to_csv(beside, index=False)
        else:
            scored.to_parquet(beside, index=False)
    return Scored(str(output), len(scored), skipped, len(frame) - len(scored))


def _require_network(name: str, settings: Settings) -> None:
    """Raises DatasetError where the newest evaluation recommends a simple model, which is kept nowhere."""
    newest = latest_evaluation(settings.mlflow_tracking_uri, name)
    if newest is None:
        return
    simple = next((one for one in newest.comparison.baselines if label_of(one) == newest.comparison.champion), None)
    if simple is not None:
        raise DatasetError(
            f'the newest evaluation of "{name}", of {newest.when}, recommends no network but {simple.name}, and '
            "depthcase keeps networks only; fit that model to the data set with any statistics program"
        )


def _table(source: Path, side: int) -> tuple[pd.DataFrame, int]:
    if source.suffix == ".parquet":
        try:
            return pd.read_parquet(source), 0
        except (OSError, ValueError) as error:
            raise DatasetError(f"{source} cannot be read ({error}); give a Parquet file") from None
    checked = read_whole(source, Wanted(name="", picture_side=side))
    return checked.frame, len(checked.quarantined)


def _answers(champion: Champion, X: NDArray[np.float64]) -> dict[str, object]:
    """Columns to add: the predicted value, or the class with its probability."""
    predicted = champion.predict(X)
    title = f"predicted {champion.target}"
    if champion.task == "regression":
        return {title: predicted}
    shares = predicted if predicted.ndim == 2 else np.column_stack([1 - predicted, predicted])
    classes = champion.class_names or tuple(map(str, range(shares.shape[1])))
    found: dict[str, object] = {title: [classes[i] for i in shares.argmax(axis=1)]}
    return found | {f"share of {name}": shares[:, i] for i, name in enumerate(classes)}
