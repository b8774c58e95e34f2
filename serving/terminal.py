"""How commands speak: tables and progress for a person, one JSON document for a machine."""

import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from city.documents import encode
from city.errors import CityError, SeveralErrors
from city.progress import Advance

REFUSED = 1
NARROWEST = 100
MOST_SENTENCES = 8


def _console(*, stderr: bool) -> Console:
    """Where nobody looks at a screen, lines are not folded at 80 columns."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else NARROWEST
    return Console(stderr=stderr, width=width, highlight=False)


@dataclass(frozen=True, slots=True)
class Column:
    """`unit` stands in the heading, so that no number is without one."""

    title: str
    unit: str = ""
    number: bool = False


@dataclass(slots=True)
class Terminal:
    """Results go to stdout, progress and errors to stderr. With `as_json` stdout holds one JSON document."""

    as_json: bool = False
    log_folder: Path | None = None
    steps: dict[str, float] = field(default_factory=dict)
    out: Console = field(default_factory=lambda: _console(stderr=False))
    err: Console = field(default_factory=lambda: _console(stderr=True))

    def say(self, sentence: str, style: str = "") -> None:
        """A line for a person; machines read the answer."""
        (self.err if self.as_json else self.out).print(escape(sentence), style=style or None, soft_wrap=True)

    def note(self, sentence: str) -> None:
        """What was assumed or is not as good as it should be."""
        self.say(f"! {sentence}", style="yellow")

    def answer(self, document: object) -> None:
        if self.as_json:
            sys.stdout.write(json.dumps(encode(document), ensure_ascii=False, indent=2, allow_nan=False) + "\n")

    def table(self, title: str, columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> None:
        if self.as_json:
            return
        # A title of its own line: as a part of the table it would be folded to the table's width.
        self.out.print(escape(title), style="bold", soft_wrap=True)
        table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
        for column in columns:
            heading = f"{column.title}\n[dim]{escape(column.unit)}[/dim]" if column.unit else column.title
            table.add_column(heading, justify="right" if column.number else "left", overflow="fold")
        for row in rows:
            table.add_row(*(escape(shown(cell)) for cell in row))
        self.out.print(table)

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Advance]:
        """A bar on stderr where someone watches; elsewhere one line when the step is done."""
        began = perf_counter()
        if self.err.is_terminal:
            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            with Progress(*columns, console=self.err, transient=True) as bars:
                task = bars.add_task(escape(label), total=total or None)
                yield lambda count: bars.advance(task, count)
        else:
            yield lambda _count: None
        seconds = perf_counter() - began
        self.steps[label] = self.steps.get(label, 0.0) + seconds
        self.err.print(f"  {escape(label)} [dim]{seconds:.1f} s[/dim]", soft_wrap=True)


def show_sentences(speak: Terminal, word: str, sentences: Sequence[str], rest: str) -> None:
    """The first few; how many more there are, and where."""
    for sentence in sentences[:MOST_SENTENCES]:
        speak.note(f"{word}: {sentence}")
    if len(sentences) > MOST_SENTENCES:
        speak.note(f"{len(sentences) - MOST_SENTENCES} more of these {rest}")


def shown(cell: object) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:,.1f}" if abs(cell) >= 10 else f"{cell:,.2f}"
    if isinstance(cell, int):
        return f"{cell:,}"
    return str(cell)


@contextmanager
def answering(terminal: Terminal) -> Iterator[None]:
    """Turn whatever goes wrong into a sentence and exit code 1. Nobody is shown a traceback."""
    try:
        yield
    except (typer.Exit, typer.BadParameter):
        raise
    except CityError as error:
        refuse(terminal, error)
    except KeyboardInterrupt:
        terminal.err.print("Stopped. What was stored before stays stored.")
        raise typer.Exit(130) from None
    except Exception as error:  # noqa: BLE001  -- the last line of defence; the traceback goes to the log
        _unexpected(terminal, error)


def refuse(terminal: Terminal, error: CityError) -> None:
    if terminal.as_json:
        terminal.answer(refusal(error))
    else:
        terminal.err.print(escape(str(error)), style="red", soft_wrap=True)
    raise typer.Exit(REFUSED)


def refusal(error: CityError) -> Mapping[str, Any]:
    several = error.errors if isinstance(error, SeveralErrors) else (error,)
    return {
        "refused": True,
        "code": error.code,
        "detail": str(error),
        "errors": [{"code": one.code, "detail": str(one)} for one in several],
    }


def _unexpected(terminal: Terminal, error: Exception) -> None:
    where = _log(terminal.log_folder, error)
    sentence = f"Something went wrong that this program did not foresee ({type(error).__name__}: {error})."
    if terminal.as_json:
        terminal.answer({"refused": True, "code": "unexpected", "detail": sentence, "log": where})
    else:
        terminal.err.print(escape(sentence), style="red", soft_wrap=True)
        terminal.err.print(escape(f"The details are in {where}."), soft_wrap=True)
    raise typer.Exit(REFUSED)


def _log(folder: Path | None, error: Exception) -> str:
    """Write the traceback where it can be found later; to stderr if even that fails."""
    text = "".join(traceback.format_exception(error))
    try:
        target = (folder or Path("var/logs")) / f"city-{datetime.now(UTC):%Y-%m-%d}.log"
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("a", encoding="utf-8") as log:
            log.write(f"{datetime.now(UTC).isoformat()} {' '.join(sys.argv)}\n{text}\n")
    except OSError:
        sys.stderr.write(text)
        return "the lines above"
    return str(target)
