"""Certificates: TLS 1.3 from both sides, made once, made anew in time."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from deploy import certificates
from deploy.certificates import Authority, Certificate
from deploy.trouble import Trouble
from shared.settings import NatsSettings


def handshake(server: Certificate, client: Certificate | None, host: str = "nats") -> str:
    """The version of TLS that the two agree on. Raises OSError when one doesn't trust the other."""
    listening = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(server.authority))
    listening.load_cert_chain(server.certificate, server.key)
    listening.verify_mode = ssl.CERT_REQUIRED
    settings = NatsSettings(
        nats_credentials=Path("unread"),
        nats_ca=(client or server).authority,
        nats_cert=client and client.certificate,
        nats_key=client and client.key,
    )
    context = settings.tls()
    assert context is not None
    here, there = socket.socketpair()
    here.settimeout(5)
    there.settimeout(5)

    def serve() -> None:
        with there:
            try:
                listening.wrap_socket(there, server_side=True).sendall(b"in")
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with context.wrap_socket(here, server_hostname=host) as secure:
            # With TLS 1.3 a client learns only when it reads that the server refused its certificate.
            if secure.recv(2) != b"in":
                raise ConnectionError("the server hung up")
            return secure.version() or ""
    finally:
        here.close()
        thread.join()


def test_server_and_client_know_each_other_by_tls_1_3(tmp_path: Path) -> None:
    authority = Authority.load_or_create(tmp_path)
    server = authority.certificate("nats", ["nats", "127.0.0.1"])
    client = authority.certificate("profiles")
    assert handshake(server, client) == "TLSv1.3"
    assert handshake(server, client, host="127.0.0.1") == "TLSv1.3"


def test_a_client_without_a_certificate_is_refused(tmp_path: Path) -> None:
    server = Authority.load_or_create(tmp_path).certificate("nats", ["nats"])
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(server, None)


def test_a_client_of_another_authority_is_refused(tmp_path: Path) -> None:
    server = Authority.load_or_create(tmp_path / "ours").certificate("nats", ["nats"])
    other = Authority.load_or_create(tmp_path / "other").certificate("profiles")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(server, Certificate(other.certificate, other.key, server.authority))


def test_a_server_by_another_name_is_refused(tmp_path: Path) -> None:
    authority = Authority.load_or_create(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(authority.certificate("nats", ["nats"]), authority.certificate("profiles"), host="elsewhere")


def test_a_client_cannot_pose_as_the_server(tmp_path: Path) -> None:
    authority = Authority.load_or_create(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(authority.certificate("profiles"), authority.certificate("cli"), host="profiles")


def test_the_second_time_nothing_changes_and_only_the_owner_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "certificates"
    Authority.load_or_create(folder).certificate("nats", ["nats"])
    before = {path: path.read_bytes() for path in folder.iterdir()}
    Authority.load_or_create(folder).certificate("nats", ["nats"])
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_made_anew_when_it_ends_soon_or_has_other_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority.load_or_create(tmp_path)
    first = authority.certificate("nats", ["nats"]).certificate.read_bytes()
    named = authority.certificate("nats", ["nats", "nats.stad.example"]).certificate.read_bytes()
    assert named != first
    monkeypatch.setattr(certificates, "RENEWED_BEFORE", timedelta(days=certificates.DAYS + 1))
    assert authority.certificate("nats", ["nats", "nats.stad.example"]).certificate.read_bytes() != named


def test_made_anew_when_the_authority_is_another(tmp_path: Path) -> None:
    before = Authority.load_or_create(tmp_path).certificate("profiles").certificate.read_bytes()
    for name in ("authority.crt", "authority.key"):
        (tmp_path / name).unlink()
    authority = Authority.load_or_create(tmp_path)
    client = authority.certificate("profiles")
    assert client.certificate.read_bytes() != before
    assert handshake(authority.certificate("nats", ["nats"]), client) == "TLSv1.3"


def test_a_damaged_certificate_is_a_sentence(tmp_path: Path) -> None:
    Authority.load_or_create(tmp_path)
    (tmp_path / "authority.crt").write_text("not one")
    with pytest.raises(Trouble, match=r"authority\.crt is damaged.*--renew certificates"):
        Authority.load_or_create(tmp_path)
