"""Quotas: how much a folder may have, and how the platform refuses more. Nothing is limited unless so set.

Numbers: service-behaviour d, a.6. Wording: the platform's pattern (a.6), with ids of our own (assumed, h.10)
but for those of completions, which are documented.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache
from types import MappingProxyType

from msgspec import Struct

from aistudio_mock.domain.errors import ResourceExhausted

OFF, DOCUMENTED = "off", "documented"
_DIGITS = 18
"""More than any number of bytes needs."""


class Quota(Enum):
    """What can be limited, under its name in `--set quotas=NAME:NUMBER`."""

    DATASETS = "datasets"
    """Datasets in the folder, whatever their status."""
    DATASET_BYTES = "dataset-bytes"
    """Bytes of one upload."""
    TOTAL_BYTES = "total-bytes"
    """Bytes of all uploads of the folder together."""
    TUNINGS_PER_HOUR = "tunings-per-hour"
    """Tunings begun in the last hour, cancelled ones included."""
    TUNINGS_PER_DAY = "tunings-per-day"
    """Tunings begun in the last day, cancelled ones included."""
    COMPLETION_SESSIONS = "completion-sessions"
    """Completions under way at the same time."""
    COMPLETIONS_PER_HOUR = "completions-per-hour"
    ASYNC_COMPLETIONS_PER_SECOND = "async-completions-per-second"
    ASYNC_RESULTS_PER_SECOND = "async-results-per-second"
    """Reads of an asynchronous completion's operation."""
    TOKENIZATIONS_PER_SECOND = "tokenizations-per-second"
    CLASSIFICATIONS_PER_SECOND = "classifications-per-second"
    """Calls of tuned classifiers."""
    EMBEDDINGS_PER_SECOND = "embeddings-per-second"


_GIB = 1 << 30
LIMITS: Mapping[Quota, int] = MappingProxyType(
    {
        Quota.DATASETS: 10,
        Quota.DATASET_BYTES: 5 * _GIB,
        Quota.TOTAL_BYTES: 300 * _GIB,
        Quota.TUNINGS_PER_HOUR: 3,
        Quota.TUNINGS_PER_DAY: 10,
        Quota.COMPLETION_SESSIONS: 10,
        Quota.COMPLETIONS_PER_HOUR: 100,
        Quota.ASYNC_COMPLETIONS_PER_SECOND: 10,
        Quota.ASYNC_RESULTS_PER_SECOND: 50,
        Quota.TOKENIZATIONS_PER_SECOND: 50,
        Quota.CLASSIFICATIONS_PER_SECOND: 1,
        Quota.EMBEDDINGS_PER_SECOND: 10,
    }
)
"""The documented limits; that a GB is 2**30 bytes is assumed."""

_AT_ONCE = "ai.{}.count gauge quota limit exceed: allowed {{}} requests"
_RATE = "ai.{}.rate rate quota limit exceed: allowed {{}} requests"
_REFUSALS: Mapping[Quota, str] = {
    Quota.DATASETS: _AT_ONCE.format("datasetsCount"),
    Quota.DATASET_BYTES: "ai.datasetSize.count gauge quota limit exceed: allowed {} bytes",
    Quota.TOTAL_BYTES: "ai.datasetsTotalSize.count gauge quota limit exceed: allowed {} bytes",
    Quota.TUNINGS_PER_HOUR: _RATE.format("tuningsPerHour"),
    Quota.TUNINGS_PER_DAY: _RATE.format("tuningsPerDay"),
    Quota.COMPLETION_SESSIONS: _AT_ONCE.format("textGenerationCompletionSessionsCount"),
    Quota.COMPLETIONS_PER_HOUR: _RATE.format("textGenerationCompletionRequestsPerHour"),
    Quota.ASYNC_COMPLETIONS_PER_SECOND: _RATE.format("textGenerationAsyncRequestsPerSecond"),
    Quota.ASYNC_RESULTS_PER_SECOND: _RATE.format("textGenerationAsyncResultsPerSecond"),
    Quota.TOKENIZATIONS_PER_SECOND: _RATE.format("tokenizerRequestsPerSecond"),
    Quota.CLASSIFICATIONS_PER_SECOND: _RATE.format("textClassificationRequestsPerSecond"),
    Quota.EMBEDDINGS_PER_SECOND: _RATE.format("textEmbeddingRequestsPerSecond"),
}


class Quotas(Struct, frozen=True):
    """The limits in force; what is not among them is not limited."""

    limits: Mapping[Quota, int]

    def require(self, quota: Quota, used: Callable[[], int], more: int = 1) -> None:
        """Refuses `more` on top of what `used` counts; where nothing is limited, nothing is counted.

        Raises:
            ResourceExhausted: together they are more than the limit.
        """
        limit = self.limits.get(quota)
        if limit is not None and used() + more > limit:
            raise ResourceExhausted(_REFUSALS[quota].format(limit))


@lru_cache(maxsize=256)
def read(text: str) -> Quotas:
    """`off`, `documented`, or a list such as `datasets:3,dataset-bytes:1048576`.

    The list may begin with `documented`, and changes single limits of it then.

    Raises:
        ValueError: the text is none of these; the message says what would be.
    """
    if text == OFF:
        return Quotas(MappingProxyType({}))
    first, comma, changes = text.partition(",")
    if first != DOCUMENTED:
        return Quotas(MappingProxyType(_own(text)))
    return Quotas(MappingProxyType({**LIMITS, **(_own(changes) if comma else {})}))


def _own(text: str) -> dict[Quota, int]:
    names = {quota.value: quota for quota in Quota}
    found: dict[Quota, int] = {}
    for item in text.split(","):
        name, _, number = item.partition(":")
        quota = names.get(name)
        if quota is None or quota in found or not _is_number(number):
            raise ValueError(
                f"{item!r} is no limit; write {OFF}, {DOCUMENTED}, or once each NAME:NUMBER,… "
                f"with whole numbers for {', '.join(names)}"
            )
        found[quota] = int(number)
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS
