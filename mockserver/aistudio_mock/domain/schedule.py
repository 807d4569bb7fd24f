"""How long things take: every duration of a command is drawn at once, when the command is accepted.

Ranges are those of the recordings (service-behaviour c.6, e.2) or of the documentation's examples.
"""

from msgspec import Struct
from msgspec.structs import replace

from aistudio_mock.domain.durations import Durations
from aistudio_mock.domain.instant import Instant, later, seconds, whole_second
from aistudio_mock.domain.plan import AS_USUAL, Script
from aistudio_mock.domain.ports import Chance


class Span(Struct, frozen=True):
    """A range of durations, in seconds."""

    low: float
    high: float

    def draw(self, chance: Chance) -> int:
        """A duration from the range, in microseconds."""
        return seconds(chance.uniform(self.low, self.high))


_NONE = Span(0, 0)


class ValidationSpans(Struct, frozen=True):
    """From Validate to the metadata, from there to done."""

    conversion: Span
    closing: Span


class TuningSpans(Struct, frozen=True):
    """From Tune to PENDING, from Tune to the start, from the start to the end, from the end to done."""

    pending: Span
    start: Span
    run: Span
    closing: Span


_VALIDATION = {
    # Seven recordings: metadata after 34–70 s, done 17–66 s later.
    Durations.RECORDED: ValidationSpans(Span(34, 70), Span(17, 66)),
    # Jan 2025 page: 58 s in all; Nov 2025 page: READY after 39 s.
    Durations.DOCUMENTED: ValidationSpans(Span(34, 39), Span(17, 19)),
    Durations.INSTANT: ValidationSpans(_NONE, _NONE),
}

_TUNING = {
    # Four recordings: PENDING after 3–6 s, started after 39–74 s, 126–279 s of run, closed 0–2 s later.
    Durations.RECORDED: TuningSpans(Span(3, 6), Span(39, 74), Span(126, 279), Span(1, 2)),
    # Documented examples ran 3–18 minutes in all.
    Durations.DOCUMENTED: TuningSpans(Span(3, 6), Span(39, 74), Span(140, 1020), Span(1, 2)),
    Durations.INSTANT: TuningSpans(_NONE, _NONE, _NONE, _NONE),
}

_BATCH = TuningSpans(Span(6, 10), Span(15, 40), Span(60, 300), Span(2, 2))
"""One recording was over within 7 minutes, and closed 2 s later; a task cancelled after 6 s had no result, so
was not PENDING yet (e.2, e.4; the rest is assumed)."""

_REFUSED = Span(2, 5.3)
"""Of five failed batch tasks, four had ended 2.0–5.3 s after their creation, unstarted (e.5)."""

_AFTERWARDS = Span(1, 3)
"""How long an Archive or EnableBilling takes (assumed)."""

_COMPLETION = Span(1, 4)
"""How long a completion that is collected later takes (assumed)."""


class ValidationPlan(Struct, frozen=True):
    """The dated phases of a validation. `touched` is when `modified_at` alone moves, if it does."""

    touched: Instant | None
    converted: Instant
    done: Instant


class TuningPlan(Struct, frozen=True):
    """The dated phases of a tuning; the first two are shown by the operation, the middle by the task."""

    pending: Instant
    started: Instant
    finished: Instant
    done: Instant


class BatchPlan(Struct, frozen=True):
    """The dated phases of a batch task. `reported` is when it first tells of errors, or that it has none."""

    pending: Instant
    started: Instant
    reported: Instant
    finished: Instant
    done: Instant

    def postponed(self, by: int) -> "BatchPlan":
        """The same with an end that is so many microseconds later."""
        return replace(self, finished=later(self.finished, by), done=later(self.done, by))


def plan_batch(durations: Durations, chance: Chance, now: Instant) -> BatchPlan:
    """Draws the phases of a batch task accepted at `now`."""
    if durations is Durations.INSTANT:
        return BatchPlan(now, now, now, now, now)
    pending = later(now, _BATCH.pending.draw(chance))
    started = later(pending, _BATCH.start.draw(chance))
    run = _BATCH.run.draw(chance)
    finished = later(started, run)
    return BatchPlan(
        pending, started, later(started, run // 2), finished, later(finished, _BATCH.closing.draw(chance))
    )


def plan_validation(durations: Durations, chance: Chance, now: Instant) -> ValidationPlan:
    """Draws the phases of a validation accepted at `now`."""
    spans = _VALIDATION[durations]
    converted = later(now, spans.conversion.draw(chance))
    done = later(converted, spans.closing.draw(chance))
    # Phase 0' of c.6: in some recordings modifiedAt moved by one second before anything else changed.
    touched = later(now, seconds(1)) if chance.uniform(0, 1) < 0.5 else None  # noqa: PLR2004
    return ValidationPlan(touched if touched and touched < converted else None, converted, done)


def plan_tuning(durations: Durations, chance: Chance, now: Instant, script: Script = AS_USUAL) -> TuningPlan:
    """Draws the phases of a tuning accepted at `now`; what the script says is not left to chance."""
    spans = _TUNING[durations]

    def span(phase: str, drawn: Span) -> int:
        by_chance = drawn.draw(chance)  # in any case, so that a script leaves the other draws as they are
        return seconds(script.seconds[phase]) if phase in script.seconds else by_chance

    pending, start = later(now, span("pending", spans.pending)), later(now, span("start", spans.start))
    started = start if "start" in script.seconds else max(start, pending)
    run, closing = span("run", spans.run), span("close", spans.closing)
    finished = later(started, round(run * script.after)) if script.starts else started
    closed = later(finished, closing)
    # The operation shows whole seconds and never closes before the task has finished.
    done = closed if durations is Durations.INSTANT else max(whole_second(closed), finished)
    return TuningPlan(min(pending, started), started, finished, done)


def refused_after(durations: Durations, chance: Chance) -> float:
    """Seconds from Tune until a task fails that should have been refused."""
    return 0.0 if durations is Durations.INSTANT else chance.uniform(_REFUSED.low, _REFUSED.high)


def afterwards_done(durations: Durations, chance: Chance, now: Instant) -> Instant:
    """When an Archive or EnableBilling accepted at `now` is done."""
    return now if durations is Durations.INSTANT else later(now, _AFTERWARDS.draw(chance))


def completion_done(durations: Durations, chance: Chance, now: Instant) -> Instant:
    """When the answer of a completion accepted at `now` can be collected."""
    return now if durations is Durations.INSTANT else later(now, _COMPLETION.draw(chance))
