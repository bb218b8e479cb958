"""The published schemas, read by an independent validator, against documents and against the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]

from tests import examples
from tests.model_strategies import RECORDS, records
from whoseport.model import Listing, Misuse
from whoseport.record import Record
from whoseport.render.json import to_json
from whoseport.render.schema import DOCUMENTS, schema, schema_of, schema_text

COPIES = Path(__file__).parents[2] / "docs" / "schemas"


def strict(node: Any) -> Any:
    """The schema with undeclared keys and unfilled layers forbidden: the model and a document must agree exactly."""
    if isinstance(node, list):
        return [strict(element) for element in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == ["null", "array", "object"]:
        return {"type": "null"}
    closed = {"additionalProperties": False} if "properties" in node else {}
    return {key: strict(value) for key, value in node.items()} | closed


def check(document: Any, described: Any) -> None:
    Draft202012Validator(described).validate(document)


@pytest.fixture
def listing() -> Any:
    return json.loads(to_json(Listing(host=examples.inspection())))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    assert json.loads(schema_text(name)) == schema(name)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_copy_in_the_documentation_is_the_generated_one(name: str) -> None:
    copy = (COPIES / f"{name}.json").read_text(encoding="utf-8")
    assert copy == schema_text(name), "make docs writes the schemas anew"


def test_no_copy_is_left_over() -> None:
    assert {path.stem for path in COPIES.iterdir()} == set(DOCUMENTS)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.sampled_from(RECORDS).flatmap(lambda kind: st.tuples(st.just(kind), records(kind))))
def test_every_record_of_the_model_fits_its_schema(case: tuple[type[Record], Record]) -> None:
    kind, record = case
    described = schema_of(kind)
    document = json.loads(to_json(record))
    check(document, described)
    check(document, strict(described))


def test_every_key_is_required(listing: Any) -> None:
    del listing["host"]["listeners"][0]["owners"][0]["working_directory"]
    with pytest.raises(ValidationError, match="'working_directory' is a required property"):
        check(listing, schema("list"))


def test_a_word_out_of_the_list_is_refused(listing: Any) -> None:
    listing["host"]["listeners"][0]["exposure"] = "world"
    with pytest.raises(ValidationError, match="'world' is not one of"):
        check(listing, schema("list"))


@pytest.mark.parametrize("value", ["80", None, 80.5, []])
def test_a_value_of_another_type_is_refused(listing: Any, value: object) -> None:
    listing["host"]["listeners"][0]["port"] = value
    with pytest.raises(ValidationError):
        check(listing, schema("list"))


def test_a_key_more_is_allowed_and_caught_by_the_strict_reading(listing: Any) -> None:
    listing["host"]["listeners"][0]["firewall"] = None
    check(listing, schema("list"))
    with pytest.raises(ValidationError, match="'firewall' was unexpected"):
        check(listing, strict(schema("list")))


def test_a_layer_that_a_later_version_fills_is_allowed() -> None:
    answer: Any = schema("answer")
    assert answer["properties"]["history"] == {"type": ["null", "array", "object"]}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_definition_is_used_and_none_is_missing(name: str) -> None:
    described: Any = schema(name)
    used: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                used.add(node["$ref"].removeprefix("#/$defs/"))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(described)
    assert used == set(described.get("$defs", {}))


def test_descriptions_speak_json() -> None:
    described: Any = schema("answer")
    assert described["description"].endswith("A layer that was not asked for, or cannot be told, is null.")


def test_an_unknown_name_is_misuse_and_tells_the_known_ones() -> None:
    with pytest.raises(Misuse) as caught:
        schema("nonsense")
    assert caught.value.problem == "unknown-schema"
    assert caught.value.fields == {"text": "nonsense", "known": tuple(DOCUMENTS)}
