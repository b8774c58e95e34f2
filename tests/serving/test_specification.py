"""The specification is what the service does: requests made from it are answered as it says, and never with a crash."""

from pathlib import Path

import httpx

from benchmarks.serving_specification import asked
from city.access import SCOPES
from tests.serving.conftest import key_of

# What changes the city for the tests that come after; the benchmark, in a home of its own, leaves none out.
LEFT_ALONE = ("models:promote", "data:import", "admin")
EXAMPLES, PHASES = 2, "examples,fuzzing"  # the benchmark asks a hundred times, and goes through all borders too


def test_every_answer_is_one_that_the_specification_names(
    service: httpx.Client, served_home: Path, tmp_path: Path
) -> None:
    key = key_of(served_home, *(scope for scope in SCOPES if scope not in LEFT_ALONE))

    service.get("/openapi.json").raise_for_status()  # made at the first request, for which schemathesis waits 10 s only
    found, said = asked(
        str(service.base_url).rstrip("/"), key, examples=EXAMPLES, seed=1, folder=tmp_path, phases=PHASES
    )

    assert found["passed"], said[-12_000:]
    assert found["operations"] > 50
