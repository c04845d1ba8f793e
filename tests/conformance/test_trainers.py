"""Every engine keeps one contract: it trains what the plain torch loop of `relu_core.training.reference` trains."""

from functools import partial

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits

from relu_core import Fold, NetworkSpec, Recipe
from relu_core.training import batched, cpu, preparation, reference
from relu_core.training.losses import CLASSIFYING, LOSSES

ENGINES = {"cpu": cpu.train_jobs, "batched": batched.train_jobs}
if torch.cuda.is_available():
    ENGINES["cuda"] = partial(batched.train_jobs, device="cuda")
ARCHITECTURES = [(), (1,), (7,), (6, 5, 9), (33, 17)]


@pytest.fixture(autouse=True)
def one_thread():
    # Tensors of a few hundred numbers: more threads only wait for each other.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def never() -> bool:
    return False


def problem(loss: str, rows: int = 500) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng([11, LOSSES.index(loss)])
    X = rng.normal(size=(rows, 5)) * [1.0, 20.0, 0.1, 1.0, 3.0] + 4.0
    signal = np.sin(X[:, 0]) + 0.1 * X[:, 1] * X[:, 2]
    y = {"logistic": signal > 0, "softmax": np.digitize(signal, [-0.5, 0.5])}.get(loss, 40.0 * signal + 100.0)
    return X, np.asarray(y, dtype=float), rng.uniform(0.2, 3.0, rows)


def prepared(loss: str, recipe: Recipe, widths: list[tuple[int, ...]]) -> tuple[preparation.PreparedFold, list]:
    X, y, weight = problem(loss)
    m = 3 if loss == "softmax" else 1
    importance = (1.0, 2.5, 0.5)[: max(2, m)] if loss in CLASSIFYING else None
    fold = Fold(np.arange(350), np.arange(350, 500))
    ready = preparation.prepare_fold(0, fold, (X, y, weight), 5, preparation.Question(loss, m, importance))
    return ready, [
        preparation.prepare_job(NetworkSpec(5, w, m), ready, seed, recipe) for w in widths for seed in (3, 8)
    ]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("engine", ENGINES)
def test_twenty_full_steps_of_adam_give_the_weights_of_torch(engine, loss):
    recipe = Recipe(epochs=20, batch_size=10**6, learning_rate=0.001, bias="uniform", weight_decay=0.01)
    fold, jobs = prepared(loss, recipe, ARCHITECTURES)
    for ours, torchs in zip(
        ENGINES[engine](fold, jobs, loss, recipe, never),
        reference.train_jobs(fold, jobs, loss, recipe, never),
        strict=True,
    ):
        np.testing.assert_allclose(ours.parameters, torchs.parameters, rtol=0, atol=1e-5)
        np.testing.assert_allclose(ours.history, torchs.history, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 32, 64, 100, 128, 200, 349])
@pytest.mark.parametrize("engine", ENGINES)
def test_minibatches_of_any_size_give_the_weights_of_torch(engine, batch_size):
    recipe = Recipe(epochs=1 if batch_size == 1 else 3, batch_size=batch_size, learning_rate=0.001)
    fold, jobs = prepared("squared", recipe, [(4, 6)])
    ours = ENGINES[engine](fold, jobs, "squared", recipe, never)
    for mine, torchs in zip(ours, reference.train_jobs(fold, jobs, "squared", recipe, never), strict=True):
        np.testing.assert_allclose(mine.parameters, torchs.parameters, rtol=0, atol=2e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_each_network_stops_by_its_own_history(engine):
    recipe = Recipe(epochs=60, batch_size=50, learning_rate=0.03, patience=4, schedule="constant")
    fold, jobs = prepared("logistic", recipe, [(3,), (24, 24)])
    outcomes = ENGINES[engine](fold, jobs, "logistic", recipe, never)
    assert len({len(outcome.history) for outcome in outcomes}) > 1
    for outcome in outcomes:
        best = int(np.argmin(outcome.history))
        assert outcome.best_epoch == best
        assert len(outcome.history) in (60, best + 1 + recipe.patience)


@pytest.mark.parametrize("engine", ENGINES)
def test_kept_weights_are_those_of_the_best_epoch(engine):
    patient = Recipe(epochs=40, batch_size=50, learning_rate=0.03, patience=5, schedule="constant")
    fold, jobs = prepared("squared", patient, [(20, 20)])
    for place, outcome in enumerate(ENGINES[engine](fold, jobs, "squared", patient, never)):
        short = Recipe(epochs=outcome.best_epoch + 1, batch_size=50, learning_rate=0.03, schedule="constant")
        again = ENGINES[engine](fold, jobs, "squared", short, never)[place]
        np.testing.assert_array_equal(outcome.parameters, again.parameters)


@pytest.mark.parametrize("engine", [*ENGINES, "reference"])
def test_a_network_that_diverges_keeps_finite_weights(engine):
    recipe = Recipe(epochs=30, batch_size=50, learning_rate=1e30, schedule="constant")
    fold, jobs = prepared("squared", recipe, [(5, 5)])
    for outcome in {**ENGINES, "reference": reference.train_jobs}[engine](fold, jobs, "squared", recipe, never):
        assert not np.isfinite(outcome.history[-1])
        assert len(outcome.history) < 30
        assert np.isfinite(outcome.parameters).all()


@pytest.mark.parametrize("engine", [*ENGINES, "reference"])
def test_a_cancelled_engine_gives_nothing(engine):
    recipe = Recipe(epochs=3)
    fold, jobs = prepared("squared", recipe, [(5,)])
    engine_function = {**ENGINES, "reference": reference.train_jobs}[engine]
    assert engine_function(fold, jobs, "squared", recipe, lambda: True) is None


@pytest.mark.parametrize("data", ["digits", "breast cancer", "diabetes"])
def test_cpu_engine_is_as_accurate_as_torch(data):
    load, loss, m = {
        "digits": (load_digits, "softmax", 10),
        "breast cancer": (load_breast_cancer, "logistic", 1),
        "diabetes": (load_diabetes, "squared", 1),
    }[data]
    X, y = load(return_X_y=True)
    rows = np.random.default_rng(5).permutation(len(X))
    cut = len(X) * 3 // 4
    question = preparation.Question(loss, m, None)
    fold = preparation.prepare_fold(
        0, Fold(rows[:cut], rows[cut:]), (X, y.astype(float), np.ones(len(X))), X.shape[1], question
    )
    recipe = Recipe(epochs=20, batch_size=64)
    jobs = [preparation.prepare_job(NetworkSpec(X.shape[1], (16, 16), m), fold, seed, recipe) for seed in range(6)]
    final = [
        np.array([outcome.history[-1] for outcome in train(fold, jobs, loss, recipe, never)])
        for train in (cpu.train_jobs, reference.train_jobs)
    ]
    noise = np.hypot(final[0].std(), final[1].std()) / np.sqrt(len(jobs))
    assert abs(final[0].mean() - final[1].mean()) <= 2.0 * noise
