"""A collection problem as a file, so that a plan can be checked again against what it was made from."""

from pathlib import Path

from city.collection_documents import problem_from_json, problem_parts
from city.collection_problem import CollectionProblem


def write_problem(path: Path, problem: CollectionProblem) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(problem_parts(problem))


def read_problem(path: Path) -> CollectionProblem:
    return problem_from_json(path.read_bytes(), path.name)
