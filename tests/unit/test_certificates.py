"""The user's certificates: made once, provable, private, and the same for everybody who asks at once."""

import datetime as dt
import hashlib
import os
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import threading

import pytest
import trustme
from platformdirs import user_cache_path

from aistudio_mock.runtime import certificates
from aistudio_mock.runtime.certificates import NAMES, CertificateError, bundle, load, wgetrc

posix = pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX")


def handshake(made, host, trusted=None):
    """The subject names a client sees that asks a real socket for `host`, trusting `trusted` only."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf = made.ca_path.with_name("under-test.pem")
    leaf.write_bytes(made.key_pem + made.chain_pem)
    server.load_cert_chain(leaf)
    client = ssl.create_default_context(cafile=trusted or made.ca_path)
    client.verify_flags |= ssl.VERIFY_X509_STRICT  # what Python 3.13 does by itself
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_one, args=(listener, server))
        thread.start()
        try:
            with (
                socket.create_connection(listener.getsockname(), timeout=10) as raw,
                client.wrap_socket(raw, server_hostname=host) as secure,
            ):
                return [value for _, value in secure.getpeercert()["subjectAltName"]]
        finally:
            thread.join()


def answer_one(listener, context):
    raw, _ = listener.accept()
    with raw:
        try:
            context.wrap_socket(raw, server_side=True).close()
        except OSError:  # the client under test may refuse us
            return


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "::1",
        "api.cloud.yandex.net",
        "llm.api.cloud.yandex.net",
        "operation.api.cloud.yandex.net",
        "storage.yandexcloud.net",
    ],
)
def test_a_client_that_trusts_the_ca_accepts_the_leaf_at(host, tmp_path):
    assert len(handshake(load(directory=tmp_path), host)) == len(NAMES)


def test_a_client_refuses_the_leaf_at_a_host_it_does_not_name(tmp_path):
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(load(directory=tmp_path), "example.org")


def test_a_client_that_does_not_trust_the_ca_refuses_the_leaf(tmp_path):
    stranger = load(directory=tmp_path / "other").ca_path
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(load(directory=tmp_path / "ours"), "localhost", trusted=stranger)


@pytest.mark.parametrize("host", ["mock.example.org", "10.1.2.3", "fe80::1", "aistudio"])
def test_an_advertised_host_gets_a_leaf_of_the_same_ca(host, tmp_path):
    plain, extra = load(directory=tmp_path), load(host, tmp_path)
    assert extra.ca_pem == plain.ca_pem
    handshake(extra, host)
    handshake(extra, "localhost")


def test_a_second_load_reads_the_same_certificates(tmp_path):
    assert load(directory=tmp_path) == load(directory=tmp_path)
    assert load("mock.example.org", tmp_path) == load("mock.example.org", tmp_path)


def test_a_second_load_does_not_import_cryptography(tmp_path):
    load("mock.example.org", tmp_path)
    program = """if True:
        import sys
        from pathlib import Path
        from aistudio_mock.runtime.certificates import load
        load("mock.example.org", Path(sys.argv[1]))
        heavy = {"trustme", "cryptography", "platformdirs", "certifi"} & set(sys.modules)
        sys.exit(f"imported {heavy}" if heavy else 0)
    """
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)


@posix
def test_private_keys_are_readable_by_their_owner_only(tmp_path):
    home = load("mock.example.org", tmp_path).ca_path.parent
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    keys = [path for path in home.iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert len(keys) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}


def test_the_environment_names_the_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("AISTUDIO_MOCK_CA_DIR", str(tmp_path / "given"))
    assert load().ca_path.is_relative_to(tmp_path / "given")


def test_an_argument_goes_before_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("AISTUDIO_MOCK_CA_DIR", str(tmp_path / "given"))
    assert load(directory=tmp_path / "argument").ca_path.is_relative_to(tmp_path / "argument")


@pytest.mark.parametrize("given", [None, "", "/elsewhere", "not/absolute"])
def test_the_default_directory_is_where_platformdirs_keeps_caches(given, monkeypatch):
    monkeypatch.delenv("AISTUDIO_MOCK_CA_DIR")
    if given is None:
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", given)
    kept = certificates._default_directory()
    if given == "not/absolute":  # which is to be ignored, and by old releases of platformdirs is not
        monkeypatch.delenv("XDG_CACHE_HOME")
    assert kept == user_cache_path("aistudio-mock", appauthor=False)


@pytest.mark.parametrize("name", ["ca.pem", "leaf.pem"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "garbage"])
def test_a_damaged_set_is_made_anew(name, damage, tmp_path):
    before = load(directory=tmp_path)
    victim = before.ca_path.with_name(name)
    content = victim.read_bytes()
    victim.unlink()
    if damage != "missing":
        victim.write_bytes(
            {"empty": b"", "cut": content[: len(content) // 2], "garbage": b"\xff" * 99}[damage]
        )
    after = load(directory=tmp_path)
    assert after.ca_pem != before.ca_pem
    handshake(after, "localhost")


def test_an_expired_leaf_is_made_anew(tmp_path):
    home = load(directory=tmp_path).ca_path.parent
    ca = trustme.CA.from_pem((home / "ca.pem").read_bytes(), (home / "ca.key").read_bytes())
    expired = ca.issue_cert(*NAMES, not_after=dt.datetime(2001, 1, 1, tzinfo=dt.UTC))
    (home / "leaf.pem").write_bytes(expired.private_key_and_cert_chain_pem.bytes())
    handshake(load(directory=tmp_path), "localhost")


def test_a_leaf_of_another_ca_is_made_anew(tmp_path):
    ours, other = load(directory=tmp_path / "ours"), load(directory=tmp_path / "other")
    shutil.copy(other.ca_path.with_name("leaf.pem"), ours.ca_path.with_name("leaf.pem"))
    handshake(load(directory=tmp_path / "ours"), "localhost")


def test_making_anew_leaves_nothing_behind(tmp_path):
    load(directory=tmp_path).ca_path.unlink()
    load(directory=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "tls-1"]


def test_files_that_were_proved_once_are_not_proved_again(tmp_path):
    made = load(directory=tmp_path)
    leaf = made.ca_path.with_name("leaf.pem")
    foreign = made.key_pem + trustme.CA().issue_cert("localhost").cert_chain_pems[0].bytes()
    leaf.write_bytes(foreign)
    leaf.with_name("leaf.pem.proved").write_bytes(hashlib.sha256(made.ca_pem + foreign).digest())
    assert load(directory=tmp_path).chain_pem in foreign


def test_a_proof_of_other_files_proves_nothing(tmp_path):
    ours, other = load(directory=tmp_path / "ours"), load(directory=tmp_path / "other")
    for name in ("leaf.pem", "leaf.pem.proved"):
        shutil.copy(other.ca_path.with_name(name), ours.ca_path.with_name(name))
    handshake(load(directory=tmp_path / "ours"), "localhost")


@posix
def test_a_set_that_can_only_be_read_will_do(tmp_path):
    made = load(directory=tmp_path)
    proof = made.ca_path.with_name("leaf.pem.proved")
    proof.unlink()
    proof.mkdir()  # cannot be written, by nobody
    assert load(directory=tmp_path) == made


def test_a_ca_whose_key_is_lost_says_what_to_delete(tmp_path):
    home = load(directory=tmp_path).ca_path.parent
    (home / "ca.key").write_bytes(b"garbage")
    with pytest.raises(CertificateError, match=r"delete .*tls-1 and start again") as refused:
        load("mock.example.org", tmp_path)
    assert "\n" not in str(refused.value)


def test_a_leaf_that_the_key_of_another_ca_signed_is_not_kept(tmp_path):
    home = load(directory=tmp_path / "ours").ca_path.parent
    shutil.copy(load(directory=tmp_path / "other").ca_path.with_name("ca.key"), home / "ca.key")
    before = sorted(home.iterdir())
    with pytest.raises(CertificateError, match=r"is damaged .*delete it and start again"):
        load("mock.example.org", tmp_path / "ours")
    assert sorted(home.iterdir()) == before


def test_a_directory_that_cannot_be_made_says_what_to_set(tmp_path):
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(CertificateError, match=r"set AISTUDIO_MOCK_CA_DIR to a directory") as refused:
        load(directory=tmp_path / "file")
    assert "\n" not in str(refused.value)


RACER = """if True:
    import hashlib, sys
    from pathlib import Path
    from aistudio_mock.runtime.certificates import load
    sys.stdin.readline()  # all start at once
    made = load(sys.argv[2] or None, Path(sys.argv[1]))
    print(hashlib.sha256(made.ca_pem).hexdigest(), made.ca_path.read_bytes() == made.ca_pem)
"""


@pytest.mark.parametrize("start", ["empty", "broken"])
@pytest.mark.parametrize("host", ["", "mock.example.org"])
def test_eight_processes_that_start_at_once_end_with_one_ca(start, host, tmp_path):
    if start == "broken":
        load(directory=tmp_path).ca_path.write_bytes(b"torn")
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(tmp_path), host],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    said = {racer.communicate(timeout=60)[0].strip() for racer in racers}
    assert [racer.returncode for racer in racers] == [0] * 8
    assert len(said) == 1
    assert said.pop().endswith("True")
    handshake(load(host or None, tmp_path), host or "localhost")


def test_the_bundle_holds_the_systems_cas_and_ours(tmp_path, monkeypatch):
    system = tmp_path / "system.pem"
    system.write_bytes(load(directory=tmp_path / "system").ca_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(system))
    made = load(directory=tmp_path / "ours")
    trusted = ssl.create_default_context(cafile=bundle(made))
    assert len(trusted.get_ca_certs()) == 2
    handshake(made, "localhost", trusted=bundle(made))


def test_a_bundle_made_inside_a_redirected_shell_does_not_grow(tmp_path, monkeypatch):
    made = load(directory=tmp_path)
    first = bundle(made)
    content = first.read_bytes()
    monkeypatch.setenv("SSL_CERT_FILE", str(first))
    assert bundle(made).read_bytes() == content


def test_a_bundle_follows_the_systems_cas(tmp_path, monkeypatch):
    system = tmp_path / "system.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(system))
    made = load(directory=tmp_path / "ours")
    system.write_bytes(load(directory=tmp_path / "a").ca_pem)
    first = bundle(made).read_bytes()
    system.write_bytes(load(directory=tmp_path / "b").ca_pem)
    assert bundle(made).read_bytes() != first


def test_wget_is_told_of_the_bundle_and_keeps_what_it_was_told(tmp_path, monkeypatch):
    own = tmp_path / "own"
    own.write_text("tries = 3")
    monkeypatch.setenv("SYSTEM_WGETRC", str(own))
    trusted = bundle(load(directory=tmp_path))
    assert wgetrc(trusted).read_text() == f"tries = 3\nca_certificate = {trusted}\n"
    monkeypatch.setenv("SYSTEM_WGETRC", str(wgetrc(trusted)))
    assert wgetrc(trusted).read_text().count("ca_certificate") == 1


def test_without_a_file_of_the_systems_the_bundle_still_holds_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    made = load(directory=tmp_path)
    assert made.ca_pem in bundle(made).read_bytes()


@pytest.mark.all
def test_curl_accepts_the_leaf_with_the_ca(tmp_path):
    made = load(directory=tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.ca_path.with_name("leaf.pem"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=greet_one, args=(listener, context))
        thread.start()
        port = listener.getsockname()[1]
        redirect = ["--connect-to", f"storage.yandexcloud.net:443:127.0.0.1:{port}"]
        trust = ["--noproxy", "*", "--cacert", str(made.ca_path)]
        curl = ["curl", "--silent", "--show-error", "--max-time", "20", *trust, *redirect]
        said = subprocess.run([*curl, "https://storage.yandexcloud.net/"], capture_output=True, check=False)
        thread.join()
    assert (said.stdout, said.stderr) == (b"hello", b"")


def greet_one(listener, context):
    raw, _ = listener.accept()
    with raw, context.wrap_socket(raw, server_side=True) as secure:
        secure.recv(65536)
        secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
