"""What every answer tells a browser, whatever it is an answer to."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from serving.api import app
from serving.api.security_headers import GUARDS, guarded_headers
from tests.serving.two_districts import TwoDistricts, two_districts


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> TwoDistricts:
    return two_districts(tmp_path_factory.mktemp("guarded"))


@pytest.fixture(scope="module")
def client(world: TwoDistricts) -> Iterator[TestClient]:
    with TestClient(app.build_api(world.office), follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/", "/signin", "/docs", "/openapi.json", "/v1/status", "/v1/nothing", "/nothing", "/driver/link_x"]
)
def test_every_answer_tells_browsers_to_run_and_keep_nothing(client: TestClient, path: str) -> None:
    answer = client.get(path)

    for name in GUARDS:
        assert name in answer.headers
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] in {"no-store", "private, no-cache"}


def test_a_failure_tells_browsers_the_same(world: TwoDistricts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.status.StatusBoard.status", lambda *_: 1 / 0)
    with TestClient(app.build_api(world.office), raise_server_exceptions=False) as client:
        answer = client.get("/v1/status", headers={"authorization": f"Bearer {world.key('signals:read')}"})

    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == GUARDS["Content-Security-Policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_what_an_answer_says_itself_is_left_as_it_is() -> None:
    own = [(b"content-security-policy", b"sandbox"), (b"cache-control", b"private, no-cache")]

    headers = guarded_headers(own, {"type": "http", "scheme": "https"})

    assert headers[:2] == own
    assert [name for name, _ in headers].count(b"content-security-policy") == 1
    assert (b"strict-transport-security", b"max-age=31536000") in headers
    assert b"strict-transport-security" not in dict(guarded_headers([], {"type": "http", "scheme": "http"}))
