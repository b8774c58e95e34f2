"""Planning jobs."""

import time
from dataclasses import dataclass

from serving.client.wire import Wire
from serving.schemas.jobs import JobDocument, JobList, JobListQuery

ENDED = ("done", "failed", "cancelled")
LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Jobs:
    wire: Wire

    def all(self, query: JobListQuery | None = None) -> JobList:
        return self.wire.get("/v1/jobs", JobList, query=query)

    def one(self, job_id: str) -> JobDocument:
        return self.wire.get("/v1/jobs/{job_id}", JobDocument, job_id=job_id)

    def cancel(self, job_id: str) -> JobDocument:
        """The best plan that was found until then is stored."""
        return self.wire.post("/v1/jobs/{job_id}/cancel", JobDocument, job_id=job_id)

    def wait(self, job_id: str, *, patience_s: float = 900.0) -> JobDocument:
        """The job once it has ended, or as it stands when the patience has."""
        end = time.monotonic() + patience_s
        while (job := self.one(job_id)).status not in ENDED and time.monotonic() < end:
            self.wire.sleep(LOOK_S)
        return job
