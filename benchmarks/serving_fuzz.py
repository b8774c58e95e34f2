"""Bodies that nobody should send: bent, cut, nested and random ones, to every address that takes a body.

The service may refuse them all; it must not crash, hang, or answer with anything that its specification does not name.
"""

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

LONGEST_S = 125.0  # the service answers within 120 s, and a bent body may still ask for a plan
TOLD_EVERY = 5_000
CONNECTIONS = 8
DEEPEST = 12
JSON = {"content-type": "application/json"}
STRANGE: Sequence[object] = (
    None, True, False, 0, -1, 2**63, 1e308, -0.0, "", " ", "\u0000", "\ud7ff", "’; DROP TABLE plans; --", "<script>",
    "../../etc/passwd", "A" * 5_000, "2026-02-30", "9999-12-31T23:59:59+23:59", [], {}, [[]], [None], {"": ""},
)  # fmt: skip
RAW: Sequence[bytes] = (
    b"", b"{", b"}", b"[", b"null", b"NaN", b'"', b"\xff\xfe", b"\x00", b'{"a":1,"a":2}', b"[" * 5_000, b"1e999",
    b'{"seconds": Infinity}', b"\xef\xbb\xbf{}", b"{}garbage", b'{"at": "\\ud800"}', b"9" * 5_000,
)  # fmt: skip


@dataclass(slots=True)
class Fuzzed:
    """What came back. `wrong` names answers that should not be: crashes, hangs, statuses without documentation."""

    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        return {"sent": self.sent, "statuses": dict(sorted(self.statuses.items())), "wrong": self.wrong[:20]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address that takes a JSON body, with what its specification says that it may answer."""

    method: str
    path: str
    seeds: tuple[Any, ...]
    statuses: frozenset[int]


def targets(specification: Mapping[str, Any], names: Mapping[str, str], seeds: Mapping[str, Any]) -> list[Target]:
    """Every operation with a JSON body; `names` fills path parameters, `seeds` are good bodies by path."""
    found = []
    for path, methods in specification["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" not in content:
                continue
            shape = content["application/json"].get("schema", {})
            good = [seeds[path]] if path in seeds else []
            found.append(
                Target(
                    method=method.upper(),
                    path=path.format_map(_Named(names)),
                    seeds=(*good, _example(shape, specification), {}),
                    statuses=frozenset(int(code) for code in operation["responses"] if code.isdigit()),
                )
            )
    return found


async def fuzz(base_url: str, key: str, aims: Sequence[Target], *, requests: int, seed: int) -> Fuzzed:
    """Send `requests` bent bodies over a few connections."""
    done = Fuzzed()
    work = iter(_bodies(aims, requests, seed))
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=LONGEST_S) as client:
        await asyncio.gather(*(_send_all(client, work, done) for _ in range(CONNECTIONS)))
    return done


async def _send_all(client: httpx.AsyncClient, work: Iterator[tuple[Target, bytes]], done: Fuzzed) -> None:
    for aim, body in work:
        done.sent += 1
        if done.sent % TOLD_EVERY == 0:
            print(f"{done.sent} bent bodies sent, {len(done.wrong)} wrong answers", file=sys.stderr, flush=True)
        try:
            answer = await client.request(aim.method, aim.path, content=body, headers=JSON)
        except httpx.HTTPError as fault:
            done.wrong.append(f"{aim.method} {aim.path}: {type(fault).__name__} for {body[:80]!r}")
            continue
        done.statuses[answer.status_code] += 1
        if answer.status_code >= 500 or answer.status_code not in aim.statuses:
            # A planner that is busy says so with 503; that is what its specification names.
            if answer.status_code == 503 and 503 in aim.statuses:
                continue
            done.wrong.append(f"{aim.method} {aim.path}: {answer.status_code} for {body[:80]!r}")


def _bodies(aims: Sequence[Target], requests: int, seed: int) -> Iterator[tuple[Target, bytes]]:
    dice = random.Random(seed)
    for number in range(requests):
        aim = aims[number % len(aims)]
        yield aim, bent_body(dice, dice.choice(aim.seeds))


def bent_body(dice: random.Random, good: object) -> bytes:
    """Bytes that are almost, or not at all, what was meant."""
    kind = dice.random()
    if kind < 0.1:
        return dice.choice(RAW)
    if kind < 0.2:
        return dice.randbytes(dice.randint(1, 300))
    bent = json.loads(json.dumps(good))
    for _ in range(dice.randint(1, 4)):
        bent = _bent(dice, bent)
    written = json.dumps(bent, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")
    if kind < 0.4 and written:  # bytes on the way were lost, or turned over
        place = dice.randrange(len(written))
        return written[:place] + dice.randbytes(dice.randint(0, 3)) + written[place + dice.randint(0, 9) :]
    return written


def _bent(dice: random.Random, value: Any) -> Any:  # noqa: ANN401  -- JSON is anything
    """The same document with one place changed: another value, a field more, a field less, something twice."""
    if isinstance(value, dict) and value and dice.random() < 0.7:
        name = dice.choice(list(value))
        return {**value, name: _bent(dice, value[name])}
    if isinstance(value, list) and value and dice.random() < 0.7:
        place = dice.randrange(len(value))
        return [*value[:place], _bent(dice, value[place]), *value[place + 1 :]]
    if isinstance(value, dict) and dice.random() < 0.5:
        kept = {name: part for name, part in value.items() if dice.random() < 0.8}
        return {**kept, dice.choice(("x", "at", "seed", "__proto__", "计划")): dice.choice(STRANGE)}
    if isinstance(value, list) and dice.random() < 0.5:
        return value * dice.randint(0, 3) + [dice.choice(STRANGE)]
    return dice.choice(STRANGE)


def _example(shape: Mapping[str, Any], specification: Mapping[str, Any], depth: int = 0) -> Any:  # noqa: ANN401  -- JSON
    """A body that has the shape, with the examples that the specification gives."""
    if "$ref" in shape:
        name = shape["$ref"].rsplit("/", 1)[-1]
        return _example(specification["components"]["schemas"][name], specification, depth + 1)
    if shape.get("examples"):
        return shape["examples"][0]
    choices = next((shape[one] for one in ("anyOf", "oneOf", "allOf") if shape.get(one)), ())
    if choices and depth <= DEEPEST:
        return _example(choices[0], specification, depth + 1)
    return _of_type(shape, specification, depth)


def _of_type(shape: Mapping[str, Any], specification: Mapping[str, Any], depth: int) -> Any:  # noqa: ANN401  -- JSON
    kind = shape.get("type")
    if kind == "object" and depth <= DEEPEST:
        fields = shape.get("properties", {})
        return {name: _example(part, specification, depth + 1) for name, part in fields.items()}
    if kind == "array" and depth <= DEEPEST:
        return [_example(shape.get("items", {}), specification, depth + 1)]
    return {"integer": 1, "number": 1.5, "boolean": True, "string": "text"}.get(str(kind))


class _Named(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"no-{name}"
