"""Pictures show the record: the same bytes each time, every family named, nothing drawn where nothing was measured."""

import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_core import plots
from relu_core.comparison import metrics
from relu_core.plot_style import (
    BAD,
    BASELINE,
    EXACT,
    FAMILY,
    GOOD,
    INK,
    METRICS,
    QUIET,
    WORDS,
    family_color,
    family_name,
)
from relu_core.regions import SliceRegions
from tests.comparisons import EXAMPLES, all_collapsed, nothing_at_all, press_line, regression

OF_A_COMPARISON = (
    "size_for_accuracy",
    "regions_against_parameters",
    "learning_curve",
    "saving",
    "success_rate",
    "time_used",
)


def texts(svg: str) -> list[str]:
    """What a reader reads in the picture."""
    return [text.strip() for text in re.findall(r"<text[^>]*>(?:<tspan[^>]*>)?([^<]*)", svg)]


@pytest.mark.parametrize("picture", OF_A_COMPARISON)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_record_can_be_drawn(name: str, picture: str) -> None:
    svg = plots.to_svg(getattr(plots, picture)(EXAMPLES[name](), language="ja"))
    assert svg.count("<svg") == 1 and "nan" not in svg


@pytest.mark.parametrize("picture", OF_A_COMPARISON)
def test_the_same_record_gives_the_same_bytes(picture: str) -> None:
    first, second = (plots.to_svg(getattr(plots, picture)(press_line())) for _ in range(2))
    assert first == second and "dc:date" not in first


def test_the_bytes_do_not_change_from_process_to_process() -> None:
    program = (
        "from relu_core import plots; from tests.comparisons import press_line; import hashlib;"
        "print(hashlib.sha256(plots.to_svg(plots.size_for_accuracy(press_line())).encode()).hexdigest())"
    )
    # matplotlib names clip paths by a salted hash; an unsalted one would differ here and in no test above.
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    assert other == hashlib.sha256(plots.to_svg(plots.size_for_accuracy(press_line())).encode()).hexdigest()


@pytest.mark.parametrize("language", WORDS)
def test_every_family_and_line_of_the_promise_is_named_in_its_colour(language: str) -> None:
    svg = plots.to_svg(plots.size_for_accuracy(press_line(), language=language))
    for k in (1, 2, 3):
        found = re.search(rf"fill: ({family_color(k)})[^>]*>{family_name(k, language)}<", svg)
        assert found, f"{family_name(k, language)} has no label in its colour"
    words = WORDS[language]
    assert {f"{words['target']} 0.8", f"{words['kill']} 0.6", f"{words['today']} 0.72"} <= set(texts(svg))


def test_values_that_were_not_measured_are_not_drawn() -> None:
    figure = plots.size_for_accuracy(all_collapsed())
    drawn = {text.get_text() for text in figure.axes[0].texts}
    assert not {family_name(k) for k in (1, 2, 3)} & drawn
    assert "boosted trees" in drawn


def test_nothing_measured_is_said_in_words() -> None:
    record = replace(nothing_at_all(), criteria=replace(press_line().criteria, kill=float("nan")))
    for picture in ("regions_against_parameters", "learning_curve", "saving", "success_rate", "time_used"):
        assert "nothing was measured" in texts(plots.to_svg(getattr(plots, picture)(record)))


def test_the_smallest_size_of_a_family_that_did_not_reach_has_no_mark() -> None:
    reached, not_reached = (
        len(plots.size_for_accuracy(EXAMPLES[name]()).axes[0].lines) for name in ("press_line", "nobody_reaches")
    )
    assert reached - not_reached == 3 * 2 + 1  # ring and bar of three families, and the line of the third


def test_an_error_can_be_drawn_as_well_as_a_share() -> None:
    axes = plots.size_for_accuracy(regression()).axes[0]
    assert axes.get_title(loc="left") == "root mean squared error" and axes.get_xscale() == "log"


def test_every_cell_of_the_confusion_has_its_rows_and_its_money_a_year() -> None:
    record = press_line()
    shown = texts(plots.to_svg(plots.confusion(record.money[2], record.criteria)))
    assert {"124 rows", "30 rows", "40 rows", "1,806 rows"} <= set(shown)
    assert {"432,000 EUR a year", "38,400 EUR a year"} <= set(shown) and shown.count("0 EUR a year") == 2


def test_a_record_without_the_money_of_each_mistake_shows_none() -> None:
    old = replace(press_line().money[2], misses_cost=float("nan"), false_alarms_cost=float("nan"))
    shown = texts(plots.to_svg(plots.confusion(old, press_line().criteria)))
    assert "30 rows" in shown and len([text for text in shown if "EUR" in text]) == 2


def test_the_cost_curve_marks_the_chosen_threshold_at_its_lowest_place() -> None:
    option = press_line().money[2]
    assert option.cost_curve is not None
    axes = plots.cost_curve(option, press_line().criteria).axes[0]
    (chosen,) = [line for line in axes.lines if line.get_marker() == "o"]
    assert chosen.get_xdata()[0] == option.confusion.threshold
    assert chosen.get_ydata()[0] == min(option.cost_curve.cost_per_year)
    assert axes.get_title(loc="left") == "cost, million EUR a year" and axes.get_xscale() == "linear"


def test_a_threshold_near_zero_gets_an_axis_on_which_it_can_be_seen() -> None:
    option = press_line().money[2]
    small = replace(option, confusion=replace(option.confusion, threshold=0.004))
    axes = plots.cost_curve(small, press_line().criteria).axes[0]
    assert axes.get_xscale() == "log"
    # A sure model's scores go down to 1e-40: the place where the choice was made must not shrink to the last hundredth.
    assert small.cost_curve is not None
    sure = replace(small.cost_curve, thresholds=(1e-40, *small.cost_curve.thresholds[1:]))
    axes = plots.cost_curve(replace(small, cost_curve=sure), press_line().criteria).axes[0]
    assert axes.get_xlim() == (0.004 * 1e-3, 1.0)


def test_a_threshold_that_is_never_reached_stands_at_the_right_end() -> None:
    option = press_line().money[2]
    never = replace(option, confusion=replace(option.confusion, threshold=1.0 + 1e-9))
    axes = plots.cost_curve(never, press_line().criteria).axes[0]
    assert axes.get_xlim() == (0.0, 1.0) and "chosen 1" in {text.get_text() for text in axes.texts}


@pytest.mark.parametrize(("language", "unit"), [("en", "cost, million JPY a year"), ("ja", "費用、単位:万円/年")])
def test_large_money_is_counted_in_units_that_people_use(language: str, unit: str) -> None:
    option = press_line().money[2]
    assert option.cost_curve is not None
    curve = replace(option.cost_curve, cost_per_year=tuple(10 * c for c in option.cost_curve.cost_per_year))
    promise = replace(press_line().criteria, currency="JPY")
    axes = plots.cost_curve(replace(option, cost_curve=curve), promise, language=language).axes[0]
    assert axes.get_title(loc="left") == unit


@pytest.mark.parametrize(
    ("rows", "trusted", "words"),
    [(6_100.0, False, "reached with 6,100 rows"), (31_000.0, True, "about 31,000 rows needed"), (31_000.0, False, "")],
)
def test_rows_beyond_the_curve_are_named_only_where_it_is_trusted(rows: float, trusted: bool, words: str) -> None:
    curve = press_line().learning_curve
    assert curve is not None
    wanted = replace(curve.rows_to_target, value=rows, low=0.8 * rows, high=1.3 * rows)
    record = press_line(learning_curve=replace(curve, rows_to_target=wanted, trusted=trusted))
    named = [t.get_text() for t in plots.learning_curve(record).axes[0].texts if "rows" in t.get_text()]
    assert named == [words] * bool(words)


def test_bounds_far_above_the_counts_leave_the_picture_and_do_not_squeeze_them() -> None:
    families = tuple(
        replace(
            f,
            points=tuple(
                replace(p, regions=replace(p.regions, log10_upper_bound=400.0)) for p in f.points if p.regions
            ),
        )
        for f in press_line().families
    )
    axes = plots.regions_against_parameters(press_line(families=families)).axes[0]
    counts = [p.regions.count.value for f in families for p in f.points if p.regions]
    assert axes.get_ylim()[1] == pytest.approx(1e4 * max(counts))


def test_the_longest_tasks_stand_where_they_ran_and_an_older_record_shows_its_stages() -> None:
    axes = plots.time_used(press_line()).axes[0]
    assert [bar.get_x() * 60 for bar in axes.patches] == pytest.approx(
        [t.begun for t in sorted(press_line().tasks, key=lambda t: (t.begun, t.hidden_layers))]
    )
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert "Compare · Find the smallest network, 2 hidden layers" in names
    old = plots.time_used(press_line(tasks=())).axes[0]
    assert [label.get_text() for label in old.get_yticklabels()] == ["Screen", "Compare", "Confirm"]
    many = press_line(tasks=tuple(replace(press_line().tasks[0], begun=float(i)) for i in range(40)))
    assert len(plots.time_used(many).axes[0].patches) == 16


def test_a_slice_shows_each_polygon_and_each_row() -> None:
    squares = [np.array([[i, 0.0], [i + 1.0, 0.0], [i + 1.0, 1.0], [i, 1.0]]) for i in range(3)]
    maps = np.array([[[1.0, 0.0, 0.0]], [[0.0, 2.0, 0.0]], [[1.0, 0.0, 0.0]]])
    zero, extent = np.zeros(2), np.array([0.0, 3.0, 0.0, 1.0])
    record = SliceRegions(tuple(squares), np.zeros((3, 2), dtype=bool), maps, zero, zero, zero, extent)
    axes = plots.region_slice(record, np.array([[0.5, 0.5], [1.5, 0.5]])).axes[0]
    assert len(axes.collections[0].get_paths()) == 3 and len(axes.lines[0].get_xdata()) == 2
    tones = axes.collections[0].get_facecolor()
    assert np.array_equal(tones[0], tones[2]) and not np.array_equal(tones[0], tones[1])


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=12).map(sorted), st.floats(0.01, 2))
@settings(deadline=None, derandomize=True)
def test_labels_are_pushed_apart_in_order_and_no_further_than_needed(wanted: list[float], gap: float) -> None:
    placed = plots.spread(wanted, gap)
    assert all(b - a >= gap - 1e-9 for a, b in pairwise(placed))
    assert np.mean(placed) == pytest.approx(np.mean(wanted), abs=1e-9)
    if all(b - a >= gap for a, b in pairwise(wanted)):
        assert placed == pytest.approx(wanted)


def contrast_on_white(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


@pytest.mark.parametrize("color", [*FAMILY.values(), INK, QUIET, GOOD, BAD, EXACT, BASELINE])
def test_every_colour_can_be_read_as_text_on_white(color: str) -> None:
    assert contrast_on_white(color) >= 4.5


# What is left of linear red, green and blue without red or green receptors (Vienot, Brettel, Mollon 1999).
BLINDNESS = {
    "no red": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "no green": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
}


@pytest.mark.parametrize("blindness", BLINDNESS)
def test_the_first_four_families_differ_for_the_colour_blind(blindness: str) -> None:
    light = np.array([[int(FAMILY[k][i : i + 2], 16) / 255 for i in (1, 3, 5)] for k in (1, 2, 3, 4)]) ** 2.2
    seen = np.clip(light @ np.array(BLINDNESS[blindness]).T, 0, 1) ** (1 / 2.2)
    assert min(np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]) > 0.15


def test_both_languages_have_the_same_words() -> None:
    assert set(WORDS["en"]) == set(WORDS["ja"])
    assert set(METRICS["en"]) == set(METRICS["ja"]) >= set(metrics.METRICS)
