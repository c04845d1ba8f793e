"""train_networks: one record for each architecture, fold and seed; in plant units; the same in whatever company."""

import numpy as np
import pytest
import torch

from relu_core import ArgumentError, Fold, MatrixFold, NetworkSpec, Recipe, train_networks
from relu_core.training import TrainingProgress, cpu, preparation, train

RECIPE = Recipe(epochs=40, batch_size=32)
SMALL, DEEP = NetworkSpec(3, (6,)), NetworkSpec(3, (5, 4))


def rows(count: int = 240) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(count, 3)) * [1.0, 30.0, 0.02] + [0.0, 500.0, 1.0]
    return X, 25.0 * np.abs(X[:, 0]) + 0.3 * X[:, 1]


def folds(count: int = 240) -> list[Fold]:
    order = np.random.default_rng(3).permutation(count)
    return [Fold(np.delete(order, part), order[part]) for part in np.array_split(np.arange(count), 3)]


def assert_same_bits(first, second):
    for a, b in zip((*first.weights, *first.biases), (*second.weights, *second.biases), strict=True):
        np.testing.assert_array_equal(a, b)


def test_one_record_for_each_architecture_fold_and_seed_in_that_order():
    X, y = rows()
    result = train_networks([SMALL, DEEP], X, y, folds=folds(), seeds=[4, 9], recipe=RECIPE)
    asked = [(spec, fold, seed) for spec in (SMALL, DEEP) for fold in range(3) for seed in (4, 9)]
    assert [(r.spec, r.fold, r.seed) for r in result.records] == asked
    assert result.complete and result.missing == () and len(result.networks) == 12
    assert [r.network.hidden_widths for r in result.of(DEEP)] == [(5, 4)] * 6
    assert all(r.history.shape == (40,) and r.best_epoch == 39 and r.seconds > 0 for r in result.records)


def test_networks_speak_plant_units_and_history_does_too():
    X, y = rows()
    for record in train_networks([DEEP], X, y, folds=folds(), seeds=[0], recipe=RECIPE).records:
        error = record.validation_predictions()[:, 0] - record.y_validation
        assert record.history[-1] == pytest.approx(np.mean(error**2), rel=1e-3)
        assert np.mean(error**2) < 0.5 * np.var(record.y_validation)


def test_units_of_inputs_and_target_do_not_matter():
    X, y = rows()
    scaled = X * [1e3, 1e-4, 7.0] + [5.0, -2.0, 1e3]
    plain = train_networks([DEEP], X, y, folds=folds(), seeds=[1], recipe=RECIPE)
    other = train_networks([DEEP], scaled, 1e5 * y - 3.0, folds=folds(), seeds=[1], recipe=RECIPE)
    for a, b in zip(plain.records, other.records, strict=True):
        np.testing.assert_allclose(1e5 * a.validation_predictions() - 3.0, b.validation_predictions(), rtol=1e-3)


@pytest.mark.parametrize("device", ["cpu"])
def test_a_network_is_the_same_in_any_company(device):
    X, y = rows()
    together = train_networks(
        [SMALL, DEEP], X, y, folds=folds(), seeds=range(7), recipe=RECIPE, threads=3, device=device
    )
    alone = train_networks([DEEP], X, y, folds=folds()[1:2], seeds=[5], recipe=RECIPE, device=device)
    [same] = [r for r in together.of(DEEP) if (r.fold, r.seed) == (1, 5)]
    assert_same_bits(alone.networks[0], same.network)
    np.testing.assert_array_equal(alone.records[0].history, same.history)


def test_chunks_do_not_matter(monkeypatch):
    X, y = rows()
    whole = train_networks([SMALL, DEEP], X, y, folds=folds(), seeds=range(4), recipe=RECIPE)
    monkeypatch.setattr(train, "_CHUNK_NETWORKS", 1)
    pieces = train_networks([SMALL, DEEP], X, y, folds=folds(), seeds=range(4), recipe=RECIPE)
    for a, b in zip(whole.networks, pieces.networks, strict=True):
        assert_same_bits(a, b)


def test_a_chunk_shares_its_gather_and_leaves_no_thread_idle():
    # 40 networks in each of 2 folds, a gather that takes as long as 0.4 of them: halves for two threads, no quarters.
    assert train._networks_a_chunk(40, 2, 0.4, 2) == 20
    # Networks so small that the gather is most of the work are not torn apart, though 5 folds divide badly by 2.
    assert train._networks_a_chunk(4, 5, 6.5, 2) == 4
    # Where it is not, they are.
    assert train._networks_a_chunk(4, 5, 0.3, 2) == 2


@pytest.mark.parametrize("rows_to_judge", [1, 127, 128, 300])
def test_the_spread_of_outputs_is_that_of_the_network_in_plant_units(rows_to_judge):
    X, y = rows(440)
    fold = Fold(np.arange(len(X) - rows_to_judge), np.arange(len(X) - rows_to_judge, len(X)))
    prepared = preparation.prepare_fold(0, fold, (X, y, np.ones(len(X))), 3, preparation.Question("squared", 1, None))
    jobs = [preparation.prepare_job(spec, prepared, 0, RECIPE) for spec in (SMALL, DEEP)]
    outcomes = [preparation.Outcome(job.start, np.zeros(1), 0) for job in jobs]
    for job, found in zip(jobs, cpu.spreads_of_outputs(prepared, jobs, outcomes), strict=True):
        network = preparation.to_network(job.spec, job.start, prepared.scaling)
        exact = network(prepared.X_validation).std() / prepared.scaling.output_scale
        assert found == pytest.approx(exact, rel=1e-4, abs=1e-6)


def test_seeds_folds_and_architectures_have_streams_of_their_own():
    X, y = rows()
    result = train_networks([SMALL], X, y, folds=folds(), seeds=range(4), recipe=RECIPE)
    assert len({r.network.weights[0].tobytes() for r in result.records}) == 12


def test_a_matrix_fold_is_the_fold_it_was_cut_from():
    X, y = rows()
    fold = folds()[0]
    parts = [a for indices in (fold.training, fold.validation) for a in (X[indices], y[indices])]
    named = train_networks([DEEP], X, y, folds=[fold], seeds=[0], recipe=RECIPE)
    given = train_networks([DEEP], None, None, folds=[MatrixFold(*parts)], seeds=[0], recipe=RECIPE)
    np.testing.assert_array_equal(named.records[0].y_validation, given.records[0].y_validation)
    np.testing.assert_array_equal(named.records[0].X_validation, given.records[0].X_validation)
    # Streams are spawned from a fold's content, and row numbers are not values: another start.
    assert given.records[0].history[-1] < 0.8 * np.var(y)


def test_scaling_and_weights_are_those_of_the_training_rows_alone():
    X, y = rows()
    fold = folds()[0]
    plain = train_networks([DEEP], X, y, folds=[fold], seeds=[0], recipe=RECIPE).networks[0]
    X, y = X.copy(), y.copy()
    X[fold.validation], y[fold.validation] = 1e6, -1e6
    assert_same_bits(plain, train_networks([DEEP], X, y, folds=[fold], seeds=[0], recipe=RECIPE).networks[0])


def test_rows_of_weight_zero_teach_nothing():
    X, y = rows()
    fold = folds()[0]
    weight = np.ones(len(y))
    weight[fold.training[:40]] = 0.0
    spoiled = y.copy()
    spoiled[fold.training[:20]] += 1.0
    spoiled[fold.training[20:40]] -= 1.0
    options = {"folds": [fold], "seeds": [0], "recipe": RECIPE, "sample_weight": weight}
    first, second = (train_networks([DEEP], X, values, **options).records[0] for values in (y, spoiled))
    np.testing.assert_allclose(first.validation_predictions(), second.validation_predictions(), rtol=1e-2)


def test_class_weights_are_sample_weights_by_class():
    X, y = rows()
    labels = (y > np.quantile(y, 0.8)).astype(int)
    options = {"loss": "logistic", "folds": folds()[:1], "seeds": [0], "recipe": RECIPE}
    by_class = train_networks([DEEP], X, labels, class_weight=[1.0, 4.0], **options).networks[0]
    by_row = train_networks([DEEP], X, labels, sample_weight=np.where(labels, 4.0, 1.0), **options).networks[0]
    assert_same_bits(by_class, by_row)
    balanced = train_networks([DEEP], X, labels, class_weight="balanced", **options).records[0]
    plain = train_networks([DEEP], X, labels, **options).records[0]
    assert balanced.validation_predictions().mean() > plain.validation_predictions().mean()


def test_outputs_of_classifiers_are_logits():
    X, y = rows()
    classes = np.digitize(y, np.quantile(y, [0.3, 0.7]))
    spec = NetworkSpec(3, (8,), 3)
    recipe = Recipe(epochs=40, batch_size=32)
    [record] = train_networks([spec], X, classes, loss="softmax", folds=folds()[:1], seeds=[0], recipe=recipe).records
    logits = record.validation_predictions()
    chosen = logits[np.arange(len(logits)), record.y_validation.astype(int)]
    assert np.mean(np.log(np.exp(logits).sum(axis=1)) - chosen) == pytest.approx(record.history[-1], rel=1e-4)
    assert np.mean(logits.argmax(axis=1) == record.y_validation) > 0.7


def test_stopping_rows_watch_in_place_of_the_validation_rows():
    X, y = rows()
    inner = Fold(np.arange(150), np.arange(200, 240), np.arange(150, 200))
    [record] = train_networks([DEEP], X, y, folds=[inner], seeds=[0], recipe=RECIPE).records
    error = record.network(X[150:200])[:, 0] - y[150:200]
    assert record.history[-1] == pytest.approx(np.mean(error**2), rel=1e-3)
    np.testing.assert_array_equal(record.X_validation, X[200:240])


def test_a_network_of_dead_units_is_collapsed_and_stays_in_the_result():
    X, y = rows()
    narrow = NetworkSpec(3, (1, 1, 1))
    records = train_networks([narrow], X, y, folds=folds(), seeds=range(10), recipe=RECIPE).records
    flat = [np.ptp(record.validation_predictions()) < 1e-6 * np.ptp(y) for record in records]
    assert len(records) == 30 and any(flat) and not all(record.collapsed for record in records)
    assert all(record.collapsed for record, is_flat in zip(records, flat, strict=True) if is_flat)


def test_a_constant_column_does_no_harm():
    X, y = rows()
    X[:, 1] = 0.1 + 0.2
    [record] = train_networks([DEEP], X, y - 0.3 * 500, folds=folds()[:1], seeds=[0], recipe=RECIPE).records
    assert np.isfinite(record.history).all() and not record.diverged


def test_a_network_that_diverged_says_so():
    X, y = rows()
    recipe = Recipe(epochs=20, learning_rate=1e30, schedule="constant")
    [record] = train_networks([DEEP], X, y, folds=folds()[:1], seeds=[0], recipe=recipe).records
    assert record.diverged and np.isfinite(record.validation_predictions()).all()


def test_out_of_time_leaves_what_is_finished_and_names_what_is_missing():
    X, y = rows()
    nothing = train_networks([SMALL], X, y, folds=folds(), seeds=[0, 1], recipe=RECIPE, time_limit=0.0)
    assert not nothing.complete and nothing.records == ()
    assert nothing.missing == tuple((SMALL, fold, seed) for fold in range(3) for seed in (0, 1))


@pytest.mark.parametrize("threads", [1, 2])
def test_a_true_answer_of_the_callback_stops_and_leaves_whole_seeds_first(monkeypatch, threads):
    monkeypatch.setattr(train, "_CHUNK_NETWORKS", 1)
    X, y = rows()
    told: list[TrainingProgress] = []

    def enough(progress: TrainingProgress) -> bool:
        told.append(progress)
        return progress.done >= 6

    result = train_networks(
        [SMALL, DEEP], X, y, folds=folds(), seeds=range(5), recipe=RECIPE, callback=enough, threads=threads
    )
    assert len(result.records) + len(result.missing) == 30
    assert [p.done for p in told] == sorted(p.done for p in told) and told[0].total == 30
    if threads == 1:  # a second thread goes on while the first one asks
        assert [r.seed for r in result.records] == [0] * 6


REFUSED = {
    "specs is empty; pass at least one": {"specs": []},
    "seeds[1] is -1; pass a whole number of at least 0": {"seeds": [0, -1]},
    "seeds holds an entry twice; equal entries give equal networks, name each once": {"seeds": [0, 0]},
    "specs[1] has n = 4, m = 1 where specs[0] has n = 3, m = 1; "
    "train networks for other columns in a call of their own": {"specs": [SMALL, NetworkSpec(4, (2,))]},
    "X has 3 columns where 2 are needed; pass those it was built for": {"specs": [NetworkSpec(2, (2,))]},
    "X holds 1 missing or infinite values; impute or drop them first": {"X": "hole"},
    "loss is 'hinge'; choose one of squared, huber, logistic, softmax": {"loss": "hinge"},
    "y in the training rows of folds[0] holds 24.5 where loss 'logistic' needs whole numbers from 0 to 1; "
    "encode the classes first": {"loss": "logistic", "y": 24.5},
    "y in the training rows of folds[0] holds one class only (1); "
    "there is nothing to learn, choose other rows or another target": {"loss": "logistic", "y": 1},
    "y in the training rows of folds[0] holds one value only (2.5); "
    "there is nothing to learn, choose other rows or another target": {"y": 2.5},
    "loss 'softmax' takes one output a class where a spec has m = 1; pass m = number of classes": {"loss": "softmax"},
    "loss 'squared' takes networks of one output where a spec has m = 2; pass m = 1": {
        "specs": [NetworkSpec(3, (2,), 2)]
    },
    "folds[0].validation holds 999 where X has rows 0 to 239; name rows of X": {"folds": [Fold([0, 1], [999])]},
    "folds[0] names rows by number where X and y are None; pass X and y, or a MatrixFold": {"X": None},
    "sample_weight holds -1; pass weights of at least 0": {"sample_weight": -np.ones(240)},
    "class_weight is given where loss 'squared' has no classes; pass sample_weight instead": {
        "class_weight": "balanced"
    },
    "device is 'tpu'; choose one of auto, cpu, cuda": {"device": "tpu"},
    "threads is 0; pass a whole number of at least 1": {"threads": 0},
    "recipe is of type dict; pass a Recipe": {"recipe": {}},
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_refuses_in_one_sentence(sentence):
    X, y = rows()
    asked = {"specs": [SMALL], "X": X, "y": y, "folds": folds(), "seeds": [0], "recipe": RECIPE, "device": "cpu"}
    asked.update(REFUSED[sentence])
    if isinstance(asked["X"], str):
        asked["X"] = np.where(np.arange(240)[:, None] == 7, [[1.0, np.nan, 1.0]], X)
    if isinstance(asked["y"], float | int):
        asked["y"] = np.full(240, asked["y"])
    with pytest.raises(ArgumentError) as refusal:
        train_networks(**asked)
    assert str(refusal.value) == sentence


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is there")
def test_a_gpu_that_is_not_there_is_refused_and_auto_does_without():
    X, y = rows()
    options = {"folds": folds()[:1], "seeds": [0], "recipe": Recipe(epochs=1)}
    large = NetworkSpec(3, (80, 80))
    assert train_networks([large], X, y, device="auto", **options).engine == "cpu"
    with pytest.raises(ArgumentError) as refusal:
        train_networks([large], X, y, device="cuda", **options)
    assert str(refusal.value) == "device is 'cuda' where torch finds no CUDA GPU; pass 'cpu' or 'auto'"


def test_a_fold_refuses_rows_on_both_sides_and_what_are_no_row_numbers():
    with pytest.raises(ArgumentError) as refusal:
        Fold([1, 2, 3], [3, 4])
    assert str(refusal.value) == (
        "row 3 is a training row and a validation row; "
        "a network may not be judged on rows it learned from, keep them apart"
    )
    with pytest.raises(ArgumentError) as refusal:
        Fold([True, False], [1])
    assert str(refusal.value) == (
        "training is of kind bool and shape (2,); pass row numbers, a vector of whole numbers that is not empty"
    )
    with pytest.raises(ArgumentError) as refusal:
        Fold([1, 1], [2])
    assert (
        str(refusal.value) == "training names a row twice; name each row once and use sample_weight for its importance"
    )
