"""Rows of what has fields: dataclass instances, namespaces, members of Enums."""

from __future__ import annotations

import dataclasses
from enum import Enum
from types import SimpleNamespace
from typing import Any

from autograder.wire.row import Row, UnsupportedValue, WireError, kind_name, printable
from autograder.wire.types.plain import checked_fields, clean_name, is_field
from autograder.wire.values import EnumMember, Record, type_name


def _record_apart(value: Any) -> tuple[object, ...]:
    kind = type(value)
    if kind is Record:
        fields, name = value._asdict(), printable(type_name(value))
    else:
        name = kind_name(kind)
        if dataclasses.is_dataclass(kind):
            fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(kind)}
        else:
            fields = vars(value)
    if not all(map(is_field, fields)):
        raise UnsupportedValue(f"an object of type {name} with an odd name of a field")
    return name, *(part for item in fields.items() for part in item)


def _record(parts: tuple[Any, ...]) -> Record:
    if len(parts) % 2 == 0:
        raise WireError("a record with a field that has no value")
    names = checked_fields(list(parts[1::2]))
    return Record(clean_name(parts[0]), dict(zip(names, parts[2::2], strict=True)))


def _enum_apart(value: Any) -> tuple[object, ...]:
    if type(value) is EnumMember:
        return printable(type_name(value)), printable(value.name), value.value
    return kind_name(type(value)), printable(str(value._name_)), value._value_


def _enum(parts: tuple[Any, ...]) -> EnumMember:
    if len(parts) != 3:
        raise WireError("a member of an Enum of too many or too few parts")
    return EnumMember(clean_name(parts[0]), clean_name(parts[1]), parts[2])


RECORD = Row(b"R", (Record, SimpleNamespace), _record_apart, _record, key=True)
ROWS = (RECORD, Row(b"E", (Enum, EnumMember), _enum_apart, _enum, key=True))
