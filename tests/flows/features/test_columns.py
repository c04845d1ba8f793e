"""Columns become features: fitted on training rows, kept as JSON, applied unchanged."""

import numpy as np
import pandas as pd
import pytest

from flows.errors import DatasetError
from flows.features.columns import fit_columns


def plant(rows: int = 40) -> pd.DataFrame:
    chance = np.random.default_rng(3)
    force = chance.normal(100, 5, rows)
    force[::7] = np.nan
    return pd.DataFrame(
        {
            "force": force,
            "force in N": force * 1000,
            "wear": np.arange(rows),
            "type": [("L", "M", "H")[i % 5 % 3] for i in range(rows)],
            "setting": 7.0,
            "broken": np.nan,
            "part": [f"P{i}" for i in range(rows)],
        }
    )


def test_features_their_names_and_where_they_come_from() -> None:
    frame = plant()
    fitted = fit_columns(frame, list(frame.columns))
    assert fitted.feature_names == ("force", "wear", "force is empty", "type = M", "type = H")
    assert fitted.trace["type = M"] == ("type",) and fitted.trace["force is empty"] == ("force",)
    assert fitted.dropped == {
        "setting": "it has one value in every row",
        "broken": "it is empty in every row",
        "part": "nearly every row has a text of its own",
        "force in N": 'it is "force" in another scale',
    }
    X = fitted.apply(frame)
    assert X.shape == (40, 5) and X.dtype == np.float64 and X.flags.c_contiguous and np.isfinite(X).all()
    assert X[0, 0] == np.nanmedian(frame["force"]) and X[0, 2] == 1.0
    assert X[1].tolist()[1:] == [1.0, 0.0, 1.0, 0.0]


def test_only_training_rows_are_looked_at() -> None:
    frame = plant()
    fitted = fit_columns(frame[:20], ["force", "type"])
    changed = frame.copy()
    changed.loc[20:, "force"] = 1e6
    assert fit_columns(changed[:20], ["force", "type"]) == fitted
    assert fitted.apply(changed)[25, 0] == 1e6


def test_another_fold_has_the_same_features_and_its_own_medians() -> None:
    frame = plant()
    whole = fit_columns(frame, ["force", "type"])
    fold = fit_columns(frame[frame["type"] != "H"], ["force", "type"], like=whole)
    assert fold.feature_names == whole.feature_names
    assert fold.numbers[0].median == np.nanmedian(frame["force"][frame["type"] != "H"])


def test_unseen_categories_are_zeros_and_times_are_seconds() -> None:
    frame = pd.DataFrame({"type": ["a", "b", "a", "b"], "t": pd.to_datetime(["2026-01-01", "2026-01-02"] * 2)})
    fitted = fit_columns(frame, ["type", "t"])
    X = fitted.apply(pd.DataFrame({"type": ["c", None], "t": pd.to_datetime(["1970-01-02", None])}))
    assert X.tolist() == [[86400.0, 0.0], [fitted.numbers[0].median, 0.0]]


def test_the_order_of_rows_does_not_matter() -> None:
    frame = plant()
    shuffled = frame.iloc[np.random.default_rng(0).permutation(len(frame))].reset_index(drop=True)
    assert fit_columns(shuffled, list(frame.columns)) == fit_columns(frame, list(frame.columns))


def test_refusals() -> None:
    frame = plant()
    with pytest.raises(DatasetError) as caught:
        fit_columns(frame, ["setting", "broken"])
    assert str(caught.value) == (
        "none of the 2 columns can be an input (all constant, empty or names); give the data set columns that change"
    )
    fitted = fit_columns(frame, ["force"])
    with pytest.raises(DatasetError) as caught:
        fitted.apply(frame[["wear"]])
    assert str(caught.value) == (
        'the column "force" is missing from these rows; give the columns that were used in training'
    )
    with pytest.raises(DatasetError) as caught:
        fitted.apply(pd.DataFrame({"force": ["high", "low"]}))
    assert str(caught.value) == (
        'the column "force" holds text where numbers were learned; correct the source of these rows'
    )
