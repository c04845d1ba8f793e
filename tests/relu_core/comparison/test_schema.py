"""The results schema: strict JSON both ways, one golden file a version, a fingerprint without clocks."""

import json
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from relu_core import ArgumentError, Comparison
from relu_core.comparison import SCHEMA_VERSION, Ratio, SizeInterval
from relu_core.interval import Interval
from tests.golden.refresh import golden_comparison

GOLDEN = Path(__file__).parents[2] / "golden" / f"comparison_schema_{SCHEMA_VERSION}.json"


def test_the_golden_file_of_this_schema_version_is_still_read_and_written_the_same() -> None:
    text = GOLDEN.read_text(encoding="utf-8")
    read = Comparison.from_json(text)
    assert repr(read) == repr(golden_comparison())
    assert json.loads(read.to_json()) == json.loads(text)


def without_what_came_later(record: Comparison) -> Comparison:
    """The golden record as the first version of the schema could hold it."""
    nan = float("nan")
    families = tuple(
        replace(family, points=tuple(replace(point, latency_1000_ms=nan) for point in family.points))
        for family in record.families
    )
    money = tuple(replace(m, misses_cost=nan, false_alarms_cost=nan, cost_curve=None) for m in record.money)
    findings = tuple(replace(finding, wording="", remedy="", facts={}) for finding in record.findings)
    baselines = tuple(replace(baseline, latency_1000_ms=nan, fold_means=()) for baseline in record.baselines)
    return replace(record, families=families, baselines=baselines, money=money, findings=findings, tasks=())


def test_a_record_of_the_first_version_is_read_with_nothing_made_up() -> None:
    text = (GOLDEN.parent / "comparison_schema_1.json").read_text(encoding="utf-8")
    assert repr(Comparison.from_json(text)) == repr(without_what_came_later(golden_comparison()))


def test_a_record_of_the_second_version_lacks_only_the_folds_of_simple_models() -> None:
    text = (GOLDEN.parent / "comparison_schema_2.json").read_text(encoding="utf-8")
    today = golden_comparison()
    baselines = tuple(replace(baseline, fold_means=()) for baseline in today.baselines)
    assert repr(Comparison.from_json(text)) == repr(replace(today, baselines=baselines))


def test_json_is_strict_and_keeps_what_json_has_no_number_for() -> None:
    text = golden_comparison().to_json()
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    read = Comparison.from_json(text)
    assert read.ratio is not None
    assert read.ratio.value.high == float("inf")
    assert read.learning_curve is not None
    assert read.learning_curve.rows_to_target.value != read.learning_curve.rows_to_target.value


def clock_fields(record: Any) -> list[str]:
    found = []
    for item in fields(record):
        value = getattr(record, item.name)
        if item.metadata.get("clock"):
            found.append(item.name)
        for nested in value if isinstance(value, tuple) else (value,):
            if is_dataclass(nested):
                found += clock_fields(nested)
    return found


def test_the_fingerprint_does_not_know_the_clock_but_everything_else() -> None:
    one = golden_comparison()
    assert {"seconds", "latency_ms", "latency_1000_ms", "tasks", "begun"} == set(clock_fields(one))
    family = replace(one.families[0], seconds=99.0)
    later = replace(one, families=(family, *one.families[1:]), seconds={"screen": 7.0})
    assert later.fingerprint() == one.fingerprint()
    other = replace(one, families=(replace(family, work=2e9), *one.families[1:]))
    assert other.fingerprint() != one.fingerprint()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"schema_version": 99}, "schema_version is 99, this program reads 1 to 3; use the program that wrote it"),
        (
            {"poc": 3},
            "Comparison.poc is 3, of the wrong kind; it was written by another program or damaged",
        ),
        (
            {"colour": "red"},
            "Comparison has missing or unknown fields (colour); it was written by another schema version",
        ),
    ],
)
def test_damaged_records_are_refused_with_the_place(change: dict[str, Any], sentence: str) -> None:
    plain = {**json.loads(golden_comparison().to_json()), **change}
    with pytest.raises(ArgumentError) as refusal:
        Comparison.from_json(json.dumps(plain))
    assert str(refusal.value) == sentence


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(ArgumentError) as refusal:
        Comparison.from_json("{")
    assert str(refusal.value).startswith("text is no JSON (")
    assert str(refusal.value).endswith("; pass what Comparison.to_json wrote")


def test_words_of_the_schema_are_checked_when_a_record_is_made() -> None:
    with pytest.raises(ArgumentError) as refusal:
        SizeInterval(1, 2, 1, "perhaps")
    assert str(refusal.value) == "reached is 'perhaps'; choose one of yes, not up to high, already at low"
    with pytest.raises(ArgumentError) as refusal:
        Ratio(2, Interval(1.0, 1.0, 1.0, 0.95, ""), "no")
    assert str(refusal.value) == (
        "censored is 'no'; choose one of none, shallow not reached, deep not reached, neither reached"
    )


def test_every_measured_field_says_its_unit_and_its_word() -> None:
    def walk(record: Any) -> None:
        for item in fields(record):
            value = getattr(record, item.name)
            nested = value if isinstance(value, tuple) else (value,)
            if any(isinstance(one, float | Interval) for one in nested) and "unit" not in item.metadata:
                unmeasured.add(f"{type(record).__name__}.{item.name}")
            for one in nested:
                if is_dataclass(one) and not isinstance(one, Interval):
                    walk(one)

    unmeasured: set[str] = set()
    walk(replace(golden_comparison(), criteria=None, protocol=None))  # type: ignore[arg-type]
    assert unmeasured <= {"SizePoint.fold_means", "BaselineResult.fold_means", "Confusion.threshold"}
