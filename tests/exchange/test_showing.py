"""Who sees what of an exchange: by side, by stage, and by who asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.exchange import (
    CancelAgreement,
    Deviate,
    ListExchanges,
    OpenExchange,
    SayHowItWas,
    ShowExchange,
    ShowInvitation,
)
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.exchange.agreeing import Agreeing, Street, agreeing, me


@pytest.fixture(scope="module")
async def exchange(module_stack: MakeStack) -> AsyncIterator[Agreeing]:
    async with agreeing(module_stack) as made:
        yield made


async def shown(exchange: Agreeing, street: Street, **how: Any) -> Any:
    return await exchange.get(ShowExchange(exchange_id=street.exchange_id), **how)


def seen_people(found: Any) -> dict[UUID, bool]:
    return {each.participant_id: each.agreed for each in found.others}


UNKNOWN = ("unknown_id", "exchange_id")


async def test_nobody_learns_who_the_other_is_before_both_agreed(exchange: Agreeing) -> None:
    """The id of the one who opened it, for a neighbour: after the agreement. Of a neighbour: once enough said yes."""
    street = await exchange.street(2, people=2)
    asked = await street.seen_by(street.other)
    assert (asked.participant_id, asked.others, asked.words) == (None, [], "De haag is hoog.")
    await street.says(street.other, "yes")
    assert seen_people(await street.seen_by(street.opener)) == {}
    assert seen_people(await street.seen_by(street.other)) == {street.other: False}
    await street.says(street.neighbours[1], "yes")
    assert seen_people(await street.seen_by(street.opener)) == dict.fromkeys(street.neighbours, False)
    assert (await street.seen_by(street.other)).participant_id is None
    await street.answers("yes")
    assert seen_people(await street.seen_by(street.opener)) == dict.fromkeys(street.neighbours, True)
    found = await street.seen_by(street.other)
    assert (found.participant_id, seen_people(found)) == (street.opener, {street.other: True})


async def test_a_proposal_names_the_pleasure_of_the_other_side(exchange: Agreeing) -> None:
    """To the neighbour when they are asked, and to who opened it when they said yes; of an offer, the wish."""
    for opening, words in (("ask", "snoeien met muziek"), ("offer", "leren snoeien")):
        street = await exchange.street(opening=opening)
        part = "wishes" if opening == "ask" else "talents"
        likes = {part: [{"kind": "garden", "words": "samen in het groen"}], "version": 2}
        await exchange.tell(street.kept(street.opener, **likes))
        query = ShowInvitation(invitation_id=await street.invitation(street.other))
        assert (await exchange.get(query, **me(street.other))).pleasure.words == "samen in het groen"
        await street.says(street.other, "yes")
        assert (await street.seen_by(street.opener)).others[0].pleasure.words == words


async def test_what_is_not_yours_does_not_exist(exchange: Agreeing) -> None:
    """The same words for a stranger, for who declined, and for an id that is none."""
    street = await exchange.street(2)
    stranger, query = await exchange.neighbour(street.neighbourhood_id), ShowExchange(exchange_id=street.exchange_id)
    await street.says(street.other, "no")
    none = await exchange.problems(ShowExchange(exchange_id=new_id()), **me(stranger))
    for who in (stranger, street.other, new_id()):
        assert await exchange.refused(query, **me(who)) == UNKNOWN
        assert await exchange.problems(query, **me(who)) == none
    assert (await street.seen_by(street.neighbours[1])).stage == "inviting"


async def test_who_is_held_for_the_worker_knows_of_nothing(exchange: Agreeing) -> None:
    street = await exchange.street(0)
    stranger = await exchange.neighbour(street.neighbourhood_id, talents=[{"kind": "garden"}])
    await exchange.rows(
        """
        INSERT INTO invitation (invitation_id, exchange_id, participant_id, own, stage, again, acquainted, reasons,
            made_at)
        VALUES ($1, $2, $3, false, 'held', false, false, '{}', now())
        """,
        new_id(), street.exchange_id, stranger,
    )  # fmt: skip
    assert await exchange.refused(ShowExchange(exchange_id=street.exchange_id), **me(stranger)) == UNKNOWN


async def test_who_holds_a_mandate_sees_what_the_person_sees(exchange: Agreeing) -> None:
    """But not what they said of how it was: the one who answers for them may stand on the other side."""
    street = await exchange.agreed()
    holder = await exchange.neighbour(street.neighbourhood_id)
    said = SayHowItWas(exchange_id=street.exchange_id, participant_id=street.opener, answer="not-good")
    await exchange.get(said, **me(street.opener))
    assert await exchange.refused(ShowExchange(exchange_id=street.exchange_id), **me(holder)) == UNKNOWN
    await exchange.rows(
        "UPDATE participant SET mandate_holder_ids = $2 WHERE participant_id = $1",
        street.opener, [holder, street.other],
    )  # fmt: skip
    for who in (holder, street.other):
        found = await street.seen_by(who)
        assert (found.participant_id, found.how_it_was) == (street.opener, None)
        assert seen_people(found) == {street.other: True}
    assert (await street.seen_by(street.opener)).how_it_was == "not-good"


async def test_a_worker_sees_all_but_what_is_for_the_two(exchange: Agreeing) -> None:
    street = await exchange.street(2, people=2)
    await street.says(street.other, "yes")
    for actor in (exchange.actor, "operator"):
        found = await shown(exchange, street, actor=actor)
        assert (found.participant_id, seen_people(found)) == (street.opener, {street.other: False})
        assert (found.how_it_was, found.thanks) == (None, [])


async def test_why_the_worker_has_it_is_for_the_worker_alone(exchange: Agreeing) -> None:
    street = await exchange.street(often="weekly")
    mine = await street.seen_by(street.opener)
    assert (mine.stage, mine.why, mine.deviations) == ("handed-over", None, [])
    found = await shown(exchange, street)
    assert (found.stage, found.why) == ("handed-over", "structural")
    await exchange.get(Deviate(exchange_id=street.exchange_id, reason="Tot de thuishulp begint."))
    assert [each.reason for each in (await shown(exchange, street)).deviations] == ["Tot de thuishulp begint."]
    assert (await street.seen_by(street.opener)).deviations == []
    assert (await street.seen_by(street.other)).deviations == []


async def test_partners_see_no_exchange(exchange: Agreeing) -> None:
    street = await exchange.street()
    await exchange.grant("huisarts", street.neighbourhood_id)
    for query in (
        ShowExchange(exchange_id=street.exchange_id),
        ListExchanges(neighbourhood_id=street.neighbourhood_id),
    ):
        assert (await exchange.refused(query, sender="huisarts"))[0] == "not_allowed"


async def test_what_the_system_proposed_is_the_workers_until_it_is_sent_on(exchange: Agreeing) -> None:
    street = await exchange.street(0)
    await exchange.rows(
        "UPDATE exchange SET by_system = true, stage = 'draft', opened_at = NULL WHERE exchange_id = $1",
        street.exchange_id,
    )
    query = ShowExchange(exchange_id=street.exchange_id)
    mine = ListExchanges(participant_id=street.opener)
    assert await exchange.refused(query, **me(street.opener)) == UNKNOWN
    assert (await exchange.get(mine, **me(street.opener))).exchanges == []
    assert [each.by_system for each in (await exchange.get(mine)).exchanges] == [True]
    await exchange.rows(
        """
        INSERT INTO invitation (invitation_id, exchange_id, participant_id, own, stage, again, acquainted, reasons,
            made_at, asked_at)
        VALUES ($1, $2, $3, true, 'asked', false, false, '{}', now(), now())
        """,
        new_id(), street.exchange_id, street.opener,
    )  # fmt: skip
    assert (await street.seen_by(street.opener)).by_system
    assert len((await exchange.get(mine, **me(street.opener))).exchanges) == 1


async def test_who_is_no_longer_in_the_agreement_keeps_knowing_what_it_was(exchange: Agreeing) -> None:
    """They know each other; of who comes next they see nothing."""
    street = await exchange.agreed(2)
    await exchange.get(CancelAgreement(exchange_id=street.exchange_id, participant_id=street.other))
    found = await street.seen_by(street.other)
    assert (found.participant_id, found.others) == (street.opener, [])
    assert seen_people(await street.seen_by(street.opener)) == {}


# --- lists


async def test_everyone_lists_what_they_opened_or_agreed_to_and_not_what_they_were_asked(exchange: Agreeing) -> None:
    street = await exchange.proposed(2, people=2, yes=2)
    mine = ListExchanges(participant_id=street.other)
    assert (await exchange.get(mine, **me(street.other))).exchanges == []
    await street.answers("yes")
    for who in (street.opener, *street.neighbours):
        (line,) = (await exchange.get(ListExchanges(participant_id=who), **me(who))).exchanges
        assert (line.exchange_id, line.participant_id, line.stage) == (street.exchange_id, street.opener, "agreed")
    assert await exchange.refused(mine, **me(street.opener)) == ("unknown_id", "participant_id")
    assert await exchange.refused(ListExchanges(), **me(street.opener)) == ("missing", "participant_id")


async def test_a_worker_lists_a_neighbourhood_the_latest_first(exchange: Agreeing) -> None:
    street = await exchange.street(0)
    for number in range(4):
        await exchange.get(
            OpenExchange(opening="offer", participant_id=street.opener, kind="game", words=f"Rummikub {number}"),
            **me(street.opener),
        )
    found: list[Any] = []
    after = None
    while True:
        page = await exchange.get(ListExchanges(neighbourhood_id=street.neighbourhood_id, after=after, limit=2))
        found += page.exchanges
        after = page.next
        if after is None:
            break
    ids = [each.exchange_id for each in found]
    assert len(ids) == 5
    assert ids == sorted(set(ids), reverse=True)
    page = await exchange.get(ListExchanges(neighbourhood_id=street.neighbourhood_id, stages=["done"]))
    assert page.exchanges == []
    line = (await exchange.get(ListExchanges(participant_id=street.opener, limit=1), **me(street.opener))).exchanges[0]
    assert line.why is None
    assert (await exchange.get(ListExchanges(neighbourhood_id="nergens"))).exchanges == []


async def test_exchanges_are_listed_by_several_stages_at_once_also_ones_own(exchange: Agreeing) -> None:
    street = await exchange.street(1)
    who, place = street.opener, street.neighbourhood_id
    for opening in ("ask", "offer"):
        await exchange.get(OpenExchange(opening=opening, participant_id=who, kind="coffee", half=True), **me(who))
    for query, how in (
        (ListExchanges(neighbourhood_id=place, stages=["draft", "inviting"]), {}),
        (ListExchanges(participant_id=who, stages=["draft", "inviting"]), me(who)),
    ):
        found = await exchange.get(query, **how)
        assert sorted(each.stage for each in found.exchanges) == ["draft", "draft", "inviting"]
        drafts = await exchange.get(query.model_copy(update={"stages": ["draft"]}), **how)
        assert [each.stage for each in drafts.exchanges] == ["draft", "draft"]
