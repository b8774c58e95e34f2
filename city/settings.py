"""The one place where paths and URLs are resolved."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from city.errors import InvalidValueError
from city.salt import salt_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Read once at the start; every value can be given as an environment variable with the prefix CITY_.

    CITY_HOME is the folder of everything stored (default `var` under the current folder, with experiments in
    `mlruns` beside it). CITY_HISTORY_URL, CITY_LEDGER_URL and CITY_MLRUNS move its parts; MLFLOW_TRACKING_URI
    overrides where experiments are kept. CITY_WRITE_WAIT_S is how long an import waits for another. CITY_SALT salts
    the hashes of reporters; without it a salt is made and kept beside the ledger's file, or in the home folder.
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
    salt: Path | bytes | None = field(default=None, repr=False)

    @property
    def plans(self) -> Path:
        return self.home / "plans"

    @property
    def ways(self) -> Path:
        """Matrices of travel times that were computed before; may be deleted at any time."""
        return self.home / "ways"

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
