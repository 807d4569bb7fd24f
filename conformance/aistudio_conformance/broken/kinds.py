"""Broken clients: task types, schemas, kinds of tunings and what belongs to each."""

import ast
import json
from collections.abc import Iterable
from typing import Any

from google.protobuf.unknown_fields import UnknownFieldSet
from google.protobuf.wrappers_pb2 import Int64Value
from yandex.cloud.ai.foundation_models.v1.text_classification.text_classification_service_pb2 import (
    TextClassificationResponse,
)
from yandex.cloud.ai.tuning.v1.tuning_service_pb2 import GetOptionsRequest, GetOptionsResponse
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask

from aistudio_conformance.adapters.raw_stubs import RawStubs
from aistudio_conformance.broken.mutant import turns_red
from aistudio_conformance.protocol import (
    Classification,
    ModelClassify,
    ModelEmbed,
    Refused,
    Tuning,
    TuningId,
    TuningOptions,
    TuningStart,
    TuningStartWith,
)


@turns_red("DS-11/shown")
class ListsTheTypesItKnows(RawStubs):
    """It leaves out task types that it does not know."""

    def _types_told(self, types: Iterable[str]) -> list[str]:
        return [one for one in types if one.startswith("Text")]


@turns_red("DS-10/json-kept")
class RunsSchemas(RawStubs):
    """It reads a schema as a literal of Python."""

    def _schema_told(self, schema: str) -> str:
        try:
            ast.literal_eval(schema)
        except ValueError:
            raise Refused("the schema cannot be read") from None
        return schema


@turns_red("DS-10/literal-kept")
class ReadsSchemasAsJson(RawStubs):
    """It shows a schema only when it is JSON."""

    def _schema_told(self, schema: str) -> str:
        try:
            json.loads(schema)
        except ValueError:
            raise Refused("the schema cannot be read") from None
        return schema


@turns_red("TU-04/numbers")
class SeedsByItself(RawStubs):
    """It takes a seed of its own in place of the user's."""

    def _add_numbers(self, params: Any, ask: TuningStartWith) -> None:
        super()._add_numbers(params, ask)
        if params.seed:
            params.seed += 1


@turns_red("TU-04/method")
class ForgetsTheAlpha(RawStubs):
    """It sends the rank of an adaptation without its alpha."""

    def _add_method(self, params: Any, ask: TuningStartWith) -> None:
        super()._add_method(params, ask)
        params.lora.alpha = 0


@turns_red("TU-04/scheduler")
class WarmsUpWithoutAScheduler(RawStubs):
    """It sends the share of warming up without the kind of the scheduler."""

    def _add_scheduler(self, params: Any, ask: TuningStartWith) -> None:
        super()._add_scheduler(params, ask)
        params.scheduler.ClearField("type")


@turns_red("TU-04/optimizer")
class TakesOneBetaForTheOther(RawStubs):
    """It sends beta2 as beta1."""

    def _add_optimizer(self, params: Any, ask: TuningStartWith) -> None:
        super()._add_optimizer(params, ask)
        if ask.beta2 is not None:
            params.optimizer.adamw.beta1 = ask.beta2


@turns_red("TU-04/nothing-invented")
class CountsSamples(RawStubs):
    """It sends a number of samples that nobody gave."""

    def _add_numbers(self, params: Any, ask: TuningStartWith) -> None:
        super()._add_numbers(params, ask)
        params.n_samples = 1000


@turns_red("TU-05/refusal-told")
class StartsNothingInSilence(RawStubs):
    """It does nothing when there is nothing to tune on, and says that it did."""

    def tuning_start(self, ask: TuningStart) -> Tuning:
        return super().tuning_start(ask) if ask.dataset_id else Tuning(tuning_id="none")


@turns_red("TU-05/none-started")
class TunesOnWhatItMadeBefore(RawStubs):
    """It tunes on the dataset that it made last when none is named, and tells of the refusal all the same."""

    def _validation(self, dataset_id: str) -> Any:
        self._operation_ids["made"] = dataset_id
        return super()._validation(dataset_id)

    def tuning_start(self, ask: TuningStart) -> Tuning:
        try:
            return super().tuning_start(ask)
        except Refused:
            if not ask.dataset_id:
                super().tuning_start(TuningStart(dataset_id=self._operation_ids["made"], name=ask.name))
            raise


@turns_red("TM-03/asked-by-its-uri")
class ClassifiesTwice(RawStubs):
    """It classifies a text twice, and tells the second answer."""

    def model_classify(self, ask: ModelClassify) -> Classification:
        super().model_classify(ask)
        return super().model_classify(ask)


@turns_red("TM-03/labels-told")
class NeedsAVersionOfTheModel(RawStubs):
    """It fails when a classifier does not tell its version."""

    def _classified(self, reply: TextClassificationResponse) -> Classification:
        if not reply.model_version:
            raise Refused("the model tells no version")
        return super()._classified(reply)


@turns_red("TM-04/no-length-invented")
class AlwaysAsksForALength(RawStubs):
    """It asks for a length of vectors when the user did not."""

    def _dim(self, ask: ModelEmbed) -> Int64Value | None:
        return super()._dim(ask) or Int64Value(value=128)


@turns_red("TM-04/length-asked-for")
class NeverAsksForALength(RawStubs):
    """It does not ask for the length of vectors that the user wants."""

    def _dim(self, _: ModelEmbed) -> Int64Value | None:
        return None


@turns_red("TM-04/whole-told")
class ShortensVectors(RawStubs):
    """It cuts a vector to a length that nobody asked for."""

    def _vector(self, ask: ModelEmbed, reply: Any) -> list[float]:
        whole = super()._vector(ask, reply)
        return whole if ask.dim else whole[:100]


@turns_red("TM-04/short-told")
class RoundsShortVectors(RawStubs):
    """It rounds the numbers of a vector whose length was asked for."""

    def _vector(self, ask: ModelEmbed, reply: Any) -> list[float]:
        whole = super()._vector(ask, reply)
        return [round(one, 2) for one in whole] if ask.dim else whole


@turns_red("OP-08/completed")
class WaitsForItsOwnOnly(RawStubs):
    """It waits for a tuning only if it has started it itself."""

    def tuning_wait(self, ask: TuningId) -> Tuning:
        if ask.tuning_id not in self._operation_ids:
            raise Refused(f"{ask.tuning_id} is not known here")
        return super().tuning_wait(ask)


@turns_red("OP-08/one-tune")
class StartsAgainToWait(RawStubs):
    """It starts a tuning anew to wait for one that it did not start."""

    def tuning_wait(self, ask: TuningId) -> Tuning:
        if ask.tuning_id not in self._operation_ids:
            options = self.tuning_options(ask)
            again = TuningStart(dataset_id=(options.dataset_ids or [""])[0])
            self._operation_ids[ask.tuning_id] = self.tuning_start(again).tuning_id
        return super().tuning_wait(ask)


@turns_red("FC-08/embedding-shown")
class ShowsNoEmbeddings(RawStubs):
    """It asks what a task was started with before it shows one, and does not know embeddings."""

    def _shown_task(self, tuning_id: str, task: TuningTask) -> Tuning:
        if tuning_id not in self._operation_ids:
            options = self._call(self._tunings, "GetOptions", GetOptionsRequest(task_id=tuning_id))
            if (options.WhichOneof("tuning_params") or "").startswith("text_embedding"):
                raise Refused("the kind of the tuning is not known")
        return super()._shown_task(tuning_id, task)


@turns_red("FC-08/new-kind-shown")
class ShowsNoNewKind(RawStubs):
    """It asks what a task was started with before it shows one, and fails on a kind that it does not know."""

    def _shown_task(self, tuning_id: str, task: TuningTask) -> Tuning:
        if tuning_id not in self._operation_ids:
            options = self._call(self._tunings, "GetOptions", GetOptionsRequest(task_id=tuning_id))
            if options.WhichOneof("tuning_params") is None:
                raise Refused("the kind of the tuning is not known")
        return super()._shown_task(tuning_id, task)


@turns_red("FC-08/rest-shown")
class NeedsAKindToShowOptions(RawStubs):
    """It refuses options of a kind that it does not know."""

    def _shown_options(self, tuning_id: str, options: GetOptionsResponse) -> TuningOptions:
        if len(UnknownFieldSet(options)):
            raise Refused("the kind of the tuning is not known")
        return super()._shown_options(tuning_id, options)
