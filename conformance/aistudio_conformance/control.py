"""The control API of a mock over plain HTTP, as far as a run needs it."""

from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from aistudio_conformance.target import TargetError

_PREFIX = "/_mock/v1"
_PATIENCE = 60.0
_OK = 200


class Control:
    """A mock at `url`. A connection for each request: threads share nothing."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port

    def default_folder(self) -> Mapping[str, Any]:
        """The folder of calls that name none. Raises TargetError; so do all below."""
        folders: list[Mapping[str, Any]] = self._document("GET", "/folders")["folders"]
        return folders[0]

    def create_folder(self, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """A fresh folder."""
        return self._document("POST", "/folders", settings)

    def delete_folder(self, folder_id: str) -> None:
        """Forgets a folder and everything in it."""
        self._ask("DELETE", _path(folder_id))

    def issue_token(self, folder_id: str) -> str:
        """A fresh IAM token."""
        return str(self._document("POST", _path(folder_id, "token"), {})["iam_token"])

    def advance(self, folder_id: str, seconds: float) -> None:
        """Moves the folder's clock forward."""
        self._ask("POST", _path(folder_id, "clock/advance"), {"seconds": seconds})

    def add_fault(self, folder_id: str, fields: Mapping[str, Any]) -> None:
        """One more fault."""
        self._ask("POST", _path(folder_id, "faults"), fields)

    def add_plan(self, folder_id: str, script: Mapping[str, Any]) -> None:
        """One more script of what becomes of a tuning."""
        self._ask("POST", _path(folder_id, "plan"), script)

    def journal(self, folder_id: str) -> bytes:
        """The folder's journal, as JSON Lines."""
        return self._ask("GET", _path(folder_id, "journal?format=jsonl"))

    def _document(self, verb: str, path: str, fields: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        try:
            return msgspec.json.decode(self._ask(verb, path, fields), type=dict[str, Any])
        except msgspec.MsgspecError as problem:
            raise TargetError(f"the mock answered {verb} {path} with no JSON object: {problem}") from None

    def _ask(self, verb: str, path: str, fields: Mapping[str, Any] | None = None) -> bytes:
        body = None if fields is None else msgspec.json.encode(fields)
        connection = HTTPConnection(self._host, self._port, timeout=_PATIENCE)
        try:
            connection.request(verb, _PREFIX + path, body)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, HTTPException) as problem:
            raise TargetError(f"the mock does not answer: {str(problem) or type(problem).__name__}") from None
        finally:
            connection.close()
        if response.status != _OK:
            raise TargetError(f"the mock refused {verb} {path}: {_refusal(answer)}")
        return answer


def _refusal(answer: bytes) -> str:
    try:
        return str(msgspec.json.decode(answer, type=dict[str, Any])["message"])
    except (msgspec.MsgspecError, KeyError):
        return answer[:200].decode("utf-8", "replace")


def _path(folder_id: str, rest: str = "") -> str:
    return f"/folders/{quote(folder_id, safe='')}" + (f"/{rest}" if rest else "")
