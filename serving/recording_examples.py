"""Record what the service answers about a demo city, as examples for its specification.

    python -m serving.recording_examples HOME

Everything that can be read is asked for once; of each list the first entry is kept, so that an example is read at a
glance. Nothing is changed in the home but what asking changes.
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from city.access import SCOPES
from city.settings import Settings
from serving.api.app import build_api
from serving.api.examples import FILE, answers_of, schema_of
from serving.api.state import Office
from serving.champions import load_champions
from serving.desk import Desk
from serving.who import user_of_this_machine

PERSON: Final = "Li Wei"
ELSEWHERE: Final = "/var/lib/city"
MOST_LETTERS: Final = 300
MOST_SCALARS: Final = 3
MONTH: Final = "2026-03"
QUERIES: Final[Mapping[str, Mapping[str, str]]] = {"/v1/quarantine/rows": {"limit": "1"}}
BODIES: Final = {"/v1/signals/check": "signals", "/v1/routes/check": "routes"}


async def record(home: Path) -> dict[str, Any]:
    settings = Settings.from_environment({"CITY_HOME": str(home)})
    desk = Desk(settings)
    key = desk.ledger.keys.make(person=PERSON, scopes=SCOPES, districts=None, made_by=PERSON)
    api = build_api(Office(desk, champions=load_champions(settings)))
    transport = httpx.ASGITransport(app=api)
    headers = {"authorization": f"Bearer {key.text}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://city", headers=headers, timeout=120) as client:
        names = await _names(client)
        found: dict[str, Any] = {}
        for method, path, schema in _wanted(api.openapi()):
            if schema in found or (answered := await _asked(client, method, path, names)) is None:
                continue
            found[schema] = shortened(answered)
    return dict(sorted(found.items()))


def _wanted(specification: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What only reads: method, path, name of the answer's schema."""
    for path, methods in specification["paths"].items():
        for method, operation in methods.items():
            for content in answers_of(operation):
                if (method == "get" or path in BODIES) and schema_of(content):
                    yield method, path, schema_of(content)


async def _names(client: httpx.AsyncClient) -> dict[str, dict[str, str]]:
    """Ids to ask by, for paths that begin so; the longest beginning counts."""

    async def first(path: str, field: str, name: str) -> dict[str, str]:
        listed = (await client.get(path)).json().get(field) or [{}]
        return {name: listed[0][name]} if name in listed[0] else {}

    routes = await first("/v1/routes/plans", "plans", "plan_id")
    trucks = (await client.get(f"/v1/routes/plans/{routes['plan_id']}")).json()["plan"]["routes"]
    signals = await first("/v1/signals/plans", "plans", "plan_id")
    junctions = (await client.get(f"/v1/signals/plans/{signals['plan_id']}")).json()["plan"]["day_plans"]
    return {
        "/v1/routes": routes | {"truck_id": trucks[0]["truck_id"]},
        "/v1/signals": signals | {"junction_id": junctions[0]["junction_id"]},
        "/v1/models": {"name": "congestion"},
        "/v1/reports": {"month": MONTH},
        "/v1/outcomes": {"junction_id": junctions[0]["junction_id"]},
        "/v1/imports": await first("/v1/imports", "imports", "import_id"),
        "/v1/keys": await first("/v1/keys", "keys", "key_id"),
        "/v1/complaints": await first("/v1/complaints", "complaints", "complaint_id"),
        "/v1/quarantine": await first("/v1/quarantine/rows", "rows", "row_id"),
    }


async def _asked(client: httpx.AsyncClient, method: str, path: str, names: Mapping[str, Mapping[str, str]]) -> Any:  # noqa: ANN401  -- JSON
    """The answer; None where the demo city has nothing of the kind."""
    own = next((names[start] for start in names if path.startswith(start)), {})
    try:
        address = path.format_map(own)
    except KeyError:
        return None
    body = None
    if path in BODIES:
        body = (await client.get(f"/v1/{BODIES[path]}/plans/{own['plan_id']}")).json()["plan"]
    answer = await client.request(method, address, params=QUERIES.get(path), json=body)
    sys.stderr.write(f"{answer.status_code} {method} {address}\n")
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    return answer.json() if answer.is_success and is_json else None


def shortened(value: Any) -> Any:  # noqa: ANN401  -- JSON is anything
    if isinstance(value, dict):
        return {name: shortened(part) for name, part in value.items()}
    if isinstance(value, list):
        kept = MOST_SCALARS if all(not isinstance(part, dict | list) for part in value) else 1
        return [shortened(part) for part in value[:kept]]
    if isinstance(value, str) and len(value) > MOST_LETTERS:
        return value[:MOST_LETTERS] + "..."
    return value


def main() -> None:
    home = Path(sys.argv[1]).resolve()
    found = asyncio.run(record(home))
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    # Where it was recorded, and by whom, is nobody's business.
    text = text.replace(str(home), ELSEWHERE).replace(f'"{user_of_this_machine()}"', f'"{PERSON}"')
    FILE.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(found)} examples in {FILE.name}\n")


if __name__ == "__main__":
    main()
