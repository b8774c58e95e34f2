"""The specification as a stranger reads it: every route told, every body and parameter shown, examples that hold."""

from functools import cache
from typing import Any

import jsonschema_rs
import pytest

from serving.api.app import build_api
from serving.api.examples import FILE, answers_of, recorded, schema_of
from serving.api.request_examples import BODIES, PARAMETERS


@cache
def specification() -> dict[str, Any]:
    return build_api().openapi()


def operations() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in specification()["paths"].items()
        for method, operation in methods.items()
    ]


def faults_of(document: object, schema: str) -> list[str]:
    whole = {"$ref": f"#/components/schemas/{schema}", "components": specification()["components"]}
    return [fault.message for fault in jsonschema_rs.validator_for(whole).iter_errors(document)]


def test_every_route_says_what_it_does_and_how_it_refuses() -> None:
    for name, operation in operations():
        assert operation.get("summary"), name
        assert operation.get("description"), name
        refusals = {code: answer for code, answer in operation["responses"].items() if code[0] in "45"}
        assert {"401", "422"} <= set(refusals), name
        assert all("application/problem+json" in answer["content"] for answer in refusals.values()), name


def test_every_parameter_and_every_body_is_told() -> None:
    schemas = specification()["components"]["schemas"]
    for name, operation in operations():
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description") or parameter["schema"].get("description"), (name, parameter["name"])
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if body and not name.endswith("/check"):  # a whole plan: what GET answers is one
            schema = schemas[schema_of(body)]
            assert schema.get("examples") or not schema["properties"], name


@pytest.mark.parametrize("name", sorted(recorded()))
def test_a_recorded_answer_is_one_that_the_schema_allows(name: str) -> None:
    assert faults_of(recorded()[name], name) == []
    assert faults_of({"another": "document"}, name) != []


@pytest.mark.parametrize("name", sorted(BODIES))
def test_an_example_of_a_body_is_one_that_is_understood(name: str) -> None:
    assert faults_of(BODIES[name], name) == []
    assert faults_of(BODIES[name] | {"strange": 1}, name) != []


def test_most_answers_are_shown_and_no_example_is_left_over() -> None:
    shown = {schema_of(content) for _, operation in operations() for content in answers_of(operation)}

    assert set(recorded()) <= shown
    assert len(recorded()) > len(shown) / 2
    used = {parameter["name"] for _, operation in operations() for parameter in operation.get("parameters", ())}
    assert set(PARAMETERS) <= used


def test_the_examples_tell_nothing_of_the_machine_that_recorded_them() -> None:
    text = FILE.read_text(encoding="utf-8")

    assert not any(word in text for word in ("/root", "/home/", '"root"', "Bearer "))
