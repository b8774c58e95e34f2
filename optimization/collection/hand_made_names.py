"""Names that a person wrote into a plan, found in the problem. What is not found is collected, all of it."""

from collections import defaultdict

from city.collection_problem import CollectionProblem, PointKey
from city.errors import BrokenRuleError, CityError, UnknownIdError
from city.ids import PointId, SiteId, TruckId
from city.waste import Stream

QUOTE = "'"  # in front of what could start a formula, where the product wrote the file


class Names:
    """`errors` holds a sentence for each name that is not one."""

    def __init__(self, problem: CollectionProblem) -> None:
        self.errors: list[CityError] = []
        self._trucks = {str(truck.truck_id): truck.truck_id for truck in problem.trucks}
        self._sites = {str(site.site_id): site.site_id for site in problem.sites}
        self._streams: dict[str, list[Stream]] = defaultdict(list)
        for point_id, stream in problem.point_of:
            self._streams[point_id].append(stream)

    def truck(self, name: str, where: str) -> TruckId | None:
        for written in (name, name.removeprefix(QUOTE)):
            if written in self._trucks:
                return self._trucks[written]
        self._unknown(where, "truck", name, tuple(self._trucks))
        return None

    def site(self, name: str, where: str) -> SiteId | None:
        for written in _shorter("Site ", name):
            if written in self._sites:
                return self._sites[written]
        self._unknown(where, "disposal site", name, tuple(self._sites))
        return None

    def point(self, name: str, stream: str | None, where: str) -> PointKey | None:
        """A stream need not be named where the point has only one."""
        found = next((written for written in _shorter("Point ", name) if written in self._streams), None)
        if found is None:
            self._unknown(where, "collection point", name, tuple(self._streams))
            return None
        streams = self._streams[found]
        if stream is None and len(streams) == 1:
            return PointId(found), streams[0]
        wanted = next((one for one in streams if one.value == stream), None)
        if wanted is None:
            told = "it names no stream" if stream is None else f"point {found} has no stream {stream!r}"
            problem = f"{told}; point {found} is of {', '.join(streams)}"
            self.errors.append(BrokenRuleError(subject=where, problem=problem))
            return None
        return PointId(found), wanted

    def refuse(self, where: str, problem: str, todo: str = "") -> None:
        self.errors.append(BrokenRuleError(subject=where, problem=problem, todo=todo))

    def _unknown(self, where: str, kind: str, name: str, known: tuple[str, ...]) -> None:
        self.errors.append(UnknownIdError(subject=where, kind=kind, found=name, known=known))


def _shorter(word: str, name: str) -> tuple[str, ...]:
    """As written; without the word in front; without the note that the product adds behind an audit's point."""
    bare = name.removeprefix(word)
    return name, bare, bare.partition(" (audit:")[0], bare.removeprefix(QUOTE)
