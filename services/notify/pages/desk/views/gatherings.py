"""Gatherings as the desk shows them."""

from __future__ import annotations

from uuid import UUID

from services.notify.pages.desk import words
from services.notify.pages.desk.views.parts import Do, Fact, Go, Item, Names, Say, Tag, kept
from shared.contracts.exchange import Gathering


def address(gathering_id: UUID) -> str:
    return f"/desk/gatherings/{gathering_id}"


def line(gathering: Gathering, say: Say) -> Item:
    """A gathering in a list."""
    return Item(
        title=gathering.title, to=address(gathering.gathering_id),
        lines=kept(say.moment(gathering.starts_at), gathering.place), tags=tags(gathering, say),
    )  # fmt: skip


def tags(gathering: Gathering, say: Say) -> tuple[Tag, ...]:
    found = []
    if gathering.stage != "planned":
        found.append(Tag(say(words.GATHERING_STAGE[gathering.stage]), "warm"))
    if gathering.full:
        found.append(Tag(say("Full"), "warm"))
    if gathering.repeats:
        found.append(Tag(say("Comes back")))
    return tuple(found)


def facts(gathering: Gathering, names: Names, say: Say) -> list[Fact]:
    host = names.person(gathering.host_id) if gathering.host_id else names.worker(gathering.worker_id)
    found = [
        Fact(say("When"), say.moment(gathering.starts_at)),
        Fact(say("Until"), say.moment(gathering.ends_at)),
        Fact(say("Where"), gathering.place),
        Fact(say("What"), say.kind(gathering.kind) if gathering.kind else ""),
        Fact(say("Who welcomes people"), host),
        Fact(say("What to bring"), gathering.bring or ""),
        Fact(say("Seats"), str(gathering.seats) if gathering.seats else ""),
    ]
    return [each for each in found if each.text]


def guests(gathering: Gathering, names: Names, say: Say) -> tuple[list[Item], list[Item]]:
    """Who comes, and who was invited and has not said so."""
    coming, others = [], []
    for each in gathering.guests:
        name = names.person(each.participant_id)
        to = f"/desk/people/{each.participant_id}"
        here = {"gathering_id": str(gathering.gathering_id), "participant_id": str(each.participant_id)}
        bringing = say("Brings: {what}", what=each.bringing) if each.bringing else ""
        there = (Tag(say("Was there")),) if each.was_there else ()
        if each.coming:
            rather = Do(say("Does not come"), "answer-gathering-no", {**here, "coming": "false"}, whom=name)
            coming.append(
                Item(name, to, kept(bringing), tags=there, doing=(rather,) if gathering.stage == "planned" else ())
            )
        else:
            comes = Do(say("Comes"), "answer-gathering", {**here, "coming": "true"}, whom=name)
            tag = there or ((Tag(say("Does not come")),) if each.coming is False else ())
            others.append(Item(name, to, tags=tag, doing=(comes,) if gathering.stage == "planned" else ()))
    return (coming, others)


def actions(gathering: Gathering, begun: bool, say: Say) -> tuple[list[Go | Do], list[Go | Do]]:
    """What a worker can do with it: first what comes first, then the rest."""
    at = address(gathering.gathering_id)
    if gathering.stage == "cancelled":
        return ([], [])
    attendance = Go(say("Record who was there"), f"{at}/attendance", main=begun)
    if begun:
        return ([attendance], [])
    return (
        [Go(say("Invite a neighbour"), f"{at}/invite", main=True)],
        [Go(say("Change"), f"{at}/change"), Go(say("It is not going ahead"), f"{at}/cancel")],
    )


def people(gathering: Gathering) -> set[UUID]:
    """Whose names its page shows."""
    found = {each.participant_id for each in gathering.guests}
    return found | ({gathering.host_id} if gathering.host_id else set())
