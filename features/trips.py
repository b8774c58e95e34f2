"""The recipe for the weight of trips: one row per truck, stream and service date, from tickets known when asked."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from city.waste import Stream
from features.arrays import Columns, Floats, Ints, narrow, seconds_of, stacked
from features.calendar_days import Announced, weekday
from features.clockwork import local_days

STREAMS = tuple(Stream)
MEMORY = 20
PSEUDO_TRIPS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TripRows:
    """`team` is a position in `TripHistory.teams`; `day` is the service date, days since 1970."""

    team: Ints
    origin_s: Ints
    day: Ints

    def __len__(self) -> int:
        return len(self.team)


@dataclass(frozen=True, slots=True, kw_only=True)
class TripHistory:
    """Tickets per team (truck and stream), in the order in which they became known."""

    teams: tuple[tuple[str, str], ...]
    districts: tuple[str, ...]
    team: Ints
    known_s: Ints
    day: Ints
    kg: Floats
    time_zone: str
    announced: Announced

    @classmethod
    def of(cls, weighings: pl.DataFrame, time_zone: str, announced: Announced) -> Self:
        rows = weighings.sort("truck_id", "stream", "known_at", "ticket_id")
        names = rows.select("truck_id", "stream").unique(maintain_order=True).with_row_index("team")
        rows = rows.join(names, on=["truck_id", "stream"], how="left", maintain_order="left")
        team = rows.get_column("team").cast(pl.Int64).to_numpy()
        first = np.searchsorted(team, np.arange(names.height))
        return cls(
            teams=tuple((str(truck), str(stream)) for truck, stream in names.select("truck_id", "stream").iter_rows()),
            districts=tuple(rows.get_column("district_id").gather(first.tolist()).to_list()),
            team=team,
            known_s=seconds_of(rows, "known_at"),
            day=rows.get_column("service_date").to_physical().to_numpy().astype(np.int64),
            kg=rows.get_column("net_kg").to_numpy().astype(np.float64),
            time_zone=time_zone,
            announced=announced,
        )

    def usual(self, rows: TripRows, trips: int = MEMORY) -> Floats:
        """Mean kg of the team's newest known trips, shrunk to its stream's; NaN before any trip was known."""
        own, streams = self._known(rows), self._of_stream(rows)
        values = np.full(len(rows), np.nan)
        for place, (kg, _) in enumerate(own):
            newest = kg[-trips:]
            prior = streams[place]
            if np.isfinite(prior):
                values[place] = (newest.sum() + PSEUDO_TRIPS * prior) / (len(newest) + PSEUDO_TRIPS)
        return values

    def week_before(self, rows: TripRows) -> Floats:
        """Mean kg of the team's known trips a week or two before the date; its usual weight where there were none."""
        found = np.full(len(rows), np.nan)
        for place, (kg, day) in enumerate(self._known(rows)):
            weeks = (_mean(kg[day == rows.day[place] - back]) for back in (7, 14))
            found[place] = next((value for value in weeks if np.isfinite(value)), np.nan)
        return np.where(np.isfinite(found), found, self.usual(rows))

    def apply(self, rows: TripRows) -> pl.DataFrame:
        """One Float32 column per feature."""
        usual = self.usual(rows)
        own = self._known(rows)
        of_week = weekday(rows.day)
        same = [_mean(kg[weekday(day) == of_week[place]][-4:]) for place, (kg, day) in enumerate(own)]
        stream = np.array([STREAMS.index(Stream(name)) for _, name in self.teams], np.float64)
        columns: Columns = {
            "usual_kg": narrow(usual),
            "newest_5": narrow(np.array([_mean(kg[-5:]) for kg, _ in own]) / usual),
            "newest_spread": narrow(np.array([kg[-MEMORY:].std() if len(kg) > 1 else np.nan for kg, _ in own]) / usual),
            "week_before": narrow(self.week_before(rows) / usual),
            "same_weekday_4": narrow(np.array(same) / usual),
            "trips_known": narrow(np.array([min(len(kg), 200) for kg, _ in own], np.float64)),
            "stream": narrow(stream[rows.team]),
            "weekday": narrow(of_week),
            "day_class": narrow(self.announced.class_of(rows.day, rows.origin_s)),
            "day_class_before": narrow(self.announced.class_of(rows.day - 1, rows.origin_s)),
            "festival_days": narrow(self.announced.festival_days(rows.day, rows.origin_s)),
            "lead_days": narrow(rows.day - local_days(rows.origin_s, self.time_zone)),
        }
        return stacked(columns)

    def _known(self, rows: TripRows) -> list[tuple[Floats, Ints]]:
        """Per row: weights and dates of the team's tickets known at the origin."""
        first = np.searchsorted(self.team, rows.team)
        found = []
        for begin, team, origin in zip(first, rows.team, rows.origin_s, strict=True):
            end = np.searchsorted(self.team, team, "right")
            stop = begin + np.searchsorted(self.known_s[begin:end], origin, "right")
            found.append((self.kg[begin:stop], self.day[begin:stop]))
        return found

    def _of_stream(self, rows: TripRows) -> Floats:
        """Mean kg of all trips of the row's stream known at its origin."""
        stream_of_team = np.array([name for _, name in self.teams])
        values = np.full(len(rows), np.nan)
        for stream in np.unique(stream_of_team):
            tickets = np.flatnonzero(stream_of_team[self.team] == stream)
            order = tickets[np.argsort(self.known_s[tickets], kind="stable")]
            so_far = np.concatenate(([0.0], np.cumsum(self.kg[order])))
            mine = np.flatnonzero(stream_of_team[rows.team] == stream)
            count = np.searchsorted(self.known_s[order], rows.origin_s[mine], "right")
            held = count > 0
            values[mine[held]] = so_far[count[held]] / count[held]
        return values


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")
