"""The forms: the lake's data sets to choose from, titles that are words."""

from typing import Any

import pytest

from flows.charter import Charter, make_charter
from flows.errors import CharterError
from flows.forms import shown, with_datasets

SCHEMA: dict[str, Any] = {
    "properties": {"charter": {"$ref": "#/definitions/Charter", "position": 0, "title": "charter"}},
    "definitions": {"Charter": Charter.model_json_schema()},
}
GOOD = {
    "poc_name": "line-7", "target": "defect", "task": "yes/no", "metric": "roc_auc", "target_value": 0.8,
}  # fmt: skip


def test_the_data_sets_of_the_lake_are_a_list_and_a_new_one_is_always_offered() -> None:
    form = shown(SCHEMA, ["welding", "line-7"])
    field = form["definitions"]["Charter"]["properties"]["dataset"]
    assert field["enum"] == ["named like the PoC", "line-7", "welding"]
    assert (field["type"], "pattern" in field, field["title"]) == ("string", False, "Data set")
    assert shown(SCHEMA, [])["definitions"]["Charter"]["properties"]["dataset"]["enum"] == ["named like the PoC"]


def test_the_form_is_titled_in_words_and_offering_again_replaces() -> None:
    form = shown(SCHEMA, ["a"])
    assert form["properties"]["charter"]["title"] == "Charter"
    assert with_datasets(form, ["a"]) == form
    assert with_datasets(form, ["b"]) == shown(SCHEMA, ["b"])


def test_the_flows_own_schema_is_left_as_it_is() -> None:
    before = repr(SCHEMA)
    shown(SCHEMA, ["a"])
    assert repr(SCHEMA) == before
    other = {"properties": {"x": {"type": "string", "title": "x"}}, "definitions": {}}
    assert shown(other, ["a"]) == other


def test_a_new_data_set_is_named_like_the_poc() -> None:
    assert make_charter({**GOOD, "dataset": "named like the PoC"}).dataset == "line-7"
    with pytest.raises(CharterError, match="poc_name is missing"):
        make_charter({**{k: v for k, v in GOOD.items() if k != "poc_name"}, "dataset": "named like the PoC"})


def test_whether_to_evaluate_again_is_no_part_of_the_promise() -> None:
    same = make_charter({**GOOD, "dataset": "a", "evaluate_on_new_rows": True})
    assert same.content_hash() == make_charter({**GOOD, "dataset": "a"}).content_hash()
