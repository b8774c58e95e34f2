"""Every route x every role x one's own and another district: nobody gets where they do not belong."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute
from httpx2 import Response
from starlette.testclient import TestClient

from city.access import ADMIN, Scope
from city.roles import ROLES
from serving.api import app
from serving.api.access import NeedsScopeOrLink, demand_of
from tests.serving.policy import POLICY, Rule
from tests.serving.two_districts import NORTH, NOWHERE, SOUTH, TwoDistricts, two_districts

STRANGE = {"nobody_asked_for_this": True}
KINDS = {
    "link_id": "link",
    "envelope_id": "envelope",
    "job_id": "job",
    "key_id": "key",
    "junction_id": "junction",
    "truck_id": "truck",
    "complaint_id": "complaint",
    "measure_id": "measure",
    "note_id": "note",
}
OTHERS = {"name": "congestion", "upload_id": "0" * 32, "import_id": "import-0", "row_id": "0" * 32, "token": "link_x"}
OTHERS |= {"warning_id": "0" * 12, "month": "2026-03"}
OF_A_DISTRICT = re.compile(r"\{(plan_id|envelope_id|job_id|key_id|junction_id|complaint_id|measure_id|note_id)\}")
GUARDED = [name for name, rule in POLICY.items() if rule.door != "open"]
WITH_THINGS = [name for name in GUARDED if OF_A_DISTRICT.search(name)]


def routes() -> Iterator[APIRoute]:
    for part in app.PARTS:
        for route in part.router.routes:
            assert isinstance(route, APIRoute)
            yield route


def names() -> list[str]:
    return [f"{method} {route.path}" for route in routes() for method in sorted(route.methods or ())]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> TwoDistricts:
    return two_districts(tmp_path_factory.mktemp("two-districts"))


@pytest.fixture(scope="module")
def client(world: TwoDistricts) -> Iterator[TestClient]:
    yield from _client(world)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> TwoDistricts:
    """The same again, in which nobody has decided anything."""
    return two_districts(tmp_path_factory.mktemp("quiet-districts"))


@pytest.fixture(scope="module")
def reader(quiet: TwoDistricts) -> Iterator[TestClient]:
    yield from _client(quiet)


def _client(world: TwoDistricts) -> Iterator[TestClient]:
    api = app.build_api(world.office)
    with TestClient(api, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="module")
def worthless(world: TwoDistricts) -> tuple[str | None, ...]:
    long_ago = datetime.now(UTC) - timedelta(days=2)
    expired = world.key("admin", expires_at=long_ago + timedelta(days=1), now=long_ago)
    revoked = world.key("admin")
    world.desk.ledger.keys.revoke(revoked.split("_")[1], by="tests")
    return (None, world.key("admin")[:-1], expired, revoked, "link_guess")


@pytest.fixture(scope="module")
def keys(world: TwoDistricts) -> dict[str, str]:
    """By role: a key of the whole city, one of the north, and one that allows nothing but to be known."""
    found = {f"{role}, city": world.key(*scopes) for role, scopes in ROLES.items()}
    found |= {f"{role}, north": world.key(*scopes, districts=(NORTH,)) for role, scopes in ROLES.items()}
    return found


def path_of(world: TwoDistricts, name: str, district: str) -> str:
    template = name.partition(" ")[2]
    plans = "signals" if "/signals/" in template else "routes"

    def filled(found: "re.Match[str]") -> str:
        parameter = found[1]
        if parameter == "plan_id":
            return world.id_of(plans, district)
        if parameter == "name" and "/export/" in template:
            return "run-sheet.html" if "{truck_id}" in template else "plan.json"
        return world.id_of(KINDS[parameter], district) if parameter in KINDS else OTHERS[parameter]

    return re.sub(r"\{(\w+)\}", filled, template)


def asked(client: TestClient, name: str, path: str, key: str | None, body: dict[str, Any] | None = None) -> Response:
    method = name.partition(" ")[0]
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    return client.request(method, path, headers=headers, json=None if method == "GET" else body)


def may(scopes: tuple[Scope, ...], rule: Rule) -> bool:
    return not rule.scopes or ADMIN in scopes or bool(set(scopes) & set(rule.scopes))


def test_every_route_stands_in_the_table_and_no_other() -> None:
    """A new route fails here until somebody has said who may use it."""
    assert sorted(names()) == sorted(POLICY)


def test_the_application_has_no_routes_beside_its_parts() -> None:
    beside = [getattr(route, "path", None) for route in app.build_api().routes]

    assert [path for path in beside if path is not None] == ["/openapi.json", "/{path:path}"]


def test_every_route_below_v1_declares_what_the_table_says() -> None:
    for route in routes():
        for method in route.methods or ():
            rule = POLICY[f"{method} {route.path}"]
            demand = demand_of(route.dependant)
            if rule.door == "open":
                assert demand is None
                assert not route.path.startswith("/v1")
                continue
            assert demand is not None, f"{method} {route.path} asks nobody who they are"
            assert set(demand.scopes) == set(rule.scopes), f"{method} {route.path}"
            assert isinstance(demand, NeedsScopeOrLink) == (rule.door == "key or link"), f"{method} {route.path}"


@pytest.mark.parametrize("name", GUARDED)
def test_nobody_comes_in_without_a_key_that_is_valid(
    world: TwoDistricts, client: TestClient, worthless: tuple[str | None, ...], name: str
) -> None:
    path = path_of(world, name, NORTH)

    for key in worthless:
        answer = asked(client, name, path, key, POLICY[name].body if key is None else STRANGE)
        assert answer.status_code == 401, f"{name} by {key!r}: {answer.status_code} {answer.text[:200]}"
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("name", GUARDED)
def test_a_role_does_what_it_is_for_and_nothing_else(
    world: TwoDistricts, client: TestClient, keys: dict[str, str], name: str
) -> None:
    """About things that do not exist, so that nothing changes; with a body that has one field too many."""
    rule = POLICY[name]
    path = path_of(world, name, NOWHERE)
    for who, key in keys.items():
        role, _, where = who.partition(", ")
        if where == "north" and not may(ROLES[role], rule):
            continue  # refused for its scopes, as the same role of the whole city is
        allowed = may(ROLES[role], rule) and not (rule.whole_city and where == "north")
        # Bodies that fit are sent by those who may not: nothing may come of them.
        answer = asked(client, name, path, key, STRANGE if allowed else rule.body or STRANGE)
        said = f"{name} by {who}: {answer.status_code} {answer.text[:300]}"
        if allowed:
            assert answer.status_code not in {401, 403}, said
            assert answer.status_code < 500, said
        else:
            assert answer.status_code == 403, said
            assert answer.json()["code"] == "forbidden", said


@pytest.mark.parametrize("name", [name for name in GUARDED if POLICY[name].body is not None])
def test_unknown_fields_are_refused(world: TwoDistricts, client: TestClient, name: str) -> None:
    body = {**(POLICY[name].body or {}), **STRANGE}
    answer = asked(client, name, path_of(world, name, NORTH), world.key("admin"), body)

    assert answer.status_code == 422
    assert any("nobody_asked_for_this" in fault["pointer"] for fault in answer.json()["errors"])


@pytest.mark.parametrize("name", WITH_THINGS)
def test_a_thing_of_another_district_is_as_one_that_does_not_exist(
    world: TwoDistricts, client: TestClient, name: str
) -> None:
    rule = POLICY[name]
    key = world.key(*rule.scopes, "signals:read", "routes:read", districts=(NORTH,))

    answers = {
        district: asked(client, name, path_of(world, name, district), key, rule.body)
        for district in (SOUTH, NOWHERE, NORTH)
    }

    own, other, none = answers[NORTH], answers[SOUTH], answers[NOWHERE]
    assert other.status_code == none.status_code == 404, f"{other.text[:300]} / {none.text[:300]}"
    assert without_ids(world, other, SOUTH) == without_ids(world, none, NOWHERE)
    if not rule.own:
        assert own.status_code not in {401, 403, 404}, own.text[:300]
    assert own.status_code < 500, own.text[:300]


def without_ids(world: TwoDistricts, answer: Response, district: str) -> str:
    text = answer.text
    for kind, _ in world.named:
        text = text.replace(world.id_of(kind, district), f"<{kind}>")
    return text


@pytest.mark.parametrize("name", [name for name in GUARDED if name.startswith("GET") and "{" not in name])
def test_lists_hold_nothing_of_another_district(quiet: TwoDistricts, reader: TestClient, name: str) -> None:
    rule = POLICY[name]
    scopes = rule.scopes or ("signals:read", "routes:read")
    path = name.partition(" ")[2]

    own = asked(reader, name, path, quiet.key(*scopes, districts=(NORTH,)))
    whole = asked(reader, name, path, quiet.key(*scopes))

    assert whole.status_code < 500
    assert "south" not in own.text.lower(), own.text[:500]
    if name in {"GET /v1/signals/plans", "GET /v1/routes/plans", "GET /v1/keys", "GET /v1/audit", "GET /v1/jobs"}:
        assert "north" in own.text
        assert "south" in whole.text


@pytest.mark.parametrize("name", [name for name in GUARDED if POLICY[name].door == "key"])
def test_a_drivers_link_is_no_key(quiet: TwoDistricts, reader: TestClient, name: str) -> None:
    answer = asked(reader, name, path_of(quiet, name, NORTH), quiet.link(NORTH), POLICY[name].body)

    assert answer.status_code == 401


@pytest.mark.parametrize("name", [name for name in GUARDED if POLICY[name].door == "key or link"])
def test_a_drivers_link_opens_its_own_truck_and_no_other(quiet: TwoDistricts, reader: TestClient, name: str) -> None:
    token, body = quiet.link(NORTH), POLICY[name].body
    answers = {d: asked(reader, name, path_of(quiet, name, d), token, body) for d in (NORTH, SOUTH, NOWHERE)}
    crossed = path_of(quiet, name, NORTH).replace("T-north", "T-south")

    # 409: the plan is a draft, and nobody reports of what nobody drives.
    assert answers[NORTH].status_code == (200 if name.startswith("GET") else 409), answers[NORTH].text
    assert answers[SOUTH].status_code == answers[NOWHERE].status_code == 404
    assert without_ids(quiet, answers[SOUTH], SOUTH) == without_ids(quiet, answers[NOWHERE], NOWHERE)
    assert asked(reader, name, crossed, token, body).status_code == 404


@pytest.mark.parametrize(("kind", "whose"), [("signals", NORTH), ("signals", SOUTH), ("routes", SOUTH)])
def test_a_plan_of_another_district_cannot_be_read_by_having_it_checked(
    quiet: TwoDistricts, reader: TestClient, kind: str, whose: str
) -> None:
    """A check compares with the problem behind the plan, or with the plan as stored: its sentences would tell of it."""
    key = quiet.key("signals:read", "routes:read", districts=(NORTH,))
    document = quiet.document(kind, whose)

    def checked(district: str) -> tuple[int, str]:
        sent = document | {"plan_id": quiet.id_of(kind, district)}
        answer = asked(reader, f"POST /v1/{kind}/check", f"/v1/{kind}/check", key, sent)
        return answer.status_code, answer.text.replace(sent["plan_id"], "<plan>")

    assert checked(SOUTH) == checked(NOWHERE)
    assert checked(SOUTH)[0] == (200 if whose == NORTH else 404)
