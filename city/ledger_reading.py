"""What a plan takes from the ledger, noted, so that it can be taken again after the ledger has gone on."""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256

from city.complaint_work import ordered_stops
from city.errors import BrokenRuleError, NotFoundError
from city.fair_points import FairPoints
from city.ledger import Ledger, StoredPlan
from city.ledger_rows import ImportRecord
from city.ordered_stops import OrderedStop
from city.recipes import Recipe


class LedgerReading:
    """The ledger as it stands now or, with the recipe of a plan, what that plan took from it."""

    def __init__(self, ledger: Ledger, given: Recipe | None = None) -> None:
        self._ledger = ledger
        self._given = given
        self._imports: tuple[str, ...] = ()
        self._usual: StoredPlan | None = None
        self._orders: tuple[OrderedStop, ...] = ()
        self.fairness: FairPoints | None = None if given is None else given.fairness

    @property
    def imports(self) -> tuple[str, ...]:
        """The imports whose assumptions were asked for."""
        return self._imports

    @property
    def usual_plan(self) -> StoredPlan | None:
        return self._usual

    @property
    def ordered(self) -> tuple[OrderedStop, ...]:
        """What was asked for by `orders_for`."""
        return self._orders

    def orders_for(self, day: date) -> tuple[OrderedStop, ...]:
        """Points that accepted complaints ask for, but for those that an earlier day's plan serves."""
        self._orders = ordered_stops(self._ledger.orders.open(), day) if self._given is None else self._given.orders
        return self._orders

    def assumptions(self) -> tuple[str, ...]:
        """What the newest import of each mapping states as assumed."""
        records = self._newest() if self._given is None else self._named(self._given.imports)
        self._imports = tuple(record.import_id for record in records)
        return tuple(dict.fromkeys(sentence for record in records for sentence in record.assumed))

    def plan_of(self, days: Iterable[date], *, but_not: frozenset[str] = frozenset()) -> StoredPlan | None:
        """The newest route plan of the first of these days that has one whose status is not among `but_not`."""
        if self._given is None:
            found = (
                stored
                for day in days
                for stored in self._ledger.plans(kind="routes", service_date=day)
                if stored.status not in but_not
            )
            self._usual = next(found, None)
        else:
            self._usual = self._as_it_was(self._given)
        return self._usual

    def _newest(self) -> list[ImportRecord]:
        return list({record.mapping: record for record in self._ledger.imports()}.values())

    def _named(self, import_ids: tuple[str, ...]) -> list[ImportRecord]:
        records = {record.import_id: record for record in self._ledger.imports()}
        for import_id in import_ids:
            if import_id not in records:
                raise NotFoundError(kind="import in the ledger", name=import_id)
        return [records[import_id] for import_id in import_ids]

    def _as_it_was(self, recipe: Recipe) -> StoredPlan | None:
        if recipe.usual_plan_id is None:
            return None
        stored = self._ledger.plan(recipe.usual_plan_id)
        if document_sha256(stored) != recipe.usual_plan_sha256:
            raise BrokenRuleError(
                subject=f"Plan {stored.plan_id}",
                problem="its document is another than the one that gave the usual trucks",
            )
        return stored


def document_sha256(stored: StoredPlan) -> str:
    return sha256(stored.document.encode()).hexdigest()
