"""A rescored plan beside the stored one, for a person."""

from serving.rescoring import JunctionScore, Rescored
from serving.showing_explained import delay_words
from serving.terminal import Column, Terminal


def show_scores(speak: Terminal, rescored: Rescored) -> None:
    if rescored.junctions:
        other = rescored.compared_with or "no plan is stored"
        unit = "s per vehicle, level, p10 to p90"
        columns = (
            Column("junction"),
            Column("this plan", unit),
            Column("stored", unit),
            Column("change", "%", number=True),
            Column("now", unit),
            Column("x", "this plan", number=True),
            Column("x", "stored", number=True),
        )
        speak.table(f"Scored anew, beside {other}", columns, [_row(one) for one in rescored.junctions])
    for sentence in rescored.said:
        speak.note(sentence)


def _row(one: JunctionScore) -> tuple[object, ...]:
    change = "-" if one.stored is None else f"{100 * (one.given.expected_s / one.stored.expected_s - 1):+.0f}"
    texts = (delay_words(one.given), delay_words(one.stored), change, delay_words(one.now))
    return one.junction_id, *texts, one.given_x, one.stored_x
