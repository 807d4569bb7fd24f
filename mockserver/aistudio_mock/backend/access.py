"""Whose object is it, and may this caller touch it."""

from aistudio_mock.backend.call import Call
from aistudio_mock.backend.folders import Auth, Folder, Folders
from aistudio_mock.backend.identity import Identity
from aistudio_mock.backend.store import R, Table
from aistudio_mock.domain.errors import InvalidArgument, NotFound, PermissionDenied

_ABOVE = "resource-manager.cloud b1gaistudiomockcloud, organization-manager.organization bpfaistudiomock00org"
"""Where every folder is, as the platform's refusals name it (service-behaviour a.5); the ids are ours."""


class Access:
    """Finds folders and objects for a caller. A folder with lax credentials is open to everyone."""

    def __init__(self, folders: Folders, identity: Identity) -> None:
        self._folders = folders
        self._identity = identity

    def folder(self, call: Call, folder_id: str) -> Folder:
        """The folder a request names.

        Raises:
            InvalidArgument: strict, and the credential belongs to another folder (service-behaviour a.5).
            Unauthenticated: strict, and the credential belongs to no folder.
        """
        known = self._folders.find(folder_id)
        own = self._bound(call, known)
        if own is not None and own.id != folder_id:
            raise InvalidArgument(
                f"Specified folder ID '{folder_id}' does not match with service account folder ID '{own.id}'"
            )
        return known or self._folders.get(folder_id)

    def record(self, call: Call, table: Table[R], kind: str, record_id: str) -> tuple[R, Folder]:
        """The object of that id, and its folder.

        Raises:
            NotFound: no such object (wording assumed, h.8).
            PermissionDenied: strict, and the object is in a folder of others.
            Unauthenticated: strict, and the credential belongs to no folder.
        """
        found = table.get(record_id)
        if found is None:
            raise NotFound(f"{kind} {record_id} not found")
        folder = self._folders.get(found.folder_id)
        own = self._bound(call, folder)
        if own is not None and own.id != folder.id:
            if folder.settings.behaviours.foreign_folder == "not-found":
                raise NotFound(f"{kind} {record_id} not found")
            raise PermissionDenied(f"Permission to [resource-manager.folder {folder.id}, {_ABOVE}] denied")
        return found, folder

    def _bound(self, call: Call, folder: Folder | None) -> Folder | None:
        """The caller's own folder, where the one that is called is strict; None where it takes anyone."""
        auth = folder.settings.auth if folder is not None else self._identity.auth
        if auth is not Auth.STRICT:
            return None
        credential = call.credential
        return credential.folder or self._identity.authenticate(credential.authorization, auth).folder
