"""The one place where paths and URLs are resolved."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from city.errors import InvalidValueError
from city.salt import salt_of
from city.warning_bounds import WarningBounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Read once at the start; every value can be given as an environment variable with the prefix CITY_.

    CITY_HOME is the folder of everything stored (default `var` under the current folder, with experiments in
    `mlruns` beside it). CITY_HISTORY_URL, CITY_LEDGER_URL and CITY_MLRUNS move its parts; MLFLOW_TRACKING_URI
    overrides where experiments are kept. CITY_WRITE_WAIT_S is how long an import waits for another. CITY_SALT salts
    the hashes of reporters; without it a salt is made and kept beside the ledger's file, or in the home folder.

    The service: CITY_WORKERS processes answer. Each of them lets CITY_MOST_IN_FLIGHT requests in at once, and of one
    key CITY_KEY_RATE a second on average, CITY_KEY_BURST in a burst and CITY_KEY_CONCURRENCY at once; an address that
    shows CITY_GUESSES wrong keys within a minute has to wait. Whoever is beyond is answered 429 with Retry-After.
    CITY_DRAIN_S is how long requests may go on after the service was told to stop. CITY_PROXIES are the addresses of
    reverse proxies, with commas between: what they say of the caller's address and of TLS is believed.
    CITY_CLOCK_SHIFT_S seconds are added to the clock: a city whose data end in the past is shown as it was then.
    CITY_TRACKS_KEPT_DAYS is how long trucks' tracks are kept (docs/privacy.md).
    CITY_PAGES is a folder of built pages to show instead of those of the package, for whoever works on them.
    CITY_WEBHOOKS is the TOML file that names who is told of warnings (docs/warnings.md); CITY_WARN_... move the
    bounds from which on something is one (city/warning_bounds.py). CITY_DASK_SCHEDULER is the address of a Dask cluster
    (tcp://host:8786) that large plans are shared out to; without it the cores of this machine do it.
    """

    home: Path
    history_url: str
    ledger_url: str
    mlruns: Path
    tracking_uri: str
    host: str = "127.0.0.1"
    port: int = 3000
    threads: int = 2
    seed: int = 1
    write_wait_s: int = 1800
    workers: int = 1
    most_in_flight: int = 32
    key_rate_per_s: int = 200
    key_burst: int = 400
    key_concurrency: int = 16
    guesses_per_minute: int = 20
    drain_s: int = 30
    proxies: str = ""
    clock_shift_s: int = 0
    tracks_kept_days: int = 35
    warnings: WarningBounds = field(default_factory=WarningBounds)
    webhooks: Path | None = None
    pages: Path | None = None
    dask_scheduler: str | None = None
    salt: Path | bytes | None = field(default=None, repr=False)

    @property
    def plans(self) -> Path:
        return self.home / "plans"

    @property
    def ways(self) -> Path:
        """Matrices of travel times that were computed before; may be deleted at any time."""
        return self.home / "ways"

    @property
    def ready(self) -> Path:
        """What the newest forecasts were made from, to be asked again; may be deleted at any time."""
        return self.home / "ready"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        env = os.environ if environment is None else environment
        home = Path(env.get("CITY_HOME", "var")).resolve()
        # Two cities must not share a champion: a home of its own has experiments of its own.
        beside = "mlruns" if home == Path("var").resolve() else home / "mlruns"
        mlruns = Path(env.get("CITY_MLRUNS", beside)).resolve()
        ledger_url = env.get("CITY_LEDGER_URL", f"sqlite:///{home / 'ledger.db'}")
        return cls(
            home=home,
            history_url=env.get("CITY_HISTORY_URL", str(home / "history")),
            ledger_url=ledger_url,
            mlruns=mlruns,
            tracking_uri=env.get("MLFLOW_TRACKING_URI", f"sqlite:///{mlruns / 'mlflow.db'}"),
            host=env.get("CITY_HOST", "127.0.0.1"),
            port=_whole(env, "CITY_PORT", 3000),
            threads=_whole(env, "CITY_THREADS", 2),
            seed=_whole(env, "CITY_SEED", 1),
            write_wait_s=_whole(env, "CITY_WRITE_WAIT_S", 1800),
            workers=_at_least_one(env, "CITY_WORKERS", 1),
            most_in_flight=_at_least_one(env, "CITY_MOST_IN_FLIGHT", 32),
            key_rate_per_s=_at_least_one(env, "CITY_KEY_RATE", 200),
            key_burst=_at_least_one(env, "CITY_KEY_BURST", 400),
            key_concurrency=_at_least_one(env, "CITY_KEY_CONCURRENCY", 16),
            guesses_per_minute=_at_least_one(env, "CITY_GUESSES", 20),
            drain_s=_whole(env, "CITY_DRAIN_S", 30),
            proxies=_addresses(env, "CITY_PROXIES"),
            clock_shift_s=_signed(env, "CITY_CLOCK_SHIFT_S"),
            tracks_kept_days=_at_least_one(env, "CITY_TRACKS_KEPT_DAYS", 35),
            pages=Path(env["CITY_PAGES"]).resolve() if env.get("CITY_PAGES") else None,
            warnings=WarningBounds.from_environment(env),
            webhooks=Path(env["CITY_WEBHOOKS"]).resolve() if env.get("CITY_WEBHOOKS") else None,
            dask_scheduler=env.get("CITY_DASK_SCHEDULER") or None,
            salt=salt_of(env["CITY_SALT"]) if "CITY_SALT" in env else salt_file(ledger_url) or home / "salt",
        )

    def at_home(self, home: Path) -> "Settings":
        """The same settings with everything stored elsewhere: one home per city."""
        return Settings.from_environment({**os.environ, "CITY_HOME": str(home)})


def salt_file(ledger_url: str) -> Path | None:
    """Where the salt lies that belongs to an SQLite ledger: whoever shares the ledger shares the reporters' hashes."""
    prefix = "sqlite:///"
    if not ledger_url.startswith(prefix) or ledger_url in {prefix, f"{prefix}:memory:"}:
        return None
    return Path(ledger_url.removeprefix(prefix)).with_name("salt")


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, str(default))
    if not text.isdigit():
        raise InvalidValueError(subject="Environment", field=name, found=text, expected="a whole number")
    return int(text)


def _signed(env: Mapping[str, str], name: str) -> int:
    text = env.get(name, "0")
    return -_whole({name: text[1:]}, name, 0) if text.startswith("-") else _whole(env, name, 0)


def _at_least_one(env: Mapping[str, str], name: str, default: int) -> int:
    found = _whole(env, name, default)
    if found < 1:
        raise InvalidValueError(subject="Environment", field=name, found=found, expected="a whole number above 0")
    return found


def _addresses(env: Mapping[str, str], name: str) -> str:
    """Addresses and networks with commas between, each of them one."""
    found = [part.strip() for part in env.get(name, "").split(",") if part.strip()]
    for part in found:
        try:
            ip_network(part, strict=False)
        except ValueError:
            raise InvalidValueError(
                subject="Environment", field=name, found=part, expected="an address or a network such as 10.0.0.0/8"
            ) from None
    return ",".join(found)
