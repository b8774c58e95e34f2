"""A ledger whose disk takes nothing more: what is stored can still be read by whoever holds it open."""

import subprocess
import sys
import threading
from pathlib import Path

from city.ledger import Ledger
from city.ledger_database import hold_files, open_engine

SERVES = """
import resource, sys
from pathlib import Path
from city.errors import StoreUnreachableError
from city.ledger import Ledger

ledger = Ledger(sys.argv[1])
if sys.argv[2] == "held":
    ledger.hold_open()
    ledger.hold_open()
assert ledger.imports() == ()
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
for _ in range(3):
    try:
        print("read", len(ledger.plans()), len(ledger.keys.all()))
    except StoreUnreachableError as error:
        print("not read:", error.code)
try:
    ledger.keys.make(person="x", scopes=["admin"], districts=None, made_by="x")
except StoreUnreachableError as error:
    print("not written:", error.code)
ledger.close()
print("beside:", *sorted(path.name for path in Path(sys.argv[3]).glob("*.db-*")))
"""


def told(folder: Path, how: str) -> list[str]:
    ledger = Ledger(f"sqlite:///{folder / 'ledger.db'}")
    ledger.keys.make(person="Wang Fang", scopes=["admin"], districts=None, made_by="x")
    ledger.close()
    words = [sys.executable, "-X", "dev", "-W", "error", "-c", SERVES, ledger.url, how, str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "ResourceWarning" not in done.stderr
    return done.stdout.splitlines()


def test_a_ledger_that_is_held_open_is_read_on_a_full_disk(tmp_path: Path) -> None:
    assert told(tmp_path, "held") == ["read 0 1"] * 3 + ["not written: storage-unavailable", "beside:"]


def test_one_that_nobody_holds_is_not_and_says_that_the_store_is_away(tmp_path: Path) -> None:
    assert told(tmp_path, "not held")[:4] == ["not read: storage-unavailable"] * 3 + [
        "not written: storage-unavailable"
    ]


def test_a_ledger_that_is_closed_may_be_held_again(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    other = threading.Thread(target=ledger.hold_open)  # a service opens it in one thread and closes it in another
    other.start()
    other.join()
    assert (tmp_path / "ledger.db-shm").exists()
    ledger.close()
    assert not (tmp_path / "ledger.db-shm").exists()
    ledger.hold_open()
    assert ledger.plans() == ()
    assert (tmp_path / "ledger.db-shm").exists()
    ledger.close()


def test_a_server_needs_nobody_to_hold_it() -> None:
    assert hold_files(open_engine("postgresql+psycopg://city@127.0.0.1:1/city")) is None
