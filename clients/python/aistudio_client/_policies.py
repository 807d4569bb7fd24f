"""How patient the client is: deadlines, attempts and polls, as values that a user may replace."""

from msgspec import Struct

from aistudio_client._errors import RpcError, StorageError

_OVERLOADED = frozenset({429, 500, 502, 503, 504})


class Timeouts(Struct, frozen=True):
    """Deadlines in seconds. Each covers everything: all attempts of a call, and the pauses between them.

    Attributes:
        call: of a call of the service.
        answer: of a model's whole answer.
        storage: for each wait on the network while bytes are sent to or read from a presigned URL.
        validation, tuning: of a wait for the end of one.
        clean_up: of the call that removes what a failed upload would leave.
    """

    call: float = 60.0
    answer: float = 180.0
    storage: float = 60.0
    validation: float = 6 * 3600.0
    tuning: float = 72 * 3600.0
    clean_up: float = 10.0


class Retry(Struct, frozen=True):
    """When a failed attempt is repeated, and after how long: `first * factor^n` seconds, at most `longest`.

    A half of that is chance, so that many clients do not come back at once. What the service says it wants
    (RetryInfo, Retry-After) goes before. Only what does no harm twice is repeated; that is the method's word.

    `looks` are the seconds before each look for what a call has made whose answer was lost: a list may be
    late.
    """

    attempts: int = 5
    first: float = 0.5
    factor: float = 2.0
    longest: float = 10.0
    looks: tuple[float, ...] = (0.0, 0.5, 1.5)

    def pause(self, attempt: int, chance: float, wanted: float | None = None) -> float:
        """Seconds between an attempt, counted from 1, and the next."""
        if wanted is not None:
            return wanted * (1 + 0.1 * chance)
        whole = min(self.first * self.factor ** (attempt - 1), self.longest)
        return whole * (0.5 + 0.5 * chance)

    def repeats(self, failure: RpcError, *, is_repeatable: bool) -> bool:
        """Whether another attempt may help and does no harm.

        UNAVAILABLE says nothing about whether the call was carried out. A refusal that names a time to
        come back (RetryInfo) was not carried out, whatever the method is.
        """
        if failure.code == "UNAVAILABLE":
            return is_repeatable
        return failure.retry_after is not None and failure.code in {"RESOURCE_EXHAUSTED", "ABORTED"}

    def repeats_storage(self, failure: StorageError) -> bool:
        """Whether another PUT or GET may help: no answer, or a server's trouble. They may be done twice."""
        return failure.status in {0, 408} or failure.status in _OVERLOADED


class Poll(Struct, frozen=True):
    """How often a wait asks: after `first` seconds, then `factor` times later each time, up to `longest`.

    `patience` is for how many seconds a wait goes on although no poll gets through.
    """

    first: float = 0.25
    factor: float = 1.6
    longest: float = 30.0
    patience: float = 300.0

    def pause(self, polls: int, chance: float) -> float:
        """Seconds before the next poll, after so many: a tenth of it is chance."""
        return min(self.first * self.factor**polls, self.longest) * (0.9 + 0.1 * chance)
