"""Which of the several records of one row is meant, where a mapping makes several of each."""

from features.sources.feeds import Column, Feed, Part


def part_name(feed: Feed, number: int) -> str | None:
    """What the part alone says of its key (`stream=paper`), else its place among the parts; None if it is the only one.

    The words stay when parts are added or change places.
    """
    if len(feed.parts) == 1:
        return None
    said = [_said(feed, part) for part in feed.parts]
    own = said[number]
    return own if own and said.count(own) == 1 else f"part {number + 1}"


def part_names(feed: Feed) -> tuple[str | None, ...]:
    return tuple(part_name(feed, number) for number in range(len(feed.parts)))


def _said(feed: Feed, part: Part) -> str:
    key = feed.contract.primary_key()
    return ", ".join(f"{name}={spec.value}" for name, spec in part.columns if name in key and _is_constant(spec))


def _is_constant(spec: Column) -> bool:
    return spec.column is None and spec.template is None and spec.value is not None
