"""Examples of answers in the specification: recorded from the demo city, by `python -m serving.recording_examples`."""

import json
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("examples.json")


def recorded() -> dict[str, Any]:
    """By the name of their schema."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def add_examples(specification: dict[str, Any]) -> None:
    examples = recorded()
    for methods in specification["paths"].values():
        for operation in methods.values():
            for content in answers_of(operation):
                name = schema_of(content)
                if name in examples:
                    content["example"] = examples[name]


def answers_of(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """What a route may answer in JSON where all went well."""
    return [
        answer["content"]["application/json"]
        for status, answer in operation["responses"].items()
        if status.startswith("2") and "application/json" in answer.get("content", {})
    ]


def schema_of(content: dict[str, Any]) -> str:
    """The name of the schema; empty where it has none."""
    return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]
