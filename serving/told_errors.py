"""Refusals that another process had to tell: the sentence and the code of the error that was raised there."""

from dataclasses import dataclass
from typing import Any

from city.errors import CityError, SeveralErrors


@dataclass(kw_only=True, eq=False)
class ToldError(CityError):
    text: str

    def sentence(self) -> str:
        return self.text


@dataclass(kw_only=True, eq=False)
class ToldErrors(SeveralErrors):
    text: str = ""

    def sentence(self) -> str:
        return self.text


def error_document(error: CityError) -> dict[str, Any]:
    several = error.errors if isinstance(error, SeveralErrors) else ()
    return {"code": error.code, "text": str(error), "errors": [error_document(one) for one in several]}


def told_error(document: dict[str, Any]) -> CityError:
    """The error of which the document tells, as one of the same code."""
    code, text = str(document["code"]), str(document["text"])
    errors = tuple(map(told_error, document["errors"]))
    if errors:
        several: CityError = _coded(ToldErrors, code)(subject="", errors=errors, text=text)
        return several
    one: CityError = _coded(ToldError, code)(text=text)
    return one


def _coded(kind: type[CityError], code: str) -> Any:  # noqa: ANN401  -- a class that is made here
    return type(kind.__name__, (kind,), {"code": code})
