"""Import of departments' files, one city per home."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from city.errors import BrokenRuleError
from city.progress import Progress, silent
from features.sources.importing import import_mapping
from features.sources.mapping import Mapping, load_mapping
from features.sources.osm_files import write_osm_roads
from features.sources.report import ImportReport
from serving.desk import Desk
from serving.kept_mappings import keep_mapping


def import_files(
    desk: Desk,
    mapping_path: Path,
    *,
    data_dir: Path | None = None,
    now: datetime | None = None,
    dry_run: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """The mapping itself is kept by its name, for imports that do not bring their own."""
    mapping = load_mapping(mapping_path)
    refuse_another_city(desk, mapping)
    report = import_mapping(mapping, desk.history, data_dir=data_dir, now=now, dry_run=dry_run, progress=progress)
    if not dry_run:
        keep_mapping(desk, mapping_path)
    return report


def roads_of_osm(desk: Desk, extract: Path, folder: Path | None, say: Callable[[str], None]) -> Path:
    """The extract's roads as GMNS files, in the home's folder `roads` unless another is given; their mapping."""
    files = write_osm_roads(extract, folder or desk.settings.home / "roads", desk.history)
    say(f"{extract.name}: {files.sentence}")
    return files.mapping


def refuse_another_city(desk: Desk, mapping: Mapping) -> None:
    """Two cities in one history would be forecast by one model and planned on one clock."""
    here = desk.city_or_none()
    if here is None:
        return
    other = mapping.city.name if mapping.city is not None else here.name
    if other == here.name and mapping.zone.key == here.time_zone:
        return
    raise BrokenRuleError(
        subject=mapping.path.name,
        problem=f"it is of {other} ({mapping.zone.key}), but {desk.settings.home.name}/ holds the history of "
        f"{here.name} ({here.time_zone})",
        todo="Give each city a home of its own: `city --home FOLDER import ...`, and the same --home for the "
        "commands after it.",
    )
