"""Thanks: a word for the two people. It is kept for them, and nothing is made of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.envelope import REGISTRY
from shared.contracts.exchange import (
    CancelAgreement,
    FinishExchange,
    InviteNeighbour,
    SayThanks,
    ShowExchange,
    ThanksSaid,
)
from shared.ids import new_id
from tests.architecture.sources import ROOT
from tests.conftest import MakeStack
from tests.exchange.agreeing import Agreeing, Street, agreeing, me
from tests.handling import later


@pytest.fixture(scope="module")
async def exchange(module_stack: MakeStack) -> AsyncIterator[Agreeing]:
    async with agreeing(module_stack) as made:
        yield made


def thanks(street: Street, participant_id: UUID, words: str = "Merci, de koffie staat klaar.") -> SayThanks:
    return SayThanks(exchange_id=street.exchange_id, participant_id=participant_id, words=words)


async def words_for(street: Street, participant_id: UUID) -> list[str]:
    return [each.words for each in (await street.seen_by(participant_id)).thanks]


async def test_either_side_says_thanks_and_the_other_hears_of_it(exchange: Agreeing) -> None:
    street = await exchange.agreed()
    mark = await exchange.mark()
    await exchange.get(thanks(street, street.opener), **me(street.opener))
    assert await street.steps(mark) == {street.other: ["thanked"]}
    await exchange.get(FinishExchange(exchange_id=street.exchange_id, participant_id=street.opener))
    await exchange.get(thanks(street, street.other, "Graag, en tot de volgende keer."), **me(street.other))
    assert await street.steps(mark) == {street.other: ["thanked"], street.opener: ["thanked"]}
    both = ["Merci, de koffie staat klaar.", "Graag, en tot de volgende keer."]
    assert await words_for(street, street.opener) == both
    assert await words_for(street, street.other) == both


async def test_thanks_are_kept_for_the_two(exchange: Agreeing) -> None:
    """Not for a worker, not for another neighbour who was in it, not in what is told, not on the feed."""
    street = await exchange.agreed(2, people=2, yes=2)
    one, two = street.neighbours
    mark = await exchange.mark()
    await exchange.get(thanks(street, one, "Voor jou alleen"), **me(one))
    assert await street.steps(mark) == {street.opener: ["thanked"]}
    assert await words_for(street, street.opener) == ["Voor jou alleen"]
    assert await words_for(street, one) == ["Voor jou alleen"]
    assert await words_for(street, two) == []
    await exchange.get(thanks(street, street.opener, "Voor jullie"), **me(street.opener))
    assert await words_for(street, two) == ["Voor jullie"]
    assert await words_for(street, one) == ["Voor jou alleen", "Voor jullie"]
    for actor in (exchange.actor, "operator"):
        shown = await exchange.get(ShowExchange(exchange_id=street.exchange_id), actor=actor)
        assert shown.thanks == []
    sent = await exchange.rows("SELECT body, stream FROM messaging.outbox WHERE seq > $1", mark)
    assert not [row for row in sent if "Voor jou alleen" in row["body"]]
    assert "FEED" not in {row["stream"] for row in sent}
    said = await exchange.told(ThanksSaid, mark)
    assert [each.participant_id for each in said] == [one, street.opener]


async def test_a_worker_writes_down_a_word_that_was_said_by_phone(exchange: Agreeing) -> None:
    street = await exchange.agreed()
    command = SayThanks(exchange_id=street.exchange_id, participant_id=street.opener, words="Dank u", how="phone")
    await exchange.get(command)
    (row,) = await exchange.rows(
        "SELECT participant_id, recorded_by FROM thanks WHERE exchange_id = $1", street.exchange_id
    )
    assert (row["participant_id"], row["recorded_by"]) == (street.opener, f"worker:{exchange.worker_id}")


async def test_the_same_words_twice_are_said_once(exchange: Agreeing) -> None:
    street = await exchange.agreed()
    await exchange.get(thanks(street, street.opener), **me(street.opener))
    mark = await exchange.mark()
    await exchange.get(thanks(street, street.opener), **me(street.opener))
    assert await exchange.everything_told(mark) == []
    assert len(await words_for(street, street.opener)) == 1


async def test_there_is_an_end_to_words_of_thanks(exchange: Agreeing) -> None:
    street = await exchange.agreed()
    for number in range(10):
        await exchange.get(thanks(street, street.opener, f"Nog eens bedankt, {number}"), **me(street.opener))
    assert await exchange.refused(thanks(street, street.opener), **me(street.opener)) == ("too_many", "words")
    await exchange.get(thanks(street, street.other), **me(street.other))


async def test_only_who_is_in_it_says_thanks(exchange: Agreeing) -> None:
    proposed, agreed = await exchange.proposed(), await exchange.agreed()
    stranger = await exchange.neighbour(agreed.neighbourhood_id)
    await exchange.rows(
        "UPDATE participant SET mandate_holder_ids = $2 WHERE participant_id = $1", agreed.opener, [agreed.other]
    )
    cases: list[tuple[SayThanks, dict[str, str], tuple[str, str]]] = [
        (thanks(proposed, proposed.opener), me(proposed.opener), ("wrong_stage", "exchange_id")),
        (thanks(proposed, proposed.other), me(proposed.other), ("unknown_id", "exchange_id")),
        (thanks(agreed, stranger), me(stranger), ("unknown_id", "exchange_id")),
        (thanks(agreed, agreed.other), me(stranger), ("unknown_id", "participant_id")),
        (thanks(agreed, agreed.other), me(agreed.opener), ("unknown_id", "participant_id")),
        (thanks(agreed, new_id()), {}, ("unknown_id", "participant_id")),
    ]
    for command, how, expected in cases:
        assert await exchange.refused(command, **how) == expected
    await exchange.grant("huisarts", agreed.neighbourhood_id)
    assert (await exchange.refused(thanks(agreed, agreed.opener), sender="huisarts"))[0] == "not_allowed"
    await exchange.get(thanks(agreed, agreed.opener), **me(agreed.other))


async def test_who_cancelled_reads_no_more_of_it(exchange: Agreeing) -> None:
    street = await exchange.agreed()
    await exchange.get(thanks(street, street.opener), **me(street.opener))
    await exchange.get(CancelAgreement(exchange_id=street.exchange_id, participant_id=street.other))
    assert await words_for(street, street.other) == []
    assert await exchange.refused(thanks(street, street.other), **me(street.other)) == ("unknown_id", "exchange_id")


async def test_what_was_said_to_one_is_not_for_the_next(exchange: Agreeing) -> None:
    """A neighbour can't after all, and another comes: each has words of their own."""
    street = await exchange.agreed()
    await exchange.get(thanks(street, street.opener), **me(street.opener))
    await exchange.get(CancelAgreement(exchange_id=street.exchange_id, participant_id=street.other))
    exchange.move(timedelta(minutes=5))
    fresh = await exchange.neighbour(street.neighbourhood_id, talents=[{"kind": "garden"}])
    await exchange.get(InviteNeighbour(exchange_id=street.exchange_id, participant_id=fresh))
    await street.says(fresh, "yes")
    await street.answers("yes")
    assert await words_for(street, fresh) == []
    await exchange.get(thanks(street, street.opener), **me(street.opener))
    assert len(await words_for(street, fresh)) == 1


async def test_thanks_are_a_sign_of_life(exchange: Agreeing) -> None:
    street = await exchange.agreed()
    await exchange.rows("UPDATE participant SET heard_at = $2 WHERE participant_id = $1", street.opener, later(-300))
    await exchange.get(thanks(street, street.opener), **me(street.opener))
    (row,) = await exchange.rows("SELECT heard_at FROM participant WHERE participant_id = $1", street.opener)
    assert row["heard_at"] > later(-1)


# --- never summed, ranked or listed


def test_no_contract_counts_thanks_or_lists_them() -> None:
    """They stand in the one exchange in which they were said, and in the copy that a person asks for; nowhere else."""
    told = {type_: contract for type_, contract in REGISTRY.items() if "thank" in _names(contract)}
    assert set(told) <= {"exchange.exchange.show.v1.result", "exchange.thanks.said.v1", "exchange.thanks.say.v1"}
    assert set(ThanksSaid.model_fields) == {"neighbourhood_id", "exchange_id", "participant_id"}
    assert not ThanksSaid.FEED


def test_no_statement_counts_thanks() -> None:
    """No table keeps a number of them, and none is made in SQL: they are written, read as they are, and removed."""
    statements = [
        statement
        for path in (ROOT / "services" / "exchange").rglob("*")
        if path.suffix in (".py", ".sql")
        for statement in re.findall(r'"""(.*?)"""|"([^"\n]*)"', path.read_text("utf-8"), re.S)
    ]
    counting = re.compile(r"\b(count|sum|avg|rank|row_number)\s*\(", re.I)
    about = [text for parts in statements for text in parts if re.search(r"\bthanks\b", text)]
    assert about, "they are kept somewhere"
    assert not [text for text in about if counting.search(text)]


def _names(contract: Any) -> str:
    """The names of a contract and its fields, as one text."""
    return " ".join([contract.TYPE, *contract.model_fields]).lower()
