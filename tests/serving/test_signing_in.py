"""People sign in at the pages with a key; the cookie that stands for it can neither be stolen by a page nor planted."""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from city.audit_log import AuditQuery
from city.sessions import IDLE
from serving import doorkeeper
from serving.api import app
from serving.api.cookies import PLAIN_NAME, SECURE_NAME, csrf_token
from tests.serving.two_districts import NORTH, SOUTH, TwoDistricts, two_districts

HOME = "http://testserver"
FORM = {"origin": HOME}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> TwoDistricts:
    return two_districts(tmp_path_factory.mktemp("signing-in"))


@pytest.fixture(scope="module")
def api(world: TwoDistricts) -> FastAPI:
    return app.build_api(world.office)


@pytest.fixture
def client(api: FastAPI) -> Iterator[TestClient]:
    with TestClient(api, base_url=HOME, follow_redirects=False) as client:
        yield client


@pytest.fixture
def key(world: TwoDistricts) -> str:
    return world.key("admin", districts=(NORTH,))


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered of a moment ago."""
    monkeypatch.setattr(doorkeeper, "KEPT_S", 0.0)


def shown(token: str, name: str = PLAIN_NAME) -> dict[str, str]:
    return {"cookie": f"{name}={token}"}


def sign_in(client: TestClient, key: str, onward: str = "/") -> str:
    """The cookie's value."""
    answer = client.post("/signin", data={"key": key, "next": onward}, headers=FORM)
    assert answer.status_code == 303, answer.text
    return client.cookies[PLAIN_NAME]


def test_pages_ask_whoever_is_not_signed_in_to_do_so(client: TestClient) -> None:
    answer = client.get("/")

    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")
    assert client.get("/docs").status_code == client.get("/openapi.json").status_code == 200


def test_the_form_needs_no_script_and_says_in_both_languages_what_it_wants(client: TestClient) -> None:
    page = client.get("/signin").text

    assert "<script" not in page
    assert re.search(r'<label for="key">Your key <span lang="zh">您的密钥</span></label>', page)
    assert re.search(r'<input id="key" name="key" type="password" required', page)
    assert "Sign in" in page
    assert "登录" in page


def test_a_key_in_the_form_opens_the_pages_and_the_api(client: TestClient, key: str) -> None:
    answer = client.post("/signin", data={"key": f" {key} ", "next": "/docs"}, headers=FORM)

    assert (answer.status_code, answer.headers["location"]) == (303, "/docs")
    page = client.get("/")
    assert page.status_code == 200
    assert "Li Wei · north" in page.text
    assert client.get("/v1/status").status_code == 200
    assert client.get("/signin").headers["location"] == "/"


def test_the_page_shows_nothing_of_other_districts(client: TestClient, key: str) -> None:
    sign_in(client, key)
    page = client.get("/").text

    assert "signals-north" in page
    assert "signals-south" not in page


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites_and_holds_no_key(client: TestClient, key: str) -> None:
    answer = client.post("/signin", data={"key": key}, headers=FORM)

    name, *marks = answer.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(marks)
    assert name.startswith(f"{PLAIN_NAME}=")
    assert key.split("_", 2)[2] not in answer.headers["set-cookie"] + client.get("/").text


def test_over_tls_the_cookie_never_leaves_it(api: FastAPI, key: str) -> None:
    with TestClient(api, base_url="https://testserver", follow_redirects=False) as client:
        answer = client.post("/signin", data={"key": key}, headers={"origin": "https://testserver"})
        name, *marks = answer.headers["set-cookie"].split("; ")

        assert name.startswith(f"{SECURE_NAME}=")
        assert "Secure" in marks
        assert "max-age" in answer.headers["strict-transport-security"]
        assert client.get("/").status_code == 200
        # A cookie that came in the clear is worth nothing here.
        token = client.cookies[SECURE_NAME]
        client.cookies.clear()
        assert client.get("/v1/status", headers=shown(token)).status_code == 401


@pytest.mark.parametrize("wrong", ["", "nonsense", "city_00000000_guess", "\x00", "x" * 100_000])
def test_a_key_that_is_none_opens_nothing(client: TestClient, wrong: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = client.post("/signin", data={"key": wrong}, headers=FORM)

    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert 'role="alert"' in answer.text
    assert not wrong.strip("\x00") or wrong not in caplog.text


@pytest.mark.usefixtures("at_once")
def test_a_revoked_key_ends_what_was_begun_with_it(client: TestClient, world: TwoDistricts, key: str) -> None:
    sign_in(client, key)
    assert client.get("/v1/status").status_code == 200

    world.desk.ledger.keys.revoke(key.split("_")[1], by="tests")

    assert client.get("/v1/status").status_code == 401
    assert client.get("/").status_code == 303
    assert client.post("/signin", data={"key": key}, headers=FORM).status_code == 401


@pytest.mark.usefixtures("at_once")
def test_whoever_goes_away_is_signed_out(client: TestClient, world: TwoDistricts, key: str) -> None:
    token = sign_in(client, key)
    sessions = world.desk.ledger.sessions
    long_ago = datetime.now(UTC) - IDLE - timedelta(minutes=1)
    found = sessions.find(token)
    assert found is not None

    client.cookies.clear()
    stale = sessions.open(found.key, now=long_ago)

    assert client.get("/v1/status", headers=shown(stale)).status_code == 401


@pytest.mark.usefixtures("at_once")
def test_whoever_stays_is_noted_at_most_once_a_minute(client: TestClient, world: TwoDistricts, key: str) -> None:
    sessions = world.desk.ledger.sessions
    found = sessions.find(sign_in(client, key))
    assert found is not None
    client.cookies.clear()
    ten_minutes_ago = datetime.now(UTC) - timedelta(minutes=10)
    token = sessions.open(found.key, now=ten_minutes_ago)

    client.get("/v1/status", headers=shown(token))

    seen = sessions.find(token)
    assert seen is not None
    assert seen.seen_at > ten_minutes_ago + timedelta(minutes=9)


def test_signing_out_ends_the_session_for_good(client: TestClient, key: str, world: TwoDistricts) -> None:
    token = sign_in(client, key)

    answer = client.post("/signout", data={"csrf_token": csrf_token(token)}, headers=FORM)

    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")
    assert PLAIN_NAME not in client.cookies
    assert client.get("/v1/status", headers=shown(token)).status_code == 401
    last = world.desk.ledger.audit.lines(AuditQuery(limit=1))[0].line
    assert (last.action, last.person) == ("session.closed", "Li Wei")


def test_nobody_can_be_signed_in_by_a_cookie_that_was_put_there(client: TestClient, key: str) -> None:
    """Session fixation: what the browser brings along is never what it gets."""
    client.cookies.set(PLAIN_NAME, "planted")
    client.post("/signin", data={"key": key}, headers=FORM)
    given = [cookie.value for cookie in client.cookies.jar if cookie.value != "planted"]

    client.cookies.clear()
    assert len(given) == 1
    assert client.get("/v1/status", headers=shown("planted")).status_code == 401
    assert client.get("/v1/status", headers=shown(str(given[0]))).status_code == 200


def test_a_second_sign_in_ends_the_first(client: TestClient, key: str) -> None:
    first = sign_in(client, key)
    sign_in(client, key)

    client.cookies.clear()
    assert client.get("/v1/status", headers=shown(first)).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"x-csrf-token": "0" * 64}, 403),
        ({"x-csrf-token": "own"}, 201),
        ({"x-csrf-token": "own", "origin": HOME}, 201),
        ({"x-csrf-token": "own", "referer": f"{HOME}/somewhere"}, 201),
        ({"x-csrf-token": "own", "origin": "http://evil.example"}, 403),
        ({"x-csrf-token": "own", "origin": "null"}, 403),
        ({"x-csrf-token": "own", "origin": "https://testserver"}, 403),
        ({"x-csrf-token": "own", "origin": "http://testserver:8080"}, 403),
        ({"x-csrf-token": "own", "referer": "http://testserver.evil.example/"}, 403),
    ],
)
def test_what_changes_something_needs_the_sessions_own_token_and_address(
    client: TestClient, key: str, headers: dict[str, str], status: int
) -> None:
    token = sign_in(client, key)
    said = {name: csrf_token(token) if value == "own" else value for name, value in headers.items()}
    body = {"person": "Chen Jie", "scopes": ["signals:read"], "districts": ["north"]}

    answer = client.post("/v1/keys", json=body, headers=said)

    assert answer.status_code == status, answer.text


def test_the_token_of_another_session_is_worth_nothing(client: TestClient, key: str) -> None:
    other = sign_in(client, key)
    sign_in(client, key)

    answer = client.post("/v1/keys/00000000/revoke", headers={"x-csrf-token": csrf_token(other)})

    assert answer.status_code == 403


def test_a_key_needs_no_such_token(client: TestClient, key: str) -> None:
    headers = {"authorization": f"Bearer {key}", "origin": "http://elsewhere.example"}

    assert client.post("/v1/keys/00000000/revoke", headers=headers).status_code == 404


def test_another_sites_form_can_sign_nobody_in_or_out(client: TestClient, key: str) -> None:
    assert client.post("/signin", data={"key": key}, headers={"origin": "http://evil.example"}).status_code == 403
    sign_in(client, key)
    assert client.post("/signout", headers=FORM).status_code == 403
    assert client.get("/v1/status").status_code == 200


@pytest.mark.parametrize(
    "onward",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: a=b",
        "x" * 600,
    ],
)
def test_signing_in_leads_nowhere_else(client: TestClient, key: str, onward: str) -> None:
    answer = client.post("/signin", data={"key": key, "next": onward}, headers=FORM)

    assert answer.headers["location"] == "/"


def test_a_revoked_or_expired_key_is_refused_within_a_second(client: TestClient, world: TwoDistricts) -> None:
    text = world.key("signals:read", districts=(SOUTH,))
    headers = {"authorization": f"Bearer {text}"}
    assert client.get("/v1/status", headers=headers).status_code == 200

    world.desk.ledger.keys.revoke(text.split("_")[1], by="tests")
    Event().wait(doorkeeper.KEPT_S + 0.01)
    revoked = client.get("/v1/status", headers=headers)
    assert (revoked.status_code, "is revoked" in revoked.text) == (401, True)

    # An expiry acts at once, also for a key that was looked up a moment ago.
    short = world.key("signals:read", expires_at=datetime.now(UTC) + timedelta(milliseconds=300))
    headers = {"authorization": f"Bearer {short}"}
    assert client.get("/v1/status", headers=headers).status_code == 200
    Event().wait(0.35)
    assert "is expired" in client.get("/v1/status", headers=headers).text
