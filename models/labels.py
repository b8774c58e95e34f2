"""Models by the label that forecasts carry, such as `congestion v3`, and the hash that seals each."""

import logging
import re
from collections.abc import Iterable
from typing import Final

from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from city.errors import CityError
from city.settings import Settings
from models.registry import Registry

logger = logging.getLogger("chengyun.models")
LABEL: Final = re.compile(r"(?P<name>[\w-]+) v(?P<version>\d+)")
AWAY: Final = (MlflowException, SQLAlchemyError, CityError, OSError)


def sealed_hashes(settings: Settings, labels: Iterable[str]) -> dict[str, str]:
    """By label. Baselines have no version and no hash; a registry that is away tells none, and no forecast waits."""
    registry, found = Registry(settings), dict[str, str]()
    for label in labels:
        named = LABEL.fullmatch(label)
        try:
            sealed = registry.hash_of(named["name"], named["version"]) if named is not None else None
        except AWAY as error:
            logger.warning("The hash of model %s could not be noted (%s).", label, error)
            return found
        if sealed is not None:
            found[label] = sealed
    return found


def said_of(settings: Settings, label: str, sha256: str) -> str:
    """What became of a model that a forecast was made with."""
    named = LABEL.fullmatch(label)
    if named is None:
        return f"Model {label} has no version that could be looked up."
    registry = Registry(settings)
    try:
        registry.version(named["name"], named["version"])  # its files are held against their seal
        now = registry.hash_of(named["name"], named["version"])
    except CityError as error:
        return f"Model {label} is no longer what it was: {error} The forecast that it made is read as it was stored."
    except AWAY as error:
        return f"Model {label} could not be looked at ({type(error).__name__})."
    if now != sha256:
        return (
            f"Model {label} has another seal ({(now or 'none')[:12]}) than when the forecast was made ({sha256[:12]}); "
            "the forecast is read as it was stored."
        )
    return f"Model {label} is as it was sealed ({sha256[:12]})."
