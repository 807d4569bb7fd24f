"""Every fault of the mock, and what a user of the client makes of it: as if nothing happened, or an error."""

from typing import Any

from msgspec import Struct

from aistudio_client import AIStudioError, Unauthenticated, Unavailable
from aistudio_client import StorageError as Storage

LIST, CREATE, TUNE = "DatasetService/List", "DatasetService/Create", "TuningService/Tune"
PAGES = "TuningService/List"
DESCRIBE, URL = "DatasetService/Describe", "DatasetService/GetUploadDraftUrl"
COMPLETION = "TextGenerationService/Completion"


class Row(Struct, frozen=True):
    """`faults` are met while the client does `deed`; `calls` counts those of the first fault's method.

    It is None where the connection's end may overtake what was sent before it: what was not heard is asked
    again. `error` is what the user is told; None when nothing is noticed. `by_relay` is for what only the
    fault port can do.
    """

    deed: str
    faults: tuple[dict[str, Any], ...]
    calls: int | None
    error: type[AIStudioError] | None = None
    by_relay: bool = False

    def __str__(self) -> str:
        first = self.faults[0]
        told = [f"{name}={value}" for name, value in first.items() if name not in {"method", "object"}]
        return f"{self.deed}-{first.get('method') or first['object']}-{'-'.join(told)}"


def row(deed: str, fault: dict[str, Any], *more: dict[str, Any], calls: int | None = 1, **given: Any) -> Row:
    return Row(deed, (fault, *more), calls, **given)


TABLE = (
    # by gRPC
    row("list", {"method": LIST, "latency": 0.05}),
    row("list", {"method": LIST, "status": "UNAVAILABLE"}, calls=2),
    row("list", {"method": LIST, "status": "UNAVAILABLE", "trailers": {"x-server-trace-id": "t"}}, calls=2),
    row("list", {"method": LIST, "expired": True}, error=Unauthenticated),
    row("list", {"method": LIST, "cut": "before"}, calls=2),
    row("list", {"method": LIST, "cut": "after"}, calls=2),
    row("list", {"method": LIST, "cut": "middle"}, calls=2, by_relay=True),
    row("list", {"method": LIST, "goaway": "before"}, calls=2, by_relay=True),
    row("list", {"method": LIST, "goaway": "after"}, by_relay=True),
    row("list", {"method": LIST, "drip": 20_000.0}, by_relay=True),
    row("pages", {"method": PAGES, "page_token": "repeated", "times": None}, calls=2, error=AIStudioError),
    row("pages", {"method": PAGES, "page_token": "empty-at-end", "times": None}, calls=2),
    row("upload", {"method": CREATE, "lost": True}),
    row("upload", {"method": CREATE, "cut": "after"}),
    row("upload", {"method": DESCRIBE, "set": {"dataset.status": 42}}),
    row("upload", {"method": DESCRIBE, "clear": ["dataset.created_at"]}),
    row("upload", {"method": DESCRIBE, "unknown_fields": {"dataset": {50: "new"}}}),
    row("start", {"method": TUNE, "lost": True}),
    row("start", {"method": TUNE, "cut": "after"}),
    row("stream", {"method": COMPLETION, "status": "UNAVAILABLE"}, calls=2),
    row("stream", {"method": COMPLETION, "cut": "middle", "times": None}, calls=None, error=Unavailable),
    # by the storage
    row("upload", {"object": "PUT", "latency": 0.05}),
    row("upload", {"object": "PUT", "status": "SlowDown"}, calls=2),
    row("upload", {"object": "PUT", "headers": {"ETag": f'"{"0" * 32}"'}}, calls=2),
    row("upload", {"object": "PUT", "lost": True}, calls=2),
    # A URL says the second that it was made in: two of one second are the same.
    row("upload", {"object": "PUT", "expired": True}, {"method": URL, "after": 1, "latency": 1.1}, calls=2),
    row("upload", {"object": "PUT", "cut": "before"}, calls=2),
    row("upload", {"object": "PUT", "cut": "middle"}, calls=2),
    row("upload", {"object": "PUT", "cut": "after"}, calls=2),
    row("upload", {"object": "PUT", "drip": 2_000.0}),
    row("upload", {"object": "PUT", "redirect": "http://127.0.0.1:9"}, error=Storage),
    row("download", {"object": "GET", "truncate": 10}, calls=2),
    row("download", {"object": "GET", "drip": 20_000.0}),
    row("download", {"object": "GET", "cut": "before"}, calls=2),
    row("metrics", {"object": "GET", "truncate": 10}, calls=2),
    row("metrics", {"object": "GET", "redirect": "http://127.0.0.1:9"}, error=Storage),
)

NOT_FOR_A_CLIENT: dict[tuple[str, ...], str] = {}
"""Effects that no user of a client can meet, each with the reason: (leg, effect[, value])."""
