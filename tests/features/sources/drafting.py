"""What the tests of drafts share."""

from pathlib import Path

from city.errors import CityError, SeveralErrors
from features.sources.mapping import load_mapping
from features.sources.suggest import Draft, suggest


def draft(folder: Path, name: str, data: str | bytes) -> Draft:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return suggest(path)


def open_questions(found: Draft, folder: Path) -> list[str]:
    """What the mapping reader refuses; each must be a place that the draft left open."""
    path = folder / "draft.toml"
    path.write_text(found.text, encoding="utf-8")
    try:
        load_mapping(path)
    except SeveralErrors as several:
        return [str(error) for error in several.errors]
    except CityError as error:
        return [str(error)]
    return []
