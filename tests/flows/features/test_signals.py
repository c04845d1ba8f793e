"""Windows, lags and labels over time: against slow definitions, never across groups, never from the future."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from flows.errors import DatasetError
from flows.features.signals import (
    STATISTICS,
    difference_features,
    lag_features,
    product_features,
    window_features,
)


@pytest.fixture
def plant() -> pd.DataFrame:
    chance = np.random.default_rng(0)
    return pd.DataFrame({"a": chance.normal(5, 2, 50), "b": chance.normal(size=50), "unit": [1] * 22 + [2] * 28})


def test_every_statistic_is_what_it_is_called(plant: pd.DataFrame) -> None:
    found = window_features(plant, ["a", "b"], length=10, step=3)
    for i, end in enumerate(found.rows):
        x = plant["a"].to_numpy()[end - 9 : end + 1]
        row = found.frame.iloc[i]
        expected = {
            "last value": x[-1],
            "mean": x.mean(),
            "deviation": x.std(),
            "slope": np.polyfit(np.arange(10), x, 1)[0],
            "minimum": x.min(),
            "maximum": x.max(),
            "kurtosis": stats.kurtosis(x),
            "crest factor": np.abs(x).max() / np.sqrt(np.mean(x**2)),
            "autocorrelation": np.sum((x - x.mean())[1:] * (x - x.mean())[:-1]) / np.sum((x - x.mean()) ** 2),
        }
        assert set(expected) == set(STATISTICS)
        for word, value in expected.items():
            assert row[f"a · {word}"] == pytest.approx(value, rel=1e-9, abs=1e-12)
    assert found.trace["b · slope"] == ("b",)


@pytest.mark.parametrize("length", [9, 10])
def test_band_energies_add_up_to_the_variance(plant: pd.DataFrame, length: int) -> None:
    found = window_features(plant, ["a"], length=length, bands=3)
    energies = found.frame[[name for name in found.frame if "energy" in name]].sum(axis=1)
    np.testing.assert_allclose(energies, found.frame["a · deviation"] ** 2, rtol=1e-9)


def test_a_pure_tone_lies_in_its_band() -> None:
    tone = pd.DataFrame({"x": np.sin(2 * np.pi * 0.3 * np.arange(200))})
    row = window_features(tone, ["x"], length=100, bands=5).frame.iloc[0]
    energies = [row[f"x · energy in band {i} of 5"] for i in range(1, 6)]
    assert int(np.argmax(energies)) == 2 and energies[2] > 0.99 * sum(energies)


def test_no_window_crosses_a_group(plant: pd.DataFrame) -> None:
    found = window_features(plant, ["a"], length=10, group="unit")
    assert found.rows.tolist() == [9, 19, 31, 41]
    assert window_features(plant, ["a"], length=10, step=1, group="unit").rows.tolist() == [
        *range(9, 22),
        *range(31, 50),
    ]


def test_later_rows_change_no_feature(plant: pd.DataFrame) -> None:
    changed = plant.copy()
    changed.loc[30:, ["a", "b"]] = 1e6
    for make in (
        lambda frame: window_features(frame, ["a", "b"], length=5, step=1),
        lambda frame: lag_features(frame, ["a"], [1, 3], group="unit"),
        lambda frame: difference_features(frame, ["a"], [2]),
    ):
        before, after = make(plant), make(changed)
        early = before.rows < 30
        pd.testing.assert_frame_equal(before.frame[early], after.frame[early])


def test_blocks_give_the_same_features_as_one_pass(plant: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = window_features(plant, ["a", "b"], length=5, step=1).frame
    monkeypatch.setattr("flows.features.signals._ROWS_AT_ONCE", 37)
    pd.testing.assert_frame_equal(whole, window_features(plant, ["a", "b"], length=5, step=1).frame)


def test_missing_cells_spoil_only_their_windows(plant: pd.DataFrame) -> None:
    plant.loc[12, "a"] = np.nan
    found = window_features(plant, ["a", "b"], length=10)
    assert found.frame["a · mean"].isna().tolist() == [False, True, False, False, False]
    assert not found.frame["b · mean"].isna().any()


def test_lags_differences_and_products(plant: pd.DataFrame) -> None:
    lagged = lag_features(plant, ["a"], [2], group="unit").frame["a · 2 rows ago"]
    assert lagged.isna().to_numpy().nonzero()[0].tolist() == [0, 1, 22, 23]
    assert lagged[24] == plant["a"][22]
    gained = difference_features(plant, ["a"], [1]).frame["a · gain in 1 rows"]
    np.testing.assert_allclose(gained[1:], np.diff(plant["a"]))
    product = product_features(plant, [("a", "b")])
    np.testing.assert_allclose(product.frame["a × b"], plant["a"] * plant["b"])
    assert product.trace == {"a × b": ("a", "b")}


def test_where_few_rows_may_end_a_window_the_next_one_is_taken(plant: pd.DataFrame) -> None:
    wanted = np.zeros(50, dtype=bool)
    wanted[[3, 9, 11, 14, 15, 30, 32, 45]] = True
    found = window_features(plant, ["a"], length=10, step=5, group="unit", wanted=wanted)
    assert found.rows.tolist() == [9, 14, 32, 45]
    everywhere = window_features(plant, ["a"], length=10, step=5, group="unit", wanted=np.ones(50, dtype=bool))
    pd.testing.assert_frame_equal(
        everywhere.frame, window_features(plant, ["a"], length=10, step=5, group="unit").frame
    )


def test_refusals(plant: pd.DataFrame) -> None:
    for act, sentence in (
        (
            lambda: window_features(plant, ["a"], length=60),
            "no group has the 60 rows that one window needs; choose a shorter window",
        ),
        (
            lambda: window_features(plant.assign(a="x"), ["a"], length=5),
            '"a" is no column of numbers; windows and lags need numbers',
        ),
        (lambda: lag_features(plant, ["a"], [0]), "a lag of 0 rows looks into the future or at now; give 1 or more"),
    ):
        with pytest.raises(DatasetError) as caught:
            act()
        assert str(caught.value) == sentence
