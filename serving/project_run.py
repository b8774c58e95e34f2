"""What MLproject starts: `python -m serving.project_run retrain what=waste quick=yes` is `city retrain waste --quick`.

MLflow hands over every parameter, also those that nobody named, and always a store, also where nobody chose one.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from city.errors import InvalidValueError
from serving.cli import app

FLAGS = ("quick",)
OPTIONS = {"as_of": "--as-of", "tune": "--tune"}
MLFLOWS_OWN = ("sqlite:///mlflow.db", "./mlruns")
"""Where MLflow keeps runs if nobody says where: then the city's own store is meant. It hands over whole paths."""


def words_of(asked: Sequence[str]) -> list[str]:
    """The words of the `city` command. Raises InvalidValueError for what no entry point hands over."""
    command, *pairs = asked
    values = dict(pair.partition("=")[::2] for pair in pairs)
    unknown = sorted(values.keys() - {"what", "home", *FLAGS, *OPTIONS})
    if unknown or command not in {"train", "retrain"}:
        raise InvalidValueError(
            subject="MLproject", field="entry point", found=" ".join(asked), expected="train or retrain with name=value"
        )
    words = ["--home", values["home"]] if values.get("home") else []
    words += [command, values.get("what", "congestion")]
    for name, option in OPTIONS.items():
        if values.get(name, "") not in {"", "0"}:
            words += [option, values[name]]
    return words + [f"--{name}" for name in FLAGS if _yes(name, values.get(name, "no"))]


def chosen(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without a store that nobody chose."""
    named, here = dict(environment), Path.cwd()
    nobodys = (*MLFLOWS_OWN, f"sqlite:///{here / 'mlflow.db'}", str(here / "mlruns"), (here / "mlruns").as_uri())
    if "MLFLOW_RUN_ID" in named and named.get("MLFLOW_TRACKING_URI") in nobodys:
        del named["MLFLOW_TRACKING_URI"]
    return named


def _yes(name: str, text: str) -> bool:
    if text.lower() not in {"yes", "no", "true", "false"}:
        raise InvalidValueError(subject="MLproject", field=name, found=text, expected="yes or no")
    return text.lower() in {"yes", "true"}


if __name__ == "__main__":
    kept = chosen(os.environ)
    if "MLFLOW_TRACKING_URI" not in kept:
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    try:
        wanted = words_of(sys.argv[1:])
    except InvalidValueError as error:
        sys.exit(str(error))
    app(wanted)
