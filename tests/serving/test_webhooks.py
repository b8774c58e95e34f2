"""Receivers on this machine are told of warnings: signed, once, never through a redirect, and never waited for."""

import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from city.errors import CityError
from city.warning_letters import DELIVERED, PAUSES, WAITING
from serving.warnings_found import Watches
from serving.warnings_pulse import WarningsPulse
from serving.webhook_sending import Postman, signature
from serving.webhooks import Receivers, read_receivers
from tests.city.lives import LI
from tests.serving.watched_town import Town, town_in

SECRET = "not-a-secret-but-long-enough"  # noqa: S105  -- of a receiver in this process
QUICK = httpx.Timeout(0.5)


@dataclass
class Desk:
    """A receiver: what it got, and what it answers next."""

    server: ThreadingHTTPServer
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    slow_s: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def desk() -> Iterator[Desk]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(opened.slow_s)
            opened.got.append((self.path, dict(self.headers), body))
            status = opened.answers.pop(0) if opened.answers else 204
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    opened = Desk(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
    thread = threading.Thread(target=opened.server.serve_forever, daemon=True)
    thread.start()
    yield opened
    opened.server.shutdown()
    opened.server.server_close()


def named(folder: Path, **urls: str) -> Path:
    path = folder / "webhooks.toml"
    text = "".join(f'[{name}]\nurl = "{url}"\nsecret = "{SECRET}"\n' for name, url in urls.items())
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def town(tmp_path: Path, desk: Desk) -> Town:
    made = town_in(tmp_path, {"CITY_WEBHOOKS": str(named(tmp_path, centre=desk.url))})
    made.fill(("P1", 4.0, 0.9))
    return made


def look_and_tell(town: Town) -> None:
    Watches(town.desk).look("forecasts")
    Postman(town.desk, timeout=QUICK).send_due(Receivers.named(town.desk), wait_s=10)


def states(town: Town) -> list[tuple[str, int, int | None]]:
    return [(one.status, one.attempts, one.answer) for one in town.desk.ledger.warnings.letters.log()]


def test_a_receiver_gets_what_was_found_and_can_check_who_sent_it(town: Town, desk: Desk) -> None:
    look_and_tell(town)

    ((path, headers, body),) = desk.got
    told = json.loads(body)
    assert (path, told["event"], told["city"]) == ("/hook", "opened", "Testburg")
    assert (told["warning"]["cause"], told["warning"]["district_id"]) == ("overflow-ahead", "north")
    assert told["warning"]["begins_at"] == "2026-03-31T02:00:00+00:00"
    at, _, said = headers["X-City-Signature"].removeprefix("t=").partition(",v1=")
    expected = hmac.digest(SECRET.encode(), f"{at}.".encode() + body, "sha256").hex()
    assert said == expected
    assert abs(time.time() - int(at)) < 60
    assert headers["X-City-Event"] == "warning.opened"


def test_the_page_shows_how_a_receiver_checks_it(town: Town, desk: Desk) -> None:
    shown = (Path(__file__).parents[2] / "docs" / "warnings.md").read_text(encoding="utf-8")
    code = shown.split("```python\n")[1].split("```")[0]
    words: dict[str, Any] = {}
    exec(code, words)  # noqa: S102  -- the page's own lines
    look_and_tell(town)
    ((_, headers, body),) = desk.got

    assert words["is_from_city"](headers, body, SECRET)
    assert not words["is_from_city"](headers, body + b" ", SECRET)
    assert not words["is_from_city"](headers, body, "another-secret-of-somebody")
    assert not words["is_from_city"](headers, body, SECRET, now=lambda: time.time() + 3600)


def test_what_has_not_changed_is_told_once(town: Town, desk: Desk) -> None:
    for _ in range(3):
        look_and_tell(town)

    assert len(desk.got) == 1
    assert states(town) == [(DELIVERED, 1, 204)]


def test_getting_worse_and_ending_are_told_too_and_nobody_is_named(town: Town, desk: Desk) -> None:
    look_and_tell(town)
    warning_id = json.loads(desk.got[0][2])["warning"]["warning_id"]
    town.desk.ledger.warnings.acknowledge(warning_id, "Zhao Lei knows, 13812345678", LI)
    town.fill(*((f"P{number}", 4.0, 0.9) for number in range(9)))
    look_and_tell(town)
    town.fill(("P1", 4.0, 0.0), at=town.clock.now + timedelta(minutes=1))
    for _ in range(2):
        town.clock.forward(minutes=20)
        look_and_tell(town)

    assert [json.loads(body)["event"] for _, _, body in desk.got] == ["opened", "worse", "ended"]
    everything = b"".join(body for _, _, body in desk.got).decode()
    assert LI.person not in everything
    assert "138" not in everything


def test_a_redirect_is_not_followed(town: Town, desk: Desk) -> None:
    desk.answers = [307]

    look_and_tell(town)

    assert [path for path, _, _ in desk.got] == ["/hook"]
    assert states(town) == [(WAITING, 1, 307)]


def test_what_was_refused_is_sent_again_after_a_pause_word_for_word(town: Town, desk: Desk) -> None:
    desk.answers = [500]
    look_and_tell(town)
    look_and_tell(town)
    assert len(desk.got) == 1

    town.clock.now += PAUSES[0]
    look_and_tell(town)

    first, second = desk.got
    assert first[2] == second[2]
    assert first[1]["X-City-Letter"] == second[1]["X-City-Letter"]
    assert states(town) == [(DELIVERED, 2, 204)]


def test_nobody_waits_for_a_receiver_that_is_dead(tmp_path: Path, desk: Desk) -> None:
    dead = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)  # takes connections, answers none
    url = f"http://127.0.0.1:{dead.server_port}/"
    town = town_in(tmp_path, {"CITY_WEBHOOKS": str(named(tmp_path, centre=desk.url, dead=url))})
    town.fill(("P1", 4.0, 0.9))
    Watches(town.desk).look("forecasts")

    postman = Postman(town.desk, timeout=httpx.Timeout(2.0))
    began = time.monotonic()
    postman.send_due(Receivers.named(town.desk))
    took = time.monotonic() - began
    postman.send_due(Receivers.named(town.desk), wait_s=10)
    dead.server_close()

    assert took < 1.0
    assert len(desk.got) == 1
    by_receiver = {one.receiver: (one.status, one.problem) for one in town.desk.ledger.warnings.letters.log()}
    assert by_receiver == {"centre": (DELIVERED, ""), "dead": (WAITING, "ReadTimeout")}


def test_a_receiver_is_told_of_what_it_asked_for_only(town: Town, desk: Desk, tmp_path: Path) -> None:
    path = named(tmp_path, centre=desk.url)
    path.write_text(path.read_text(encoding="utf-8") + 'districts = ["south"]\n', encoding="utf-8")
    look_and_tell(town)
    assert desk.got == []

    town.fill(("S1", 4.0, 0.9), district="south")
    look_and_tell(town)
    assert [json.loads(body)["warning"]["district_id"] for _, _, body in desk.got] == ["south"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[a]\nurl = "http://hooks.example.org"\nsecret = "0123456789abcdef"', "plain_http"),
        ('[a]\nurl = "https://user:pw@hooks.example.org"\nsecret = "0123456789abcdef"', "no user"),
        ('[a]\nurl = "file:///etc/passwd"\nsecret = "0123456789abcdef"', "http or https"),
        ('[a]\nurl = "https://hooks.example.org"\nsecret = "short"', "16 or more"),
        ('[a]\nurl = "https://hooks.example.org"\nsecret = "0123456789abcdef"\nsources = ["weather"]', "weather"),
        ('[a]\nurl = "https://hooks.example.org"\nsecret = "0123456789abcdef"\nproxy = "x"', "proxy"),
        ('[A b]\nurl = "x"', "TOML"),
        ('a = "https://hooks.example.org"', "a table of"),
        ("[a]\nurl = 5", "a text"),
    ],
)
def test_a_file_of_receivers_that_is_wrong_is_refused_with_what_is(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "webhooks.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(CityError, match=said) as refused:
        read_receivers(path)
    assert "user:pw" not in str(refused.value)


def test_a_good_file_is_read_and_its_secrets_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(f"{SECRET}\n", encoding="utf-8")
    path = tmp_path / "webhooks.toml"
    path.write_text(
        '[centre]\nurl = "https://hooks.example.org/t0ken"\nsecret_file = "secret.txt"\nsources = ["feeds"]\n',
        encoding="utf-8",
    )

    (only,) = read_receivers(path)

    assert (only.secret, only.sources) == (SECRET, ("feeds",))
    assert SECRET not in repr(only)
    assert "t0ken" not in repr(only)


def test_a_wrong_file_keeps_no_warning_out_of_the_book(tmp_path: Path) -> None:
    town = town_in(tmp_path, {"CITY_WEBHOOKS": str(tmp_path / "missing.toml")})
    town.fill(("P1", 4.0, 0.9))

    Watches(town.desk).look("forecasts")

    assert [one.warned.cause for one in town.desk.ledger.warnings.open()] == ["overflow-ahead"]


def test_the_signature_is_as_computed_elsewhere() -> None:
    """By openssl: echo -n '1700000000.{}' | openssl dgst -sha256 -hmac KEY."""
    assert signature(SECRET, 1_700_000_000, b"{}") == (
        "t=1700000000,v1=c62fa3d4ca033b3e42a16a26e0992f93f276ebd4c62dd117299b9aca53eb5436"
    )


def test_the_service_looks_and_tells_by_itself_and_of_two_processes_one_does(town: Town, desk: Desk) -> None:
    pulses = [WarningsPulse(town.desk, Watches(town.desk), beat_s=0.01) for _ in range(2)]
    for one in pulses:
        one.start()
    until = time.monotonic() + 20
    while not desk.got and time.monotonic() < until:
        time.sleep(0.05)
    for one in pulses:
        one.stop()

    assert [json.loads(body)["warning"]["cause"] for _, _, body in desk.got] == ["overflow-ahead"]
