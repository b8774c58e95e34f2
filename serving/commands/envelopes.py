"""`city envelopes`: bounds inside which rolling signal plans publish themselves, and the stop back to the timetable."""

from pathlib import Path
from typing import Annotated

import typer

from serving.commands.opening import AsJson, date_of, desk_of, moment_of, shown_path, terminal
from serving.commands.signing import Key, signing
from serving.terminal import answering

app = typer.Typer(
    no_args_is_help=True,
    help="Envelopes of the rolling mode: write, propose, approve (two persons), publish inside, stop.\n\n"
    "Example: city envelopes list",
)
EnvelopeId = Annotated[str, typer.Argument(metavar="ENVELOPE", help="Its name; `city envelopes list` shows them.")]
Why = Annotated[str, typer.Option("--reason", help="Why; everyone who reads the envelope's story reads it.")]


@app.command("list")
def list_envelopes(context: typer.Context, as_json: AsJson = False) -> None:
    """List envelopes, newest first, and how each stands.

    Example: city envelopes list
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.showing_envelopes import show_envelopes

        found = desk.ledger.envelopes.all()
        show_envelopes(speak, found, desk.zone())
        speak.answer({"envelopes": found})


@app.command("show")
def show(context: typer.Context, envelope_id: EnvelopeId, as_json: AsJson = False) -> None:
    """Show an envelope's bounds and its story: who proposed it, approved it, stopped it, when and why.

    Example: city envelopes show ring-road
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.showing_envelopes import show_envelope

        found = desk.ledger.envelopes.get(envelope_id)
        show_envelope(speak, found, desk.zone())
        speak.answer(found)


@app.command("template")
def template(
    context: typer.Context,
    envelope_id: EnvelopeId,
    junction: Annotated[list[str], typer.Option("--junction", help="A junction that rolling may change (repeatable).")],
    hours: Annotated[
        list[str], typer.Option("--hours", help="When, such as 07:00-10:00 (repeatable; a night is two).")
    ],
    until: Annotated[str, typer.Option("--until", help="When the envelope ends by itself (the city's clock).")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write; read it, change it, propose it.")],
    date: Annotated[str | None, typer.Option("--date", help="Whose plans to begin with; default: today.")] = None,
    green: Annotated[
        int, typer.Option("--green", help="Greens: so many seconds shorter and longer than they run.")
    ] = 10,
    split_step: Annotated[int, typer.Option("--split-step", help="Largest change of a split, s.")] = 5,
    offset_step: Annotated[int, typer.Option("--offset-step", help="Largest change of an offset, s.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Write a file of bounds to begin with: cycles as they run in these hours, greens a little shorter and longer.

    Nothing is stored by this. A green is never bounded below what every group of its stage needs, unless it runs so.

    Example: city envelopes template ring-road --junction J001 --junction J002 --hours 07:00-10:00
    --until 2026-04-30T00:00 --out ring-road.json
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    ends, day = moment_of(desk, until, "--until"), date_of(date)
    with answering(speak):
        from city.documents import to_json
        from city.ids import JunctionId
        from serving.envelope_bounds import Leeway, Wanted, bounds_to_begin_with
        from serving.showing_envelopes import show_bounds

        wanted = Wanted(
            name=envelope_id,
            junctions=tuple(map(JunctionId, dict.fromkeys(junction))),
            hours=tuple(hours),
            until=ends or desk.clock(),
            day=day or desk.clock().astimezone(desk.zone()).date(),
            leeway=Leeway(green_s=green, split_step_s=split_step, offset_step_s=offset_step),
        )
        envelope = bounds_to_begin_with(desk, wanted)
        out.write_text(to_json(envelope), encoding="utf-8")
        show_bounds(speak, envelope, desk.zone())
        speak.say(f'Written: {shown_path(out)}. Next: city envelopes propose {shown_path(out)} --reason "..."')
        speak.answer(envelope)


@app.command("propose")
def propose(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="JSON; `city envelopes template` makes one.")
    ],
    reason: Why,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Propose an envelope. It is a draft until two different persons have approved it, and never changes.

    Example: city envelopes propose ring-road.json --reason "trial on the ring road in April"
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from city.documents import from_json
        from city.rolling_bounds import Envelope
        from serving.envelope_bounds import refuse_nameless
        from serving.rolling_mode import make_envelope
        from serving.showing_envelopes import show_standing

        caller = signing(desk, key, speak)
        envelope = from_json(Envelope, file.read_bytes(), str(file))
        refuse_nameless(envelope.envelope_id)
        made = make_envelope(desk, envelope, caller, reason)
        show_standing(speak, made, desk.zone())
        speak.answer(made)


@app.command("approve")
def approve(
    context: typer.Context, envelope_id: EnvelopeId, reason: Why, key: Key = None, as_json: AsJson = False
) -> None:
    """Answer for an envelope. It takes two different persons; persons count, not keys.

    Example: city envelopes approve ring-road --reason "bounds compared with the corridor's manual"
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.rolling_mode import approve_envelope
        from serving.showing_envelopes import show_standing

        approved = approve_envelope(desk, envelope_id, signing(desk, key, speak), reason)
        show_standing(speak, approved, desk.zone())
        speak.answer(approved)


@app.command("publish")
def publish(
    context: typer.Context,
    plan_id: Annotated[str, typer.Argument(metavar="PLAN", help="A draft; `city plans list` shows them.")],
    inside: Annotated[str, typer.Option("--inside", help="The envelope.")],
    reason: Why,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Publish a draft that lies inside an approved envelope; nobody needs to approve it.

    Outside it stays a draft, and the exit code is 1, with a sentence for each bound that it breaks.

    Example: city envelopes publish signals-2026-03-31-ab12cd --inside ring-road --reason "demand from the west rose"
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.rolling_mode import publish_inside
        from serving.showing_plan_life import show_state
        from serving.terminal import REFUSED

        done = publish_inside(desk, plan_id, inside, signing(desk, key, speak), reason)
        show_state(speak, done.plan, desk.zone())
        for sentence in done.breaches:
            speak.note(sentence)
        speak.answer(done)
        if not done.published:
            raise typer.Exit(REFUSED)


@app.command("stop")
def stop(
    context: typer.Context, envelope_id: EnvelopeId, reason: Why, key: Key = None, as_json: AsJson = False
) -> None:
    """End the rolling mode of an envelope: nothing publishes itself any more, and what did is rolled back.

    The timetable beneath holds again. May be repeated.

    Example: city envelopes stop ring-road --reason "queues on the ring"
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.rolling_mode import stop_envelope
        from serving.showing_envelopes import show_standing

        stopped = stop_envelope(desk, envelope_id, signing(desk, key, speak), reason)
        show_standing(speak, stopped.envelope, desk.zone())
        for plan_id in stopped.rolled_back:
            speak.say(f"Plan {plan_id} is rolled back.")
        for sentence in stopped.said:
            speak.say(sentence)
        speak.answer(stopped)
