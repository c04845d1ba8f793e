"""The charter: one model for the form and the file, refused in sentences."""

import math
import re
from pathlib import Path

import pytest
import yaml

from flows.charter import Charter, make_charter, read_charter
from flows.errors import CharterError

GOOD = {
    "poc_name": "press-line-7",
    "dataset": "press-line-7",
    "target": "defect",
    "task": "yes/no",
    "metric": "average_precision",
    "target_value": 0.8,
    "kill_value": 0.4,
}


def changed(**values: object) -> Charter:
    return make_charter({**GOOD, **values})


def test_the_file_and_the_form_are_the_same_model(tmp_path: Path) -> None:
    charter = changed(language="日本語", hidden_layers=[1, 4])
    path = tmp_path / "charter.yaml"
    path.write_text(charter.to_yaml(), encoding="utf-8")
    assert read_charter(path) == charter
    assert list(yaml.safe_load(path.read_text(encoding="utf-8"))) == list(Charter.model_fields)


def test_every_field_of_the_form_has_a_title_and_a_description_and_a_plain_kind() -> None:
    for name, field in Charter.model_fields.items():
        assert field.title, name
        assert field.description and field.description.endswith("."), name
        schema = Charter.model_json_schema()["properties"][name]
        assert "anyOf" not in schema and schema.get("type") != "object", f"{name} would show as a JSON box"


def test_windows_side_by_side_may_be_split_by_chance_and_blocks_are_groups() -> None:
    assert changed(window_rows=10).problems() == changed(window_rows=10, lags=[5], block_rows=50).problems() == []
    assert changed(window_rows=10, differences=[20]).span == 21
    assert changed(block_rows=50).protocol().split_rule == "group"


def test_a_good_charter_has_no_problems_and_keeps_its_promise() -> None:
    charter = changed(today_value=0.6)
    assert charter.problems() == []
    criteria = charter.criteria()
    assert (criteria.task, criteria.metric, criteria.target, criteria.kill, criteria.today) == (
        "binary", "average_precision", 0.8, 0.4, 0.6,
    )  # fmt: skip
    assert math.isnan(changed(kill_value=0).criteria().kill)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"metric": "rmse"},
            "metric rmse does not measure yes/no; choose one listed for that kind of answer",
        ),
        (
            {"kill_value": 0.9},
            "kill_value 0.9 must lie below target_value 0.8, "
            "as higher average_precision is better; swap or correct them",
        ),
        (
            {"task": "a number", "metric": "rmse", "target_value": 3, "kill_value": 2},
            "kill_value 2 must lie above target_value 3, as lower rmse is better; swap or correct them",
        ),
        (
            {"split_rule": "by group"},
            "split_rule is 'by group' but split_column is empty; name the group or time column",
        ),
        (
            {"split_column": "machine"},
            "split_column is 'machine' but split_rule is 'by chance'; choose 'by group' or 'by time'",
        ),
        (
            {"excluded_columns": ["defect"]},
            "target 'defect' is also in excluded_columns; take it out there",
        ),
        ({"window_rows": 2}, "window_rows is 1 or 2; a window has at least 3 rows, and 0 means none"),
        ({"window_step": 5}, "window_step is set but window_rows is 0; give both"),
        ({"lags": [0], "block_rows": 50}, "lags and differences count rows back; name whole numbers from 1 on"),
        (
            {"window_rows": 10, "window_step": 5},
            "windows that overlap and earlier values share rows with their neighbours, which a split by chance "
            "puts on both sides; keep rows apart by group, by time, or in blocks (block_rows)",
        ),
        (
            {"split_rule": "by time", "split_column": "time", "block_rows": 9},
            "block_rows is 9 but split_rule is 'by time'; blocks are for 'by chance'",
        ),
        (
            {"lags": [3], "block_rows": 5},
            "block_rows is 5 where one row of features looks at 4 rows; make blocks at least twice as long",
        ),
        ({"target_cap": 125}, "target_cap is for a number to predict; set it to 0"),
        (
            {"life_file": "lives.txt"},
            "life_file is read together with data_file, which is empty; name that file too",
        ),
        (
            {"stopped_file": "test.txt", "data_file": "runs"},
            "stopped_file is named but life_file is empty; name both",
        ),
        ({"hidden_layers": [1, 12]}, "hidden_layers holds 12; name whole numbers from 1 to 8"),
    ],
)
def test_fields_that_contradict_each_other_are_named_in_a_sentence(values: dict[str, object], sentence: str) -> None:
    charter = changed(**values)
    assert charter.problems() == [sentence]
    with pytest.raises(CharterError, match="^" + re.escape(sentence.split("'")[0])):
        charter.check()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"colour": 1}, "the charter: colour is no field of a charter; remove it or correct its spelling"),
        (
            {"poc_name": "Press 7"},
            "the charter: poc_name is 'Press 7'; use small letters, digits and hyphens, for example press-line-7",
        ),
        ({"cost_of_miss": -1}, "the charter: cost_of_miss is -1: input should be greater than or equal to 0"),
        ({"target_value": float("nan")}, "the charter: target_value is nan: input should be a finite number"),
    ],
)
def test_a_wrong_field_is_named_in_a_sentence(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(CharterError) as caught:
        changed(**values)
    assert str(caught.value) == sentence


def test_a_missing_field_says_which_line_to_add() -> None:
    with pytest.raises(CharterError) as caught:
        make_charter({k: v for k, v in GOOD.items() if k != "target"})
    assert str(caught.value) == "the charter: target is missing; add a line 'target: ...'"


def test_files_that_hold_no_charter_are_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "charter.yaml"
    with pytest.raises(CharterError) as caught:
        read_charter(path)
    assert str(caught.value) == f"there is no charter at {path}; check the path"
    path.write_text("poc_name: [", encoding="utf-8")
    with pytest.raises(CharterError, match="is no YAML in line 1; write one 'name: value' a line"):
        read_charter(path)
    path.write_text("just words", encoding="utf-8")
    with pytest.raises(CharterError, match="holds no fields; write one 'name: value' a line"):
        read_charter(path)
    path.write_bytes(b"\xff\xfe\x00poc")
    with pytest.raises(CharterError, match="save it as UTF-8 text"):
        read_charter(path)


def test_the_hash_tells_promises_apart_and_nothing_else() -> None:
    same = changed(retrain=True, ask_between_stages=False, data_file="x.csv")
    assert same.content_hash() == changed().content_hash()
    assert changed(seed=1).content_hash() != changed().content_hash()
