"""What a person sees of a flow's form: a title for the whole, and the data sets of the lake to choose from."""

from collections.abc import Mapping, Sequence
from typing import Any

from flows.charter import NEW_DATASET

CHARTER = "Charter"


def shown(schema: Mapping[str, Any], datasets: Sequence[str]) -> dict[str, Any]:
    """The form of a flow as its deployment shows it. schema: as the flow declares it; datasets: names in the lake."""
    definitions = schema.get("definitions", {})
    titled = {name: _titled(field, definitions) for name, field in schema.get("properties", {}).items()}
    return with_datasets({**schema, "properties": titled}, datasets)


def with_datasets(schema: Mapping[str, Any], datasets: Sequence[str]) -> dict[str, Any]:
    """`schema` whose charter offers `datasets`; other forms come back as they are."""
    definitions = schema.get("definitions", {})
    if CHARTER not in definitions:
        return dict(schema)
    charter = definitions[CHARTER]
    fields = {**charter["properties"], "dataset": _choice(charter["properties"]["dataset"], datasets)}
    return {**schema, "definitions": {**definitions, CHARTER: {**charter, "properties": fields}}}


def _choice(field: Mapping[str, Any], datasets: Sequence[str]) -> dict[str, Any]:
    """A list of names instead of a text: the new data set first, for it is always there."""
    kept = {key: field[key] for key in ("title", "description") if key in field}
    return {**kept, "type": "string", "enum": [NEW_DATASET, *sorted(datasets)]}


def _titled(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The one argument of a flow is a model: its title is the form's, not the name of a variable."""
    model = definitions.get(field.get("$ref", "").rpartition("/")[2], {})
    return {**field, "title": model["title"]} if "title" in model else dict(field)
