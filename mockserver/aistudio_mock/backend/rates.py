"""Limits on calls: how many of a kind in a second or an hour, and how many at the same time.

One table for every face of the API. Nothing is counted where a folder limits nothing.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from aistudio_mock.backend.folders import Folder
from aistudio_mock.domain.instant import HOUR, SECOND, Duration, Instant
from aistudio_mock.domain.quotas import OFF, Quota, Quotas, read

SESSIONS: Mapping[str, Quota] = {"TextGenerationService/Completion": Quota.COMPLETION_SESSIONS}
"""What is limited at the same time, by RPC."""

RATES: Mapping[str, tuple[Quota, Duration]] = {
    "TextGenerationService/Completion": (Quota.COMPLETIONS_PER_HOUR, HOUR),
    "TextGenerationAsyncService/Completion": (Quota.ASYNC_COMPLETIONS_PER_SECOND, SECOND),
    "OperationService/Get": (Quota.ASYNC_RESULTS_PER_SECOND, SECOND),
    "TokenizerService/Tokenize": (Quota.TOKENIZATIONS_PER_SECOND, SECOND),
    "TokenizerService/TokenizeCompletion": (Quota.TOKENIZATIONS_PER_SECOND, SECOND),
    "TextClassificationService/Classify": (Quota.CLASSIFICATIONS_PER_SECOND, SECOND),
    "EmbeddingsService/TextEmbedding": (Quota.EMBEDDINGS_PER_SECOND, SECOND),
}
"""What is limited in a span of virtual time, by RPC."""

_ONLY: Mapping[str, Callable[[Any], bool]] = {
    "OperationService/Get": lambda request: request.operation_id.startswith("d7q"),
}
"""RPCs of which only some calls are counted."""


class Rates:
    """The calls of every folder that limits them."""

    def __init__(self) -> None:
        self._recent: dict[tuple[str, Quota], deque[Instant]] = {}
        self._sessions: Counter[tuple[str, str]] = Counter()
        self._lock = Lock()

    def enter(self, folder: Folder, method: str, request: Any) -> bool:
        """One more call of an RPC; whether it has to `leave`.

        Raises:
            ResourceExhausted: too many are under way, or were in the span. Such a call is not counted.
        """
        if folder.settings.behaviours.quotas == OFF:
            return False
        limits = read(folder.settings.behaviours.quotas)
        with self._lock:
            session = SESSIONS.get(method)
            if session is not None:
                limits.require(session, lambda: self._sessions[folder.id, method])
            if method in RATES and _counts(method, request):
                self._count(folder, limits, *RATES[method])
            if session is not None:
                self._sessions[folder.id, method] += 1
        return session is not None

    def leave(self, folder: Folder, method: str) -> None:
        """A call that has entered is over."""
        with self._lock:
            self._sessions[folder.id, method] -= 1

    def forget(self, folder: Folder) -> None:
        """Every span begins anew; what is under way goes on."""
        with self._lock:
            for key in [one for one in self._recent if one[0] == folder.id]:
                del self._recent[key]

    def _count(self, folder: Folder, limits: Quotas, quota: Quota, span: Duration) -> None:
        if quota not in limits.limits:
            return
        now = folder.clock.now()
        recent = self._recent.setdefault((folder.id, quota), deque())
        while recent and recent[0] <= now - span:
            recent.popleft()
        limits.require(quota, lambda: len(recent))
        recent.append(now)


def _counts(method: str, request: Any) -> bool:
    return method not in _ONLY or _ONLY[method](request)
