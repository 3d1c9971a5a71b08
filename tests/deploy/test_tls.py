"""NATS with certificates, as compose runs it: both sides show one; the bootstrap job, the operator, a partner."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.certificates import Authority, Certificate
from deploy.databases import ROOT
from deploy.embedded.nats import Nats
from deploy.nats import consumers
from deploy.nats.bootstrap import bootstrap
from deploy.nats.keys import Keys, Tls
from deploy.partners import Office
from deploy.trouble import Trouble
from tests.conftest import MakeStack
from tests.partners import SERVICES, StandIn, deploy_dsn
from tests.servers import own_nats


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Nats]:
    """A server that asks for certificates."""
    monkeypatch.setattr(consumers, "listener", lambda service: StandIn())
    own = own_nats(tmp_path, SERVICES)
    assert isinstance(own.part, Nats)
    paths = Authority.load_or_create(own.part.keys.directory / "certificates").certificate("nats", ["127.0.0.1"])
    prepared = Nats.prepare

    def with_certificates(part: Nats) -> None:
        prepared(part)
        part.keys.write_config(
            part.folder / "nats.conf",
            host="127.0.0.1",
            port=part.port,
            monitor_port=part.monitor_port,
            store_dir=part.folder / "streams",
            jwt_dir=part.folder / "accounts",
            tls=Tls(paths.certificate, paths.key, paths.authority),
        )

    monkeypatch.setattr(Nats, "prepare", with_certificates)
    await own.start()
    try:
        yield own.part
    finally:
        await own.stop()


@pytest.fixture
def certificate(server: Nats, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """The operator's, named in the environment."""
    made = Authority.load_or_create(server.keys.directory / "certificates").certificate("bootstrap")
    monkeypatch.setenv("WEEFSEL_NATS_CA", str(made.authority))
    monkeypatch.setenv("WEEFSEL_NATS_CERT", str(made.certificate))
    monkeypatch.setenv("WEEFSEL_NATS_KEY", str(made.key))
    return made


def address(server: Nats) -> str:
    return f"tls://127.0.0.1:{server.port}"


async def test_with_a_certificate_all_is_made(server: Nats, certificate: Certificate) -> None:
    assert "stream EVENTS made" in await bootstrap(address(server), server.keys, SERVICES)


async def test_without_a_certificate_nobody_comes_in(server: Nats) -> None:
    with pytest.raises(Trouble, match="does not let system in"):
        await bootstrap(address(server), server.keys, SERVICES)


async def test_a_partner_follows_the_feed_with_the_certificate_that_it_was_given(
    server: Nats, certificate: Certificate, stack: MakeStack, tmp_path: Path
) -> None:
    await bootstrap(address(server), server.keys, SERVICES)
    office = Office(address(server), Keys.load(server.keys.directory), deploy_dsn(await stack([])))
    admission = await office.add("buurtpunt", "buurtpunt", ["rabot"], [])
    (tmp_path / "buurtpunt.creds").write_text(admission.credentials())
    given = Authority.load_or_create(server.keys.directory / "certificates").certificate("partner-buurtpunt")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "examples" / "partner-python" / "partner.py"),
        f"--asyncapi={ROOT / 'docs' / 'asyncapi.yaml'}",
        f"--schemas={ROOT / 'shared' / 'contracts' / 'schemas'}",
        f"--creds={tmp_path / 'buurtpunt.creds'}",
        f"--url={address(server)}",
        f"--ca={given.authority}",
        f"--cert={given.certificate}",
        f"--key={given.key}",
        "follow",
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        assert line == b'{"what": "following", "partner": "buurtpunt"}\n'
    finally:
        process.terminate()
        await process.wait()
