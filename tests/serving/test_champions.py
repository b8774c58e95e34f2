"""Models that take over while the service goes on, and what happens when one cannot be had."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from city.settings import Settings
from models.bundle import RefusedModelError
from serving.api.quick import file_stamp
from serving.champions import ChampionWatch, Loaded, load_champions, newest, registry_of
from serving.desk import Desk
from tests.serving.lived_in import DAY, MONDAY, LivedIn


@dataclass
class Model:
    version: str
    run_id: str = "run"


@dataclass
class FakeRegistry:
    """A registry as one of a server would be: moved, down, or with broken files."""

    alias: str | None = None
    down: bool = False
    broken: set[str] = field(default_factory=set)
    asked: int = 0
    loaded: list[str] = field(default_factory=list)

    def serving(self, name: str) -> str | None:
        self.asked += 1
        if self.down:
            raise ConnectionRefusedError(111, "Connection refused")
        return self.alias if name == "congestion" else None

    def champion(self, name: str) -> Any:  # noqa: ANN401  -- as the protocol has it
        assert name == "congestion"
        assert self.alias is not None
        self.loaded.append(self.alias)
        if self.alias in self.broken:
            raise BROKEN
        return Model(self.alias)


BROKEN = RefusedModelError(model="congestion v2", problem="its hash is another")
NOTHING = Loaded("congestion", None, None, None, "")


def test_a_promoted_model_takes_over_and_an_unchanged_one_is_left_alone() -> None:
    registry = FakeRegistry(alias="1")
    first = newest(registry, NOTHING)
    same = newest(registry, first)
    registry.alias = "2"
    second = newest(registry, first)

    assert (first.version, first.status().rung) == ("1", "champion")
    assert same is first
    assert second.version == "2"
    assert registry.loaded == ["1", "2"]


def test_a_broken_model_leaves_the_former_one_serving_and_says_so() -> None:
    registry = FakeRegistry(alias="1")
    first = newest(registry, NOTHING)
    registry.alias, registry.broken = "2", {"2"}
    kept = newest(registry, first)

    assert kept.champion is first.champion
    assert kept.version == "1"
    assert kept.reason == f"v2 cannot be used: {str(BROKEN).rstrip('.')}; v1 keeps serving"
    assert newest(registry, kept, again=False) is kept
    assert registry.loaded == ["1", "2"]
    registry.broken = set()
    assert newest(registry, kept).version == "2"
    assert newest(registry, kept).reason == ""


def test_going_back_from_a_broken_model_needs_no_loading() -> None:
    registry = FakeRegistry(alias="1")
    first = newest(registry, NOTHING)
    registry.alias, registry.broken = "2", {"2"}
    kept = newest(registry, first)
    registry.alias = "1"

    back = newest(registry, kept)

    assert (back.version, back.reason, back.refused) == ("1", "", None)


def test_a_registry_that_is_down_leaves_everything_serving() -> None:
    registry = FakeRegistry(alias="1")
    first = newest(registry, NOTHING)
    registry.down = True
    kept = newest(registry, first)

    assert kept.champion is first.champion
    assert kept.reason == "the model registry cannot be asked; v1 keeps serving"
    registry.down = False
    assert newest(registry, kept).reason == ""


def test_a_service_that_starts_while_the_registry_is_down_finds_its_model_later() -> None:
    registry = FakeRegistry(alias="1", down=True)
    without = newest(registry, NOTHING)

    assert without.champion is None
    assert without.status().rung == "ha_ar1"
    assert "cannot be asked" in without.reason
    registry.down = False
    assert newest(registry, without).version == "1"


def test_what_nobody_wrote_to_is_not_asked_but_for_now_and_then() -> None:
    registry, stamp = FakeRegistry(alias="1"), [1]
    watch = ChampionWatch(registry, (NOTHING,), lambda: stamp[0], anyway_every=10)
    for _ in range(10):
        watch.look()
    assert registry.asked == 1

    registry.alias, stamp[0] = "2", 2
    assert watch.look()[0].version == "2"
    registry.alias = "3"  # changed without a trace: found all the same
    assert [watch.look()[0].version for _ in range(10)][-1] == "3"


def test_a_real_registry_is_seen_to_change(tmp_path: Path) -> None:
    settings = Settings.from_environment({"CITY_HOME": str(tmp_path / "home")})
    before = load_champions(settings)
    registry = registry_of(settings)
    stamp = file_stamp(settings.tracking_uri)
    watch = ChampionWatch(registry, before, stamp)
    watch.look()
    stamped = stamp()

    city = LivedIn(folder=tmp_path, desk=Desk(settings))
    city.issue_congestion(MONDAY, "ha_ar1")
    city.train(version="1", as_of=MONDAY + DAY + timedelta(hours=1))

    assert [one.reason for one in before] == [
        "no congestion model has been promoted yet",
        "no waste model has been promoted yet",
    ]
    assert stamp() != stamped
    congestion, waste = watch.look()
    assert "v1 cannot be used" in congestion.reason  # its files hold no model: the small city's is a name alone
    assert waste is before[1]


@pytest.mark.parametrize("url", ["http://mlflow:5000", "postgresql://db/mlflow", "sqlite://", "databricks"])
def test_a_registry_that_is_no_file_has_no_stamp(url: str) -> None:
    assert file_stamp(url)() is None
