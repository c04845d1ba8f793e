"""Frozen records to JSON values and back, by their type hints. Strict JSON: nan and infinities travel as words."""

import dataclasses
import math
import types
import typing
from typing import Any, TypeVar

from relu_core.errors import ArgumentError

Record = TypeVar("Record")
WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def to_plain(value: Any) -> Any:
    """Dicts, lists, strings, numbers and None only, ready for json.dumps(allow_nan=False)."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    number = float(value)
    if math.isfinite(number):
        return number
    return "nan" if math.isnan(number) else ("inf" if number > 0 else "-inf")


def from_plain(kind: type[Record], plain: Any, where: str = "") -> Record:
    """The record of type `kind` that `to_plain` took apart. Refuses unknown and missing fields, naming where."""
    return typing.cast(Record, _read(kind, plain, where or kind.__name__))


def _read(kind: Any, plain: Any, where: str) -> Any:
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        if plain is None:
            return None
        kinds = [k for k in typing.get_args(kind) if k is not type(None)]
        is_word = str in kinds and isinstance(plain, str) and plain not in WORDS
        return _read(str if is_word else kinds[0], plain, where)
    if dataclasses.is_dataclass(kind):
        return _read_record(kind, plain, where)
    if origin is tuple:
        inner = typing.get_args(kind)[0]
        return tuple(_read(inner, item, f"{where}[{i}]") for i, item in enumerate(_expect(plain, list, where)))
    if origin is dict:
        inner = typing.get_args(kind)[1]
        return {key: _read(inner, item, f"{where}.{key}") for key, item in _expect(plain, dict, where).items()}
    if kind is float:
        return WORDS[plain] if plain in WORDS else float(_expect(plain, (int, float), where))
    return _expect(plain, kind, where)


def _read_record(kind: Any, plain: Any, where: str) -> Any:
    hints = typing.get_type_hints(kind)
    names = {field.name for field in dataclasses.fields(kind)}
    given = set(_expect(plain, dict, where))
    if names != given:
        wrong = ", ".join(sorted(names ^ given))
        raise ArgumentError(
            f"{where} has missing or unknown fields ({wrong}); it was written by another schema version"
        )
    return kind(**{name: _read(hints[name], plain[name], f"{where}.{name}") for name in sorted(names)})


def _expect(plain: Any, kind: Any, where: str) -> Any:
    if (isinstance(plain, bool) and kind is not bool) or not isinstance(plain, kind):
        raise ArgumentError(f"{where} is {plain!r}, of the wrong kind; it was written by another program or damaged")
    return plain
