"""`weefsel referrals` against running services: what is typed, what is read, and each refusal a sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from deploy.demo import people
from shared.contracts.signals import BeginImport, BringRows, FinishImport, ListReferrals
from shared.messaging.client import Client, Refused
from tests.conftest import MakeStack
from tests.deploy.test_people_commands import Weefsel
from tests.waiting import eventually

MARIE = ("--as", "worker:marie")


@pytest.fixture(scope="module")
async def weefsel(module_stack: MakeStack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Weefsel]:
    """Profiles and signals run, with the people of the demo and two services of the directory."""
    stack = await module_stack(["profiles", "signals"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEEFSEL_NATS_URL", stack.nats_url)
        patch.setenv("WEEFSEL_NATS_CREDENTIALS", str(stack.keys.creds("cli")))
        patch.setenv("WEEFSEL_SERVICES", "profiles,signals")
        patch.setenv("WEEFSEL_CLOCK_FILE", str(stack.folder / "clock"))
        async with stack.running("profiles"), stack.running("signals"), stack.connect() as client:
            ids, _ = await people.bring_in(client)
            await _bring_in(client)
            for id_ in ids.values():
                await eventually(lambda id_=id_: _known(client, id_))
            yield Weefsel(tmp_path_factory.mktemp("files"))


async def _bring_in(client: Client) -> None:
    """A directory of two services: one to ring, one to write to."""
    services = [
        {"id": "poets", "organization_id": "o-1", "status": "active", "name": "Poetshulp"},
        {"id": "boodschap", "organization_id": "o-1", "status": "active", "name": "Boodschappendienst",
         "email": "info@boodschap.example"},
    ]  # fmt: skip
    rows: dict[str, list[dict[str, str]]] = {
        "organization": [{"id": "o-1", "name": "Zorgpunt", "description": "Een organisatie."}],
        "service": services,
        "phone": [{"id": "p-1", "service_id": "poets", "number": "09 123 45 67"}],
    }
    begun = await client.get(BeginImport(source="test", title="Test"), actor="operator")
    for resource, each in rows.items():
        command = BringRows(import_id=begun.import_id, resource=resource, first=1, rows=each, kept=[])
        await client.get(command, actor="operator")
    counts = {resource: len(each) for resource, each in rows.items()}
    await client.get(FinishImport(import_id=begun.import_id, rows=counts), actor="operator")


async def _known(client: Client, id_: UUID) -> bool:
    try:
        await client.get(ListReferrals(participant_id=id_), actor="operator")
    except Refused:
        return False
    return True


async def test_a_referral_from_draft_to_its_end_by_phone(weefsel: Weefsel) -> None:
    drafted = await weefsel.ok("referrals", "draft", "martine", "poetshulp", "huishouden", *MARIE)
    assert "A referral of martine is drafted. Next: its details, and their consent." in drafted
    assert "no consent that runs" in await weefsel.refused("referrals", "request", "martine", *MARIE)
    await weefsel.ok("referrals", "details", "martine", "Zoekt iemand die komt poetsen.", *MARIE)
    kept = await weefsel.ok("referrals", "consent", "martine", "name", "question", "--until", "+30d", *MARIE)
    assert "They can withdraw it at any time." in kept
    requested = await weefsel.ok("referrals", "request", "martine", *MARIE)
    assert "It is before Poetshulp. It has no connection and no e-mail address: ring it on 09 123 45 67" in requested
    assert "requested: you can accept it" in await weefsel.refused(
        "referrals", "answer", "martine", "complete", "--outcome", "helped", *MARIE
    )
    assert "The service takes it on." in await weefsel.ok("referrals", "answer", "martine", "accept", *MARIE)
    assert "It stays open until then." in await weefsel.ok("referrals", "keep-open", "martine", "+40d", *MARIE)
    await weefsel.ok("referrals", "answer", "martine", "complete", "--outcome", "helped", *MARIE)
    shown = await weefsel.ok("referrals", "show", "martine", *MARIE)
    for words in ("Martine Van den Berghe", "Poetshulp, Zorgpunt", "completed: helped", "name, question until",
                  "recorded by Marie", "kept open, by Marie"):  # fmt: skip
        assert words in shown
    assert "Zoekt iemand" not in shown
    assert "Martine Van den Berghe" in await weefsel.ok("referrals", "list", "--state", "completed")


async def test_details_are_filled_in_from_what_profiles_knows(weefsel: Weefsel) -> None:
    await weefsel.ok("referrals", "draft", "roger", "boodschappendienst", "food", *MARIE)
    await weefsel.ok("referrals", "details", "roger", "--without", "reach", *MARIE)
    found = await weefsel.json("referrals", "show", "roger", *MARIE)
    assert found["has_details"] == ["name", "languages"]
    await weefsel.ok("referrals", "details", "roger", "Iets", *MARIE)
    assert (await weefsel.json("referrals", "show", "roger", *MARIE))["has_details"] == [
        "name", "reach", "languages", "question",
    ]  # fmt: skip
    await weefsel.ok("referrals", "consent", "roger", "name", "reach", *MARIE)
    assert "It is written to, with a link" in await weefsel.ok("referrals", "request", "roger", *MARIE)
    contact = ("--as", f"contact:{found['referral_id']}")
    assert "Boodschappendienst" in await weefsel.ok("referrals", "look", "-", *contact)
    fetched = await weefsel.json("referrals", "fetch", "-", *contact)
    assert (fetched["name"] is None, fetched["question"]) == (False, None)
    assert "Access has ended" in await weefsel.ok("referrals", "withdraw", "roger", "--as", "participant:roger")
    assert "can be done" in await weefsel.refused("referrals", "fetch", "-", *contact)


async def test_a_retry_and_a_forward_name_the_one_before(weefsel: Weefsel) -> None:
    first = await weefsel.json("referrals", "draft", "elif", "poetshulp", "household", *MARIE)
    assert "It is cancelled" in await weefsel.ok("referrals", "cancel", "elif", "no-capacity", *MARIE)
    assert "same service is drafted" in await weefsel.ok("referrals", "retry", "elif", *MARIE)
    again = await weefsel.json("referrals", "show", "elif", *MARIE)
    assert again["previous_id"] == first["referral_id"]
    await weefsel.ok("referrals", "in-error", "elif", *MARIE)
    onward = await weefsel.ok("referrals", "forward", again["referral_id"], "boodschappendienst", *MARIE)
    assert "another service is drafted" in onward
    refused = await weefsel.refused("referrals", "forward", again["referral_id"], "no such service", *MARIE)
    assert "No service is called 'no such service': see `weefsel directory search`." in refused


async def test_what_is_wrong_is_a_sentence(weefsel: Weefsel) -> None:
    await weefsel.ok("referrals", "draft", "jos", "poetshulp", "household", *MARIE)
    wrong: list[tuple[tuple[Any, ...], str]] = [
        (("consent", "jos", "shoe-size"), "fields"),
        (("keep-open", "jos", "someday"), "There is none for which this can be done now"),
        (("answer", "jos", "accept"), "There is none for which this can be done now"),
        (("show", "ivana"), "There is no such referral"),
        (("show", "nobody-at-all"), "Nobody is called"),
    ]
    for typed, words in wrong:
        assert words in await weefsel.refused("referrals", *typed, *MARIE), typed
