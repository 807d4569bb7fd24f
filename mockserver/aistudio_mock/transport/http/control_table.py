"""What the control API answers: one row for each verb and path, with the types of what goes in and out.

The server routes by this table, and the OpenAPI document is made of it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from aistudio_faults.faults import Fault, Standing
from aistudio_mock import control_types as types
from aistudio_mock.backend.control import Control
from aistudio_mock.domain.errors import InvalidArgument
from aistudio_mock.domain.plan import Script

PREFIX = "/_mock/v1"
VERSION = 1


class Asked(Struct, frozen=True):
    """One request, as far as rows of the table need it. `body` is of the row's type."""

    folder_id: str
    query: Mapping[str, str]
    body: Any


class Parameter(Struct, frozen=True):
    """What a parameter of the query says, and its JSON Schema."""

    what: str
    schema: Mapping[str, Any]


class Row(Struct, frozen=True):
    """One thing that can be asked. `takes` is the type of the body, None for none.

    `told` is the type that the document shows of a body that is read by rules of its own.
    """

    verb: str
    path: str
    name: str
    summary: str
    act: Callable[[Control, Asked], Any]
    gives: Any
    takes: Any = None
    told: Any = None
    query: Mapping[str, Parameter] = {}
    """Its parameters by name."""
    lines: str = ""
    """The type of a line, where the answer may also be JSON Lines."""
    stream: str = ""
    """What is told of the events, where the answer is a stream of them; then it `gives` None."""

    @property
    def shown(self) -> Any:
        """The type of the body, as people are told."""
        return self.told or self.takes

    def fits(self, path: str) -> bool:
        """Whether that is a path of this row."""
        return re.fullmatch(self.path.replace("{id}", "[^/]+"), path) is not None


def _at(asked: Asked) -> datetime | None:
    text = asked.query.get("at")
    if text is None:
        return None
    try:
        return msgspec.convert(text, types.Moment)
    except msgspec.ValidationError:
        raise InvalidArgument(
            f"at={text}: use a moment such as 2025-12-11T02:18:54Z; in a URL, + is written %2B"
        ) from None


_AT = {
    "at": Parameter(
        "a moment of virtual time, past or to come; now when left out",
        {"type": "string", "format": "date-time"},
    )
}
_TUNING = {"tuning": Parameter("the id of its task", {"type": "string"})}
_FIELDS = dict[str, Any]

TABLE = (
    Row("GET", "/folders", "listFolders", "Every folder",
        lambda control, _: control.list_folders(), types.FolderList),
    Row("POST", "/folders", "createFolder", "Make a folder",
        lambda control, asked: control.create_folder(asked.body), types.FolderShown, types.NewFolder),
    Row("GET", "/folders/{id}", "getFolder", "One folder",
        lambda control, asked: control.folder(asked.folder_id), types.FolderShown),
    Row("DELETE", "/folders/{id}", "deleteFolder", "Forget a folder; the default one is emptied only",
        lambda control, asked: control.delete_folder(asked.folder_id), types.Nothing),
    Row("POST", "/folders/{id}/reset", "resetFolder", "Empty a folder; its clock goes on",
        lambda control, asked: control.reset_folder(asked.folder_id), types.FolderShown),
    Row("GET", "/folders/{id}/state", "getState", "Every object of a folder as seen at a moment",
        lambda control, asked: control.state(asked.folder_id, _at(asked)), types.State, query=_AT),
    Row("POST", "/folders/{id}/token", "issueToken", "A fresh IAM token",
        lambda control, asked: control.issue_token(asked.folder_id), types.Token),
    Row("GET", "/folders/{id}/clock", "getClock", "Virtual time",
        lambda control, asked: control.clock(asked.folder_id), types.ClockShown),
    Row("POST", "/folders/{id}/clock/advance", "advanceClock", "Move the clock forward by seconds",
        lambda control, asked: control.advance_clock(asked.folder_id, asked.body.seconds),
        types.ClockShown, types.Advance),
    Row("POST", "/folders/{id}/clock/set", "setClock", "Move the clock forward to a moment",
        lambda control, asked: control.set_clock(asked.folder_id, asked.body.now),
        types.ClockShown, types.SetClock),
    Row("POST", "/folders/{id}/clock/mode", "setMode", "Say how the clock goes from now on",
        lambda control, asked: control.set_mode(asked.folder_id, asked.body.time),
        types.ClockShown, types.SetMode),
    Row("GET", "/folders/{id}/metrics", "getMetrics", "Where the metrics of a tuning are read",
        lambda control, asked: control.metrics(asked.folder_id, asked.query.get("tuning", "")),
        types.MetricsShown, query=_TUNING),
    Row("GET", "/presets", "listPresets", "Faults with a name, for any folder",
        lambda control, _: control.list_presets(), types.PresetList),
    Row("GET", "/folders/{id}/faults", "listFaults", "The faults, and what became of each",
        lambda control, asked: control.list_faults(asked.folder_id), types.Standings),
    Row("POST", "/folders/{id}/faults", "addFault", "One more fault",
        lambda control, asked: control.add_fault(asked.folder_id, asked.body), Standing, _FIELDS, Fault),
    Row("POST", "/folders/{id}/faults:load", "loadFaults", "Further faults, and presets by name: all or none",
        lambda control, asked: control.load_faults(asked.folder_id, asked.body.faults),
        types.Standings, types.FaultsToLoad),
    Row("DELETE", "/folders/{id}/faults", "clearFaults", "Forget every fault",
        lambda control, asked: control.clear_faults(asked.folder_id), types.Standings),
    Row("GET", "/folders/{id}/plan", "listPlans", "What was written for the next tunings",
        lambda control, asked: control.list_plans(asked.folder_id), types.Plans),
    Row("POST", "/folders/{id}/plan", "addPlan", "One more script for the next tunings",
        lambda control, asked: control.add_plan(asked.folder_id, asked.body),
        types.PlanShown, _FIELDS, Script),
    Row("DELETE", "/folders/{id}/plan", "clearPlans", "The next tunings go as usual",
        lambda control, asked: control.clear_plans(asked.folder_id), types.Plans),
)  # fmt: skip
"""Everything but what needs more than a row: the server itself, the journal, shutdown, the document."""
