"""`city effects`: measures declared in advance, what they changed, and taking back what made things worse."""

from typing import Annotated

import typer

from serving.commands.opening import AsJson, date_of, desk_of, terminal
from serving.terminal import answering

app = typer.Typer(
    no_args_is_help=True,
    help="Declared measures: what is to be measured, where, against which controls; and what came of it.\n\n"
    "Example: city effects list",
)
MeasureId = Annotated[str, typer.Argument(metavar="MEASURE", help="A measure's id; `city effects list` shows them.")]
Why = Annotated[str, typer.Option("--reason", help="Why; everyone who reads the measure's story reads it.")]
Key = Annotated[
    str | None,
    typer.Option("--key", help="Your key, which says who you are; better in CITY_KEY, which other users cannot see."),
]


@app.command("declare")
def declare(
    context: typer.Context,
    measure_id: MeasureId,
    measure: Annotated[
        str,
        typer.Option(
            "--measure", help="pace_s_km, largest_x, complaints, overflow_share, missed_share or kg_per_visit."
        ),
    ],
    pilot: Annotated[list[str], typer.Option("--pilot", help="Junction or district of the trial (repeatable).")],
    control: Annotated[list[str], typer.Option("--control", help="One that goes on as it was (repeatable).")],
    before: Annotated[str, typer.Option("--before", help="First day that counts as before, such as 2026-03-01.")],
    start: Annotated[str, typer.Option("--from", help="First day of the trial; it must not be over.")],
    until: Annotated[str, typer.Option("--until", help="Last day of the trial; on it the verdict is given.")],
    reason: Why,
    unit: Annotated[str, typer.Option("--unit", help="junction or district.")] = "district",
    kind: Annotated[str, typer.Option("--kind", help="Plans that it is about: signals or routes.")] = "signals",
    plan: Annotated[str | None, typer.Option("--plan", help="One plan that it is about; default: all.")] = None,
    category: Annotated[str | None, typer.Option("--category", help="Only complaints of this category.")] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Say before a trial begins what will be measured, where, from when until when, and what it is held against.

    Example: city effects declare green-wave --measure pace_s_km --unit junction --pilot J001 --control J003
    --before 2026-03-02 --from 2026-03-30 --until 2026-04-26 --reason "corridor C01 is coordinated"
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    days = tuple(date_of(text) for text in (before, start, until))
    with answering(speak):
        from city.documents import decode
        from city.measures import Measure
        from serving.loop import effects
        from serving.who import acting

        caller, notes = acting(desk, key)
        for note in notes:
            speak.note(note)
        told = {
            "measure_id": measure_id, "name": measure, "unit": unit, "pilot": pilot, "controls": control,
            "before_from": str(days[0]), "after_from": str(days[1]), "after_until": str(days[2]), "plan_kind": kind,
            "plan_id": plan, "category": category,
        }  # fmt: skip
        declared = effects.declare(desk, decode(Measure, told, f"Measure {measure_id}"), caller, reason)
        speak.say(
            f"Declared {measure_id}: {measure} from {start} to {until}, {declared.measure.days_before} days before. "
            "`city compare` judges it every evening."
        )
        speak.answer(declared)


@app.command("list")
def list_effects(context: typer.Context, as_json: AsJson = False) -> None:
    """List declared measures with their verdicts, and what is proposed.

    Example: city effects list
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.loop.effects import all_judged, proposals
        from serving.showing_effects import show_effects, show_proposals

        found, proposed = all_judged(desk), proposals(desk)
        if not found:
            speak.say("No measure was declared yet. `city effects declare --help` says how.")
        show_effects(speak, found)
        show_proposals(speak, proposed)
        speak.answer({"effects": found, "proposals": proposed})


@app.command("accept")
def accept(
    context: typer.Context, measure_id: MeasureId, reason: Why, key: Key = None, as_json: AsJson = False
) -> None:
    """Take a measure back that made things worse: its published plans are rolled back.

    Example: city effects accept green-wave --reason "4 s/km slower than the controls"
    """
    _decided(context, measure_id, reason, key, accept=True, as_json=as_json)


@app.command("decline")
def decline(
    context: typer.Context, measure_id: MeasureId, reason: Why, key: Key = None, as_json: AsJson = False
) -> None:
    """Keep a measure although it is proposed to take it back, with the reason.

    Example: city effects decline green-wave --reason "the road works beside it end on Friday"
    """
    _decided(context, measure_id, reason, key, accept=False, as_json=as_json)


def _decided(
    context: typer.Context, measure_id: str, reason: str, key: str | None, *, accept: bool, as_json: bool
) -> None:
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.loop.effects import decide
        from serving.who import acting

        caller, notes = acting(desk, key)
        for note in notes:
            speak.note(note)
        said = decide(desk, measure_id, caller, reason, accept=accept)
        for sentence in said:
            speak.say(sentence)
        speak.say(f"Measure {measure_id}: the proposal was {'accepted' if accept else 'declined'}.")
        speak.answer({"measure_id": measure_id, "decision": "accepted" if accept else "declined", "said": said})
