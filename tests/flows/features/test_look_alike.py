"""Takes of one piece of surface are found by what they share, whatever the shift; textures alone are no likeness."""

import numpy as np
import pytest
from scipy import ndimage

from flows.features.look_alike import look_alike_groups, natural_order


def surface(seed: int, height: int, width: int) -> np.ndarray:
    """A grainy surface of its own, grey values from 0 to 1."""
    grain = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(height, width)), 1.5)
    return (grain - grain.min()) / np.ptp(grain)


def groups(pictures: list[np.ndarray]) -> list[int]:
    return look_alike_groups([f"{i}.png" for i in range(len(pictures))], pictures).tolist()


def test_overlapping_takes_share_a_number_also_through_others() -> None:
    strip = surface(0, 200, 500)
    takes = [strip[:, at : at + 200] for at in (0, 100, 200)]
    others = [surface(seed, 200, 200) for seed in range(1, 6)]
    found = groups([others[0], takes[0], others[1], takes[1], others[2], takes[2], *others[3:]])
    assert found[1] == found[3] == found[5] and len(set(found)) == 6
    assert min(found) == 1


@pytest.mark.parametrize("factor", [0.5, 1.0])
def test_another_light_does_not_hide_a_copy(factor: float) -> None:
    picture = surface(7, 150, 150)
    found = groups([picture, factor * picture + 0.1 * (1 - factor), surface(8, 150, 150), surface(9, 150, 150)])
    assert found[0] == found[1] and len(set(found)) == 3


def test_surfaces_of_one_kind_are_no_copies_whatever_the_seed() -> None:
    assert groups([surface(seed, 200, 200) for seed in range(100, 140)]) == [0] * 40


def test_a_picture_that_all_share_says_nothing_about_a_split() -> None:
    part = surface(3, 160, 160)
    noise = np.random.default_rng(0)
    assert groups([part + noise.normal(0, 0.02, part.shape) for _ in range(12)]) == [0] * 12


def test_plain_pictures_have_no_likeness() -> None:
    assert groups([np.full((60, 60), shade) for shade in (0.1, 0.1, 0.9)]) == [0, 0, 0]


def test_a_person_counts_nine_before_ten() -> None:
    names = ["b_10.png", "b_9.png", "a_100.png", "a_20.png"]
    assert [names[i] for i in natural_order(names)] == ["a_20.png", "a_100.png", "b_9.png", "b_10.png"]
