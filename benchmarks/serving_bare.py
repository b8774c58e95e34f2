"""What the service is measured beside: FastAPI alone under uvicorn, returning the very same bytes without a question.

SERVING_BARE_BYTES=FOLDER python -m uvicorn benchmarks.serving_bare:app --loop uvloop --http httptools
"""

import os
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response

FOLDER = "SERVING_BARE_BYTES"
bodies = {int(file.stem): file.read_bytes() for file in Path(os.environ.get(FOLDER, "nowhere")).glob("*.json")}
app = FastAPI()


@app.get("/bytes/{number}")
async def answer(number: int) -> Response:
    return Response(bodies[number], media_type="application/json")
