"""What comes back: a file, or the service's refusal with its problem document."""

import re
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import ValidationError

from city.errors import CityError
from serving.schemas.wire import Problem

_NAME = re.compile(r'filename="([^"]+)"')


@dataclass(eq=False)
class ServiceError(CityError):
    """The service refused, as its problem document says; `problem` is None where something else answered."""

    status: int
    url: str
    problem: Problem | None = None
    retry_after_s: float | None = None

    @property
    def reason(self) -> str:
        """The problem's kind, for machines; empty where there is none."""
        return "" if self.problem is None else self.problem.code

    def sentence(self) -> str:
        if self.problem is None:
            return f"{self.url} answered {self.status}, and no problem document with it."
        faults = "".join(f"\n  {fault.pointer}: {fault.detail}" for fault in self.problem.errors)
        return f"{self.problem.detail} ({self.status} {self.problem.code}){faults}"


@dataclass(eq=False)
class NoAnswerError(CityError):
    """Nobody answered, or not to the end."""

    url: str
    why: str

    def sentence(self) -> str:
        return f"{self.url} did not answer: {self.why}."


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file as the service named it."""

    name: str
    media_type: str
    content: bytes

    def save(self, folder: Path) -> Path:
        """Into a folder, under its own name."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / Path(self.name).name
        path.write_bytes(self.content)
        return path


def file_of(answer: httpx.Response) -> File:
    found = _NAME.search(answer.headers.get("content-disposition", ""))
    return File(
        name=found[1] if found else answer.url.path.rsplit("/", maxsplit=1)[-1],
        media_type=answer.headers.get("content-type", "").split(";", maxsplit=1)[0],
        content=answer.content,
    )


def refusal_of(answer: httpx.Response) -> ServiceError:
    try:
        problem = Problem.model_validate_json(answer.content)
    except ValidationError:
        problem = None
    return ServiceError(
        status=answer.status_code, url=str(answer.url), problem=problem, retry_after_s=retry_after_s(answer)
    )


def retry_after_s(answer: httpx.Response) -> float | None:
    """In seconds; dates are not understood, and the service sends none."""
    told = answer.headers.get("retry-after", "")
    return float(told) if told.isdigit() else None
