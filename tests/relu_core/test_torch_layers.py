"""Networks from torch and back: the same function, refusals that name the layer."""

import numpy as np
import pytest
import torch
from torch import nn

from relu_core import LayerError, ReluNetwork
from tests.strategies import make_network


def rows(shape: tuple[int, ...]) -> torch.Tensor:
    return torch.randn(5, *shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def assert_same(module: nn.Module, shape: tuple[int, ...], network: ReluNetwork) -> None:
    X = rows(shape)
    with torch.no_grad():
        expected = module.double().eval()(X).reshape(len(X), -1).numpy()
    np.testing.assert_allclose(network(X.reshape(len(X), -1).numpy()), expected, atol=1e-12)


def seeded(*layers: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    module = nn.Sequential(*layers)
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    return module


def test_a_plain_network_keeps_its_float32_weights_exactly() -> None:
    module = seeded(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    network = ReluNetwork.from_torch(module)
    assert network.hidden_widths == (4,)
    np.testing.assert_array_equal(network.weights[0], module[0].weight.detach().numpy().astype(np.float64))
    np.testing.assert_array_equal(network.biases[1], module[2].bias.detach().numpy().astype(np.float64))


def test_convolutions_pooling_and_normalisation_are_folded() -> None:
    module = seeded(
        nn.Conv2d(2, 3, 3, stride=2, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.AvgPool2d(2), nn.Dropout(0.5),
        nn.Flatten(), nn.Linear(12, 4), nn.BatchNorm1d(4), nn.ReLU(),
        nn.Sequential(nn.Identity(), nn.Linear(4, 2, bias=False)),
    )  # fmt: skip
    module.train()(rows((2, 8, 8)).float())  # running statistics other than 0 and 1
    network = ReluNetwork.from_torch(module, (2, 8, 8))
    assert network.hidden_widths == (48, 4)
    assert_same(module, (2, 8, 8), network)


def test_layers_without_relu_between_become_one() -> None:
    module = seeded(nn.Linear(3, 5), nn.Linear(5, 2), nn.ReLU(), nn.Linear(2, 2), nn.ReLU())
    network = ReluNetwork.from_torch(module)
    assert network.hidden_widths == (2, 2)
    assert_same(module, (3,), network)


def test_one_dimensional_convolutions() -> None:
    module = seeded(nn.Conv1d(1, 2, 3), nn.ReLU(), nn.AvgPool1d(2), nn.Flatten(), nn.Linear(6, 1))
    assert_same(module, (1, 8), ReluNetwork.from_torch(module, (1, 8)))


@pytest.mark.parametrize("kind", ["generic", "integer"])
def test_there_and_back_bit_for_bit(kind: str) -> None:
    network = make_network(kind, (3, 4, 5, 2), 0)
    again = ReluNetwork.from_torch(network.to_torch())
    for one, other in zip((*network.weights, *network.biases), (*again.weights, *again.biases), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "module, shape, sentence",
    [
        (
            nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1)),
            None,
            "layer 1 (Sigmoid) is no part of a ReLU network; use Linear, Conv1d, Conv2d, BatchNorm, AvgPool, Flatten, "
            "Identity, Dropout and ReLU only",
        ),
        (
            nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.MaxPool1d(2))),
            None,
            "layer 0.1 (MaxPool1d) is no part of a ReLU network; use Linear, Conv1d, Conv2d, BatchNorm, AvgPool, "
            "Flatten, Identity, Dropout and ReLU only",
        ),
        (
            nn.Sequential(nn.Conv2d(1, 1, 3)),
            None,
            "the module does not begin with a Linear layer; pass input_shape, the shape of one input",
        ),
        (
            nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2, track_running_stats=False)),
            None,
            "layer 1 (BatchNorm1d) keeps no running statistics; train it with them",
        ),
        (
            nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(2)),
            None,
            "layer 1 (BatchNorm1d) has 2 channels where 3 arrive",
        ),
        (
            nn.Sequential(nn.Flatten(2), nn.Linear(2, 2)),
            (2, 2),
            "layer 0 (Flatten) keeps some axes; use start_dim=1 and end_dim=-1",
        ),
    ],
)
def test_what_it_refuses(module: nn.Module, shape: tuple[int, ...] | None, sentence: str) -> None:
    with pytest.raises(LayerError) as refusal:
        ReluNetwork.from_torch(module, shape)
    assert str(refusal.value) == sentence


def test_a_layer_that_does_not_fit_is_named() -> None:
    with pytest.raises(LayerError, match=r"^layer 1 \(Linear\) does not fit inputs of shape \(3,\): "):
        ReluNetwork.from_torch(nn.Sequential(nn.Linear(2, 3), nn.Linear(4, 1)))
