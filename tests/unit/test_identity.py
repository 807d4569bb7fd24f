"""Who calls: what each mode accepts, whom it takes the caller for, and what a refusal shows."""

import sys
import threading
from fractions import Fraction

import pytest

from aistudio_mock.backend.folders import FolderDefaults, Folders
from aistudio_mock.backend.identity import TOKEN_LIFETIME, Auth, Identity
from aistudio_mock.domain.errors import Unauthenticated
from aistudio_mock.domain.instant import HOUR
from aistudio_mock.runtime.chance import Ids

NO_CREDENTIALS = "IAM token or API key has to be passed in request"
NOTHING = [None, "", "   ", "Bearer", "Bearer ", "Api-Key  ", "Basic dXNlcjpwYXNz", "AQVNwithoutscheme"]


@pytest.fixture
def folders():
    return Folders(Ids(1), FolderDefaults(rate=Fraction(0)))


def identity(folders, auth, secret=b"secret"):
    return Identity(folders, auth, secret)


@pytest.mark.parametrize("auth", [Auth.ANY, Auth.STRICT])
@pytest.mark.parametrize("header", NOTHING)
def test_no_usable_credentials_are_refused_in_the_platform_s_words(folders, auth, header):
    with pytest.raises(Unauthenticated) as refusal:
        identity(folders, auth).authenticate(header)
    assert refusal.value.message == NO_CREDENTIALS


@pytest.mark.parametrize("header", [*NOTHING, "Bearer t1.x.y", "Api-Key AQVN1"])
def test_with_auth_off_anything_passes(folders, header):
    assert identity(folders, Auth.OFF).authenticate(header).folder is None


@pytest.mark.parametrize("auth", list(Auth))
@pytest.mark.parametrize("scheme", ["Api-Key", "api-key", "API-KEY"])
def test_a_folder_s_key_is_its_folder_in_any_mode(folders, auth, scheme):
    folder = folders.create()
    assert identity(folders, auth).authenticate(f"{scheme} {folder.api_key}").folder is folder


@pytest.mark.parametrize("auth", list(Auth))
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_an_issued_token_is_its_folder_in_any_mode(folders, auth, scheme):
    folder, checked = folders.create(), identity(folders, auth)
    assert checked.authenticate(f"{scheme}  {checked.issue(folder).token} ").folder is folder


@pytest.mark.parametrize("header", ["Bearer anything", "Api-Key anything", "Bearer t1.9.x"])
def test_with_auth_any_an_unknown_value_passes_and_belongs_to_no_folder(folders, header):
    assert identity(folders, Auth.ANY).authenticate(header).folder is None


def test_strict_refuses_an_unknown_token(folders):
    with pytest.raises(Unauthenticated, match=r"^The token is invalid$"):
        identity(folders, Auth.STRICT).authenticate("Bearer t1.9.x")


def test_strict_refuses_an_unknown_key_and_shows_its_ends_only(folders):
    key = "AQVNsecretsecretsecretghij"
    with pytest.raises(
        Unauthenticated, match=r"^Unknown api key 'AQVN\*\*\*\*ghij \([0-9A-F]{8}\)'$"
    ) as refusal:
        identity(folders, Auth.STRICT).authenticate(f"Api-Key {key}")
    assert "secret" not in refusal.value.message


def test_strict_shows_nothing_of_a_short_key(folders):
    with pytest.raises(Unauthenticated, match=r"^Unknown api key '\*\*\*\*'$"):
        identity(folders, Auth.STRICT).authenticate("Api-Key 12345678")


@pytest.mark.parametrize("auth", [Auth.ANY, Auth.STRICT])
def test_a_key_s_identifier_is_told_apart_from_the_key(folders, auth):
    with pytest.raises(Unauthenticated, match="that is the key's identifier; pass the secret key") as refusal:
        identity(folders, auth).authenticate("Api-Key ajehag94oj1rgiu9sm5n")
    assert "ajehag94oj1rgiu9sm5n" not in refusal.value.message


def test_a_token_has_the_documented_shape(folders):
    issued = identity(folders, Auth.STRICT).issue(folders.create())
    assert issued.token.startswith("t1.")
    assert len(issued.token.split(".")) == 3


def test_a_token_lives_twelve_hours_of_its_folder_s_lived_time(folders):
    folder, strict = folders.create(), identity(folders, Auth.STRICT)
    issued = strict.issue(folder)
    assert issued.expires_at == folder.clock.now() + 12 * HOUR
    folder.clock.advance(TOKEN_LIFETIME)
    assert strict.authenticate(f"Bearer {issued.token}").folder is folder
    folder.clock.advance(1)
    with pytest.raises(Unauthenticated, match="The token is invalid"):
        strict.authenticate(f"Bearer {issued.token}")


def test_skipped_time_does_not_age_a_token(folders):
    folder, strict = folders.create(), identity(folders, Auth.STRICT)
    issued = strict.issue(folder)
    folder.clock.skip_to(folder.clock.now() + 100 * HOUR)
    assert strict.authenticate(f"Bearer {issued.token}").folder is folder


def test_a_token_of_another_server_is_refused(folders):
    token = identity(folders, Auth.STRICT, b"another").issue(folders.create()).token
    with pytest.raises(Unauthenticated, match="The token is invalid"):
        identity(folders, Auth.STRICT).authenticate(f"Bearer {token}")


@pytest.mark.parametrize("position", [3, 10, -1, -40])
def test_a_tampered_token_is_refused(folders, position):
    strict = identity(folders, Auth.STRICT)
    token = list(strict.issue(folders.create()).token)
    token[position] = "A" if token[position] != "A" else "B"
    with pytest.raises(Unauthenticated, match="The token is invalid"):
        strict.authenticate("Bearer " + "".join(token))


def test_an_api_key_as_bearer_is_refused_when_strict(folders):
    folder = folders.create()
    with pytest.raises(Unauthenticated, match="The token is invalid"):
        identity(folders, Auth.STRICT).authenticate(f"Bearer {folder.api_key}")


def test_a_single_call_can_be_looked_at_more_closely_than_the_others(folders):
    lax = identity(folders, Auth.ANY)
    assert lax.authenticate("Bearer anything").folder is None
    with pytest.raises(Unauthenticated):
        lax.authenticate("Bearer anything", Auth.STRICT)


def test_a_credential_never_shows_the_header_it_came_from(folders):
    assert "AQVNsecret" not in repr(identity(folders, Auth.ANY).authenticate("Api-Key AQVNsecret"))


def test_a_folder_is_made_when_it_is_first_named(folders):
    assert folders.find("b1gnew") is None
    made = folders.get("b1gnew")
    assert folders.get("b1gnew") is folders.find("b1gnew") is made
    assert made in list(folders)


def test_a_folder_s_id_is_taken_once(folders):
    folders.create("b1gnew")
    with pytest.raises(ValueError, match="folder b1gnew exists already; leave the id out for a fresh one"):
        folders.create("b1gnew")


@pytest.fixture
def switching_often():
    """Threads take turns as often as they can, so that what can go wrong between two of them does."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def named_at_once(folders, folder_id, callers=4):
    """What each of several callers gets who name a folder at the same moment."""
    ready, found = [], []

    def name():
        ready.append(None)
        while len(ready) < callers:
            pass
        found.append(folders.get(folder_id))

    threads = [threading.Thread(target=name) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_those_who_name_a_new_folder_at_once_get_the_same_one(folders, switching_often):
    for number in range(50):
        first, *others = named_at_once(folders, f"b1g{number}")
        assert len(others) == 3
        assert all(other is first for other in others)
