"""Who calls: API keys, IAM tokens, and what is refused (service-behaviour a.3, a.5)."""

import re
import zlib
from itertools import count
from typing import Final

from msgspec import Struct

from aistudio_mock.backend.folders import Auth, Folder, Folders
from aistudio_mock.domain.errors import Unauthenticated
from aistudio_mock.domain.instant import HOUR, Duration, Instant, later

TOKEN_LIFETIME = 12 * HOUR
"""How long an IAM token lives, in microseconds of lived time (a.3)."""

_SEALED = "t1."
_NO_KEYS = {"aje": "the key's identifier", "b1g": "a folder's id"}
"""What people give in place of the secret, by the id's prefix (service-behaviour b)."""
_ID = r"[a-v0-9]{20}"


class Credential:
    """What an accepted `authorization` says about the caller; `folder` is None when it binds to none.

    A bare class: the `repr` of a Struct would show the secret.
    """

    __slots__ = ("authorization", "folder")

    def __init__(self, folder: Folder | None = None, authorization: str | None = None) -> None:
        """`authorization` is the header, where it binds to no folder: a strict folder looks at it again."""
        self.folder: Final = folder
        self.authorization: Final = authorization


class IssuedToken(Struct, frozen=True):
    """A new IAM token and when it expires, on its folder's clock."""

    token: str
    expires_at: Instant


class Identity:
    """Checks `authorization` and issues IAM tokens. Tokens are sealed, not stored."""

    def __init__(self, folders: Folders, auth: Auth, secret: bytes, first_number: int = 1) -> None:
        self._folders = folders
        self._auth = auth
        self._secret = secret
        self._number = count(first_number)

    @property
    def auth(self) -> Auth:
        """How strictly the server looks where no folder says otherwise."""
        return self._auth

    @property
    def version(self) -> object:
        """Another object after each change of what ids and keys name."""
        return self._folders.version

    @property
    def nobody(self) -> Folder:
        """The folder of callers that nothing is known of."""
        return self._folders.default

    def folder(self, folder_id: str) -> Folder | None:
        """The folder of that id, if somebody named it before."""
        return self._folders.find(folder_id)

    def caller(self, authorization: str | None) -> Folder | None:
        """The folder that a header is bound to, whether or not it would be accepted."""
        value = (authorization or "").strip().partition(" ")[2].strip()
        return self._folders.with_api_key(value) or self._folder_of_token(value) if value else None

    def authenticate(self, authorization: str | None, auth: Auth | None = None) -> Credential:
        """The caller behind an `authorization` header, looked at as `auth` says, else as the server does.

        Raises:
            Unauthenticated: with the platform's wording; an unknown key is shown by its ends only.
        """
        auth = auth or self._auth
        scheme, _, value = (authorization or "").strip().partition(" ")
        value = value.strip()
        if auth is Auth.OFF:
            folder = self._folders.with_api_key(value) or self._folder_of_token(value)
            return Credential(folder, authorization)
        if not value or scheme.casefold() not in {"bearer", "api-key"}:
            raise Unauthenticated("IAM token or API key has to be passed in request")
        look = self._bearer if scheme.casefold() == "bearer" else self._api_key
        folder = look(value, auth)
        return Credential(folder, None if folder else authorization)

    def lasts(self, authorization: str | None) -> Duration | None:
        """For how much lived time a header means what it means now; None where time does not change it."""
        token = self._opened((authorization or "").strip().partition(" ")[2].strip())
        return token[1] if token and token[1] >= 0 else None

    def issue(self, folder: Folder) -> IssuedToken:
        """A token of the documented shape for `folder`, good for 12 hours (a.3)."""
        now = folder.clock.now()
        from aistudio_mock.backend.seals import sealed  # noqa: PLC0415 - not on the start path

        # Numbered: a token is a fresh one also where the clock stands still.
        token = sealed(f"{folder.id}|{next(self._number)}|{now}", self._secret)
        return IssuedToken(token, later(now, TOKEN_LIFETIME))

    def _bearer(self, token: str, auth: Auth) -> Folder | None:
        folder = self._folder_of_token(token)
        if folder is None and auth is Auth.STRICT:
            raise Unauthenticated("The token is invalid")
        return folder

    def _api_key(self, key: str, auth: Auth) -> Folder | None:
        mistaken = _NO_KEYS.get(key[:3])
        if mistaken and re.fullmatch(_ID, key):
            raise Unauthenticated(
                f"Unknown api key '{_ends(key)}': that is {mistaken}; "
                "pass the secret key (AQVN…) that was shown once when the key was created"
            )
        folder = self._folders.with_api_key(key)
        if folder is None and auth is Auth.STRICT:
            raise Unauthenticated(f"Unknown api key '{_ends(key)}'")
        return folder

    def _folder_of_token(self, token: str) -> Folder | None:
        opened = self._opened(token)
        return opened[0] if opened and opened[1] >= 0 else None

    def _opened(self, token: str) -> tuple[Folder, int] | None:
        """The folder of a token of ours, and what is left of its life in lived microseconds."""
        if not token.startswith(_SEALED):
            return None
        from aistudio_mock.backend.seals import content_of  # noqa: PLC0415 - not on the start path

        content = content_of(token, self._secret)
        if content is None:
            return None
        folder_id, _, issued = content.rsplit("|", 2)
        folder = self._folders.find(folder_id)
        if folder is None:  # deleted since, and its service account with it
            return None
        return folder, TOKEN_LIFETIME - folder.clock.age(Instant(int(issued)))


def _ends(key: str) -> str:
    """An API key as error messages show it: never whole (a.5)."""
    if len(key) <= 8:  # noqa: PLR2004 - the documented bound
        return "****"
    return f"{key[:4]}****{key[-4:]} ({zlib.crc32(key.encode()):08X})"
