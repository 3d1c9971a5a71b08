"""Mandates and consents through their handlers, on a real database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.contracts.profiles import (
    ChangeParticipant,
    ConsentEnded,
    ConsentGiven,
    ConsentsKept,
    EndMandate,
    EraseParticipant,
    GiveConsent,
    GiveMandate,
    LeaveNetwork,
    ListConsents,
    ListMandates,
    MandateEnded,
    MandateGiven,
    ShowParticipant,
    WithdrawConsent,
)
from shared.ids import new_id
from tests.handling import ORGANISATION, PLACE, later
from tests.profiles.people import People


def a_consent(participant_id: UUID, **more: Any) -> GiveConsent:
    values: dict[str, Any] = {
        "participant_id": participant_id, "purpose": "newsletter", "fields": ["name", "reach"],
        "organisation_id": ORGANISATION, "how": "spoken", "until": later(30),
    }  # fmt: skip
    return GiveConsent(**(values | more))


async def test_a_mandate_ends_when_it_runs_out(people: People) -> None:
    """Until then the holder acts for the person; from that moment on they don't, and every service knows."""
    maria, jef = await people.register("Maria Mandaat"), await people.register("Jef Mandaat")
    given = await people.get(
        GiveMandate(participant_id=maria, holder_id=jef, on_word_of="participant", until=later(10))
    )
    assert (await people.kept(maria)).mandate_holder_ids == [jef]
    assert len(await people.told(MandateGiven, mandate_id=given.mandate_id)) == 1
    change = ChangeParticipant(participant_id=maria, ceiling=3)
    await people.get(change, actor=f"participant:{jef}")
    people.move(timedelta(days=11))
    assert (await people.refused(change, actor=f"participant:{jef}"))[0] == "no_mandate", "before the timer too"
    await people.fire()
    assert (await people.kept(maria)).mandate_holder_ids == []
    (ended,) = await people.told(MandateEnded, mandate_id=given.mandate_id)
    assert ended.holder_id == jef
    (seen,) = (await people.get(ListMandates(participant_id=jef))).mandates
    assert (seen.ending, seen.on_word_of, seen.recorded_by) == ("run-out", "participant", people.worker)


async def test_a_mandate_is_ended_by_either_or_a_worker(people: People) -> None:
    maria = await people.register("Ends It")
    for actor in ("person", "holder", "worker"):
        holder, another = await people.register(f"Holder {actor}"), await people.register(f"Another {actor}")
        ref = await people.get(GiveMandate(participant_id=maria, holder_id=holder, on_word_of="relative"))
        await people.get(GiveMandate(participant_id=maria, holder_id=another, on_word_of="relative"))
        command = EndMandate(participant_id=maria, mandate_id=ref.mandate_id)
        assert (await people.refused(command, actor=f"participant:{another}"))[0] == "not_allowed"
        who = {"person": f"participant:{maria}", "holder": f"participant:{holder}", "worker": people.worker}[actor]
        await people.get(command, actor=who)
        assert holder not in (await people.kept(maria)).mandate_holder_ids
    assert len({each.ending for each in (await people.get(ListMandates(participant_id=maria))).mandates}) == 2


async def test_nobody_gives_themselves_a_mandate(people: People) -> None:
    """Nor does a holder give one to another, nor erase the person."""
    maria, jef, other = await people.register(), await people.register(), await people.register()
    give = GiveMandate(participant_id=maria, holder_id=jef, on_word_of="participant")
    assert (await people.refused(give, actor=f"participant:{jef}"))[0] == "no_mandate"
    await people.get(give, actor=f"participant:{maria}")
    another = GiveMandate(participant_id=maria, holder_id=other, on_word_of="participant")
    assert (await people.refused(another, actor=f"participant:{jef}"))[0] == "not_allowed"
    assert (await people.refused(EraseParticipant(participant_id=maria), actor=f"participant:{jef}"))[
        0
    ] == "not_allowed"


async def test_a_mandate_is_refused_by_field(people: People) -> None:
    maria, jef = await people.register(), await people.register()
    give = GiveMandate(participant_id=maria, holder_id=jef, on_word_of="participant")

    async def refused(**change: Any) -> tuple[str, str]:
        return await people.refused(give.model_copy(update=change))

    assert await refused(holder_id=maria) == ("same_person", "holder_id")
    assert await refused(holder_id=new_id()) == ("unknown_id", "holder_id")
    assert await refused(until=later(-1)) == ("in_the_past", "until")
    await people.get(give)
    assert await refused() == ("exists", "holder_id")
    assert await people.refused(EndMandate(participant_id=maria, mandate_id=new_id())) == ("unknown_id", "mandate_id")
    await people.get(LeaveNetwork(participant_id=jef))
    assert await refused() == ("left", "holder_id")


async def test_a_consent_is_withdrawn_at_any_time_and_its_history_is_kept(people: People) -> None:
    """Purpose, what, with whom, who recorded it, how, until when; access ends in the same transaction."""
    maria = await people.register("Maria Toestemming")
    ref = await people.get(a_consent(maria))
    kept = await people.state(ConsentsKept, maria)
    assert [each.consent_id for each in kept.running] == [ref.consent_id]
    await people.grant("consented-partner", PLACE)
    shown = await people.get(ShowParticipant(participant_id=maria), sender="consented-partner")
    assert shown.name == "Maria Toestemming"
    withdraw = WithdrawConsent(participant_id=maria, consent_id=ref.consent_id)
    await people.get(withdraw, actor=f"participant:{maria}")
    refused = await people.refused(ShowParticipant(participant_id=maria), sender="consented-partner")
    assert refused == ("no_consent", "participant_id")
    assert (await people.state(ConsentsKept, maria)).running == []
    (told,) = await people.told(ConsentEnded, consent_id=ref.consent_id)
    assert told.ending == "withdrawn"
    mark = await people.mark()
    await people.get(withdraw)
    assert await people.everything_told(mark) == [], "twice is once"
    (held,) = (await people.get(ListConsents(participant_id=maria))).consents
    assert (held.purpose, held.fields, held.organisation_id, held.how, held.recorded_by, held.ending) == (
        "newsletter", ["name", "reach"], ORGANISATION, "spoken", people.worker, "withdrawn",
    )  # fmt: skip
    assert held.ended_at is not None


async def test_a_consent_runs_out(people: People) -> None:
    maria = await people.register("Maria Verlopen")
    ref = await people.get(a_consent(maria, until=later(5)))
    longer = await people.get(a_consent(maria, until=later(50), purpose="other"))
    await people.grant("late-partner", PLACE)
    people.move(timedelta(days=6))
    await people.fire()
    assert [each.consent_id for each in (await people.state(ConsentsKept, maria)).running] == [longer.consent_id]
    assert [each.ending for each in await people.told(ConsentEnded, consent_id=ref.consent_id)] == ["run-out"]
    people.move(timedelta(days=60))
    refused = await people.refused(ShowParticipant(participant_id=maria), sender="late-partner")
    assert refused[0] == "no_consent", "before the timer too"


async def test_a_consent_is_refused_by_field(people: People) -> None:
    maria = await people.register()
    assert await people.refused(a_consent(maria, until=later(-1))) == ("in_the_past", "until")
    assert await people.refused(a_consent(maria, organisation_id="nobody")) == ("unknown_id", "organisation_id")
    unknown = WithdrawConsent(participant_id=maria, consent_id=new_id())
    assert await people.refused(unknown) == ("unknown_id", "consent_id")
    await people.grant("self-serving", PLACE)
    assert (await people.refused(a_consent(maria), sender="self-serving"))[0] == "not_allowed"


async def test_a_consent_of_someone_else_is_not_withdrawn(people: People) -> None:
    maria, jef = await people.register(), await people.register()
    ref = await people.get(a_consent(maria))
    foreign = WithdrawConsent(participant_id=jef, consent_id=ref.consent_id)
    assert await people.refused(foreign) == ("unknown_id", "consent_id")
    assert len(await people.told(ConsentGiven, consent_id=ref.consent_id)) == 1


async def test_consents_and_mandates_are_listed_a_page_at_a_time(people: People) -> None:
    maria = await people.register()
    ids = [(await people.get(a_consent(maria, purpose=f"purpose-{n}"))).consent_id for n in range(3)]
    seen: list[UUID] = []
    after = None
    while len(seen) < 3:
        page = await people.get(ListConsents(participant_id=maria, limit=1, after=after))
        seen += [each.consent_id for each in page.consents]
        after = page.next
    assert (seen, after) == (ids, None)
