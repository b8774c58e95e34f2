"""`city warnings`: what is wrong or ahead, who has seen it, and who is told."""

from typing import TYPE_CHECKING, Annotated

import typer

from serving.commands.opening import AsJson, desk_of, terminal
from serving.terminal import answering

if TYPE_CHECKING:
    from serving.terminal import Terminal
    from serving.warnings_found import Found, Source, Watches

UNTOLD = 3
LONGEST_WAIT_S = 60.0

app = typer.Typer(
    no_args_is_help=True,
    help="Warnings with a cause: list them, acknowledge them, tell those who are named.\n\n"
    'Example: city warnings acknowledge 0d1c5a1b7a10 --note "truck HC002 goes there at 14:00"',
)
Sources = Annotated[
    list[str] | None,
    typer.Option("--source", help="Only feeds, models, signals, forecasts, plans, audit or effects (repeatable)."),
]


@app.callback()
def warnings() -> None:
    """What is wrong or ahead, who has seen it, and who is told."""


@app.command("list")
def list_warnings(
    context: typer.Context,
    source: Sources = None,
    district: Annotated[
        list[str] | None, typer.Option("--district", help="Only of this district (repeatable).")
    ] = None,
    look: Annotated[
        bool, typer.Option("--look/--no-look", help="Look now, or show what the last looks found (at once).")
    ] = True,
    parts: Annotated[bool, typer.Option("--parts", help="Name every point, segment or sensor too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at feeds, models, junctions, forecasts, plans and the log, and list what is wrong or ahead.

    One warning holds as long as the same thing does; it says since when it is seen, why, what to do, and who has
    acknowledged it. What is missed at a look stays for a quarter of an hour, so that nothing flaps.

    Example: city warnings list --source forecasts --district D01 --parts
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.showing_warnings import show_warnings
        from serving.warning_documents import known_of, warning_document
        from serving.warnings_found import Watches

        sources = _sources(source)
        looks = _look(speak, Watches(desk), sources) if look else {}
        found = [warned for told in looks.values() for warned in told.warnings]
        asked = set(district or ())
        # What a look found is shown even where the book could not take it up.
        known = [
            (warned, episode)
            for warned, episode in known_of(found, desk.ledger.warnings.open(sources))
            if not asked or warned.district_id in asked
        ]
        show_warnings(speak, known, desk.zone(), parts=parts)
        failed = _failed(speak, looks)
        speak.answer({"warnings": [warning_document(*one) for one in known], "failed": failed})


@app.command("acknowledge")
def acknowledge(
    context: typer.Context,
    warning_id: Annotated[str, typer.Argument(metavar="ID", help="`city warnings list` shows it.")],
    note: Annotated[str, typer.Option("--note", help="What was done about it; everyone who lists it reads it.")],
    key: Annotated[
        str | None,
        typer.Option("--key", help="Your key, which says who you are; better in CITY_KEY, which others cannot see."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say that you have seen a warning, by name. It comes back when it gets worse by its step, or begins anew.

    Example: city warnings acknowledge 0d1c5a1b7a10 --note "truck HC002 goes there at 14:00"
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from city.warning_book import not_open
        from serving.warning_documents import warning_document
        from serving.warnings_found import may_see
        from serving.who import acting

        caller, notes = acting(desk, key)
        for sentence in notes:
            speak.note(sentence)
        if not may_see(caller, desk.ledger.warnings.open_one(warning_id).warned):
            raise not_open(warning_id)
        episode = desk.ledger.warnings.acknowledge(warning_id, note, caller)
        speak.say(f"{caller.person} has acknowledged: {episode.warned.sentence}")
        speak.answer(warning_document(episode.warned, episode))


@app.command("send", epilog="Exit codes: 0 everybody was told, 3 somebody was not (yet), 1 refused, 2 wrong usage.")
def send(context: typer.Context, source: Sources = None, as_json: AsJson = False) -> None:
    """Look, and tell the receivers that CITY_WEBHOOKS names what is new. Made for a cron job.

    The service does the same by itself while it runs; each letter is delivered once. docs/warnings.md says how a
    receiver is named and how it checks the signature.

    Example: CITY_WEBHOOKS=webhooks.toml city warnings send
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.showing_warnings import show_letters
        from serving.warnings_found import Watches
        from serving.webhook_sending import Postman
        from serving.webhooks import Receivers

        receivers = Receivers.named(desk)  # a file that is wrong is told before anything is looked at
        failed = _failed(speak, _look(speak, Watches(desk), _sources(source)))
        if not receivers.all:
            speak.note("Nobody is told: CITY_WEBHOOKS names no file of receivers (docs/warnings.md).")
        Postman(desk).send_due(receivers, wait_s=LONGEST_WAIT_S)
        letters = desk.ledger.warnings.letters.log()
        show_letters(speak, letters, desk.zone())
        speak.answer({"letters": letters, "failed": failed})
        if any(one.status == "waiting" for one in letters):
            raise typer.Exit(UNTOLD)


@app.command("letters")
def letters(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show who was told what, when, and what became of it.

    Example: city warnings letters --limit 20
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.showing_warnings import show_letters

        found = desk.ledger.warnings.letters.log(limit=limit)
        show_letters(speak, found, desk.zone())
        speak.answer({"letters": found})


def _sources(asked: list[str] | None) -> "tuple[Source, ...]":
    from city.errors import InvalidValueError
    from city.warning_signs import SOURCES

    unknown = sorted(set(asked or ()) - set(SOURCES))
    if unknown:
        raise InvalidValueError(
            subject="Warnings", field="--source", found=unknown[0], expected=f"one of {', '.join(SOURCES)}"
        )
    return tuple(one for one in SOURCES if not asked or one in asked)


def _look(speak: "Terminal", watches: "Watches", sources: "tuple[Source, ...]") -> "dict[Source, Found]":
    looks: dict[Source, Found] = {}
    with speak.progress("Looking", len(sources)) as advance:
        for one in sources:
            looks[one] = watches.look(one)
            advance(1)
    return looks


def _failed(speak: "Terminal", looks: "dict[Source, Found]") -> dict[str, str]:
    """Those that could not look, or not at everything, and why."""
    failed = {str(name): told.failed for name, told in looks.items() if told.failed}
    for name, why in failed.items():
        speak.note(f"Not looked at ({name}): {why}")
    return failed
