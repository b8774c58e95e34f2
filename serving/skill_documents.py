"""Skill, drift and standing of the models as documents, as far as whoever asks may see them."""

from collections.abc import Collection, Iterator
from math import isfinite
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import polars as pl

from city.ids import DistrictId
from city.settings import Settings
from models.drift import BEYOND_USUAL, LARGE_PSI
from serving.model_findings import AgeCheck, InputCheck, ModelFinding
from serving.refreshed import Kept
from serving.schemas.skill import SkillQuery
from serving.skill import GREW, Skill, SkillOf, standing
from serving.watching_models import WHATS, ModelWatch

Within = Collection[DistrictId] | None
Document = dict[str, Any]
DIGITS = 6
EXPERIMENT = "chengyun"


def skill_document(
    kept: Kept[Skill | str], watch: ModelWatch | str, query: SkillQuery, within: Within, *, refreshing: bool
) -> Document:
    """The state of the models is everybody's; what is of another district is not."""
    skill = kept.value
    asked = tuple(query.what or WHATS)
    not_told = [found for found in (skill, watch) if isinstance(found, str)]
    made_at = kept.made_at.isoformat()
    document: Document = {"as_of": made_at, "since": made_at, "made_at": made_at, "refreshing": refreshing}
    document |= {"models": [], "quantities": [], "drift": []}
    if isinstance(skill, Skill):
        shown = _shown(query.district_id, within)
        document |= {"as_of": skill.as_of.isoformat(), "since": skill.since.isoformat()}
        document["quantities"] = [_quantity(one, shown) for one in skill.quantities if one.what in asked]
        not_told += skill.not_told
    if isinstance(watch, ModelWatch):
        document["models"] = [_standing(watch, name, within) for name in asked]
        document["drift"] = [_drift(one) for one in watch.inputs if one.what in asked and _is_theirs(one, within)]
        not_told += watch.not_judged
    return {**document, "not_told": not_told}


def _shown(asked: Collection[str], within: Within) -> frozenset[str] | None:
    """The districts that are told of; None for all."""
    if not asked:
        return None if within is None else frozenset(map(str, within))
    return frozenset(asked) if within is None else frozenset(asked) & frozenset(map(str, within))


def _is_theirs(one: InputCheck | ModelFinding, within: Within) -> bool:
    return within is None or one.district_id is None or DistrictId(one.district_id) in within


def _quantity(one: SkillOf, shown: frozenset[str] | None) -> Document:
    own = pl.lit(value=True) if shown is None else pl.col("district_id").is_in(sorted(shown))
    by_day = {key[0]: part for key, part in one.by_district_day.partition_by("district_id", as_dict=True).items()}
    simple = None if not one.gate_loss or one.gate_simple_loss is None else one.gate_simple_loss / one.gate_loss
    return {
        "what": one.what,
        "quantity": one.quantity,
        "gate_loss": _rounded(one.gate_loss),
        "simple_to_gate": _rounded(simple),
        "grew_at": GREW,
        "days": [_day(row, one.gate_loss) for row in one.by_day.iter_rows(named=True)],
        "horizons": [
            {"up_to_h": row["band"] if row["band"] > 0 else None, **_figures(row, one.gate_loss)}
            for row in _by_horizon(one.by_band)
        ],
        "districts": [
            {
                "district_id": row["district_id"],
                **_figures(row, one.gate_loss),
                "days": [_day(day, one.gate_loss) for day in by_day[row["district_id"]].iter_rows(named=True)],
            }
            for row in one.by_district.filter(own).iter_rows(named=True)
        ],
    }


def _by_horizon(frame: pl.DataFrame) -> Iterator[Document]:
    return frame.sort(pl.col("band") < 0, "band").iter_rows(named=True)


def _day(row: Document, gate_loss: float | None) -> Document:
    return {"day": row["day"].isoformat(), **_figures(row, gate_loss)}


def _figures(row: Document, gate_loss: float | None) -> Document:
    beside, simple = row["loss_beside_simple"], row["simple_loss"]
    return {
        "rows": row["rows"],
        "loss": _rounded(row["loss"]),
        "below": _rounded(row["below"]),
        "above": _rounded(row["above"]),
        "coverage": _rounded(1 - row["below"] - row["above"]),
        "simple_loss": _rounded(simple),
        "to_simple": _rounded(beside / simple - 1) if simple and beside is not None else None,
        "to_gate": _rounded(row["loss"] / gate_loss) if gate_loss else None,
    }


def _standing(watch: ModelWatch, name: str, within: Within) -> Document:
    told = standing(watch, name, lambda one: _is_theirs(one, within))
    age = next((one for one in watch.ages if one.what == name), None)
    return {
        "name": name,
        "state": told.state,
        **_age(age),
        "sentences": list(told.sentences),
        "findings": [
            {
                "cause": one.trouble.value,
                "subject": one.subject,
                "district_id": one.district_id,
                "sentence": one.sentence,
                "todo": one.todo,
            }
            for one in told.findings
        ],
    }


def _age(age: AgeCheck | None) -> Document:
    if age is None:
        return {"champion": None, "champion_age_s": None, "forecast_age_s": None, "fallback_share": None}
    return {
        "champion": age.champion,
        "champion_age_s": age.champion_age_s,
        "forecast_age_s": age.forecast_age_s,
        "fallback_share": _rounded(age.fallback_share),
    }


def _drift(one: InputCheck) -> Document:
    return {
        "what": one.what,
        "quantity": one.quantity,
        "noun": one.noun,
        "district_id": one.district_id,
        "values": one.values,
        "psi": _rounded(one.psi),
        "usual_psi": _rounded(one.usual_psi),
        "bound": _rounded(max(LARGE_PSI, BEYOND_USUAL * one.usual_psi)),
        "ks": _rounded(one.ks),
        "ratio": _rounded(one.ratio),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else round(value, DIGITS)


def experiments_document(settings: Settings) -> Document:
    """A server's address without the password that may be in it; for a file the command that opens it."""
    parts = urlsplit(settings.tracking_uri)
    if parts.scheme in {"http", "https"}:
        shown = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
        return {"address": shown, "command": None, "experiment": EXPERIMENT}
    opened = settings.tracking_uri if parts.scheme == "sqlite" else "the tracking URI of this service"
    return {"address": None, "command": f"mlflow ui --backend-store-uri {opened}", "experiment": EXPERIMENT}
