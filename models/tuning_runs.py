"""A search in MLflow: one run for the search, one nested run for each trial."""

from mlflow.entities import Metric, Param

from city.settings import Settings
from models.registry import Registry
from models.tuning import TrialNote, Tuned

STUDY_TAG = "study"
TUNING_TAG = "tuning"
PARENT_TAG = "mlflow.parentRunId"


class TuningRuns(Registry):
    """The registry's door, for searches. A search that goes on goes on in the run that it began in."""

    def __init__(self, settings: Settings, name: str) -> None:
        super().__init__(settings)
        self._name = name
        self._parents: dict[str, str] = {}

    def wrote(self, study: str, note: TrialNote) -> None:
        tags = {TUNING_TAG: self._name, STUDY_TAG: study, PARENT_TAG: self._parent(study)}
        if note.reason:
            tags["stopped"] = note.reason
        run = self._client.create_run(self._experiment_id, run_name=f"trial {note.number}", tags=tags)
        run_id = str(run.info.run_id)
        means = [sum(note.losses[: fold + 1]) / (fold + 1) for fold in range(len(note.losses))]
        self._client.log_batch(
            run_id,
            params=[Param(name, str(value)) for name, value in note.values.items()],
            metrics=[
                *(Metric("fold_loss", loss, 0, fold) for fold, loss in enumerate(note.losses)),
                *(Metric("mean_loss", mean, 0, fold) for fold, mean in enumerate(means)),
            ],
        )
        self._client.set_terminated(run_id, status="KILLED" if note.stopped else "FINISHED")

    def ended(self, found: Tuned) -> str:
        """Note what was found; returns the id of the search's run."""
        run_id = self._parent(found.study)
        self._client.log_dict(run_id, {"tuned": found.values}, "tuned.json")
        self._client.log_batch(
            run_id,
            metrics=[
                Metric("loss", found.loss, 0, found.trials),
                Metric("default_loss", found.default_loss, 0, found.trials),
                Metric("trials", found.trials, 0, found.trials),
                Metric("stopped", found.stopped, 0, found.trials),
            ],
        )
        self._client.set_terminated(run_id)
        return run_id

    def _parent(self, study: str) -> str:
        if study not in self._parents:
            self._parents[study] = self._found(study) or self._begun(study)
        return self._parents[study]

    def _found(self, study: str) -> str | None:
        runs = self._client.search_runs([self._experiment_id], f"tags.{STUDY_TAG} = '{study}'", order_by=["start_time"])
        return next((str(run.info.run_id) for run in runs if PARENT_TAG not in run.data.tags), None)

    def _begun(self, study: str) -> str:
        tags = {TUNING_TAG: self._name, STUDY_TAG: study}
        run = self._client.create_run(self._experiment_id, run_name=f"tune {self._name}", tags=tags)
        return str(run.info.run_id)
