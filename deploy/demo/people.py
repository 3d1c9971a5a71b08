"""Who is in the demo neighbourhood: places, workers, people, and how they stand to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import h3

from shared.contracts.envelope import Command
from shared.contracts.profiles import (
    AgreeToCircle,
    AskIntoCircle,
    GiveMandate,
    ListMandates,
    ListVisits,
    ListWorkers,
    NameBackup,
    NameCoordinator,
    RecordVisit,
    RegisterNeighbourhood,
    RegisterOrganisation,
    RegisterParticipant,
    RegisterWorker,
    ShowCircle,
)
from shared.contracts.types import CELL_RESOLUTION
from shared.ids import id_from
from shared.messaging.client import Client

BUURTPUNT, HORIZON = "buurtpunt-gent", "ldc-de-horizon"
BRUGSE_POORT, RABOT = "brugse-poort", "rabot"
_MIDDLES = {BRUGSE_POORT: (51.0583, 3.7010), RABOT: (51.0640, 3.7150)}


@dataclass(frozen=True)
class Worker:
    """A worker of the demo; the first part of the address is how the others name them."""

    key: str
    name: str
    places: tuple[str, ...]
    hours: tuple[tuple[str, str, str], ...]
    backup: str = ""
    language: str = "nl"


@dataclass(frozen=True)
class Person:
    """A participant of the demo. How old they are is in nobody's record."""

    key: str
    name: str
    place: str
    talents: tuple[str, ...]
    wishes: tuple[str, ...]
    languages: tuple[str, ...] = ("nl",)
    by: str = "email"
    free: tuple[str, ...] = ()
    ceiling: int | None = None
    visited_by: str = ""
    circle: tuple[str, ...] = field(default=())


_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday")
WORKERS = (
    Worker("lieve", "Lieve Goossens", (), ()),
    Worker("marie", "Marie Claes", (BRUGSE_POORT,), tuple((day, "09:00", "17:00") for day in _WEEK[:4]), "karim"),
    Worker("karim", "Karim Haddad", (RABOT,), tuple((day, "08:30", "16:30") for day in _WEEK), "marie", "fr"),
)
COORDINATOR = "lieve"

PEOPLE = (
    Person("jos", "Jos De Smet", BRUGSE_POORT, ("garden", "odd-job", "stories"), ("coffee", "game: manillen"),
           by="phone", free=("monday morning", "wednesday afternoon"), visited_by="marie"),
    Person("martine", "Martine Van den Berghe", BRUGSE_POORT, ("coffee: met zelfgebakken appeltaart", "company"),
           ("garden: de haag is te hoog geworden",), by="letter", free=("tuesday afternoon",), ceiling=2,
           visited_by="marie", circle=("jos",)),
    Person("fatma", "Fatma Yılmaz", BRUGSE_POORT, ("meal: Turks koken", "crafts"), ("language: Nederlands oefenen",),
           ("tr", "nl"), visited_by="marie", circle=("martine",)),
    Person("lucas", "Lucas Maes", BRUGSE_POORT, ("phone-or-form", "game: schaken"), ("meal",),
           free=("saturday afternoon",), visited_by="marie"),
    Person("godelieve", "Godelieve Pauwels", BRUGSE_POORT, ("reading", "stories", "homework"), ("walk",), by="phone",
           visited_by="marie"),
    Person("yusuf", "Yusuf Demir", BRUGSE_POORT, ("lift", "odd-job"), ("music: samen saz spelen",), ("nl", "tr"),
           visited_by="marie"),
    Person("annelies", "Annelies De Clercq", BRUGSE_POORT, ("children", "pet"), ("company",), visited_by="marie"),
    Person("roger", "Roger Vermeulen", BRUGSE_POORT, ("music: accordeon", "lookout"), ("together: naar de markt",),
           by="letter", ceiling=1, visited_by="marie"),
    Person("ivana", "Ivana Petrova", BRUGSE_POORT, ("language: Bulgaars", "meal"), ("phone-or-form: brieven",),
           ("bg", "en"), visited_by="marie"),
    Person("tom", "Tom Willems", BRUGSE_POORT, ("walk: met de hond", "errand"), ("garden",), visited_by="marie"),
    Person("simonne", "Simonne De Wilde", BRUGSE_POORT, ("crafts: breien", "coffee"), ("together: naar het kerkhof",),
           by="organisation"),
    Person("amina", "Amina El Amrani", BRUGSE_POORT, ("homework", "language: Arabisch"), ("crafts: naaien",),
           ("nl", "ar", "fr")),
    Person("bart", "Bart Lambrecht", BRUGSE_POORT, ("odd-job: fietsen herstellen",), ("game", "company")),
    Person("elif", "Elif Kaya", BRUGSE_POORT, ("children",), ("reading",), ("nl", "tr")),
    Person("willy", "Willy Baert", RABOT, ("game: petanque", "lift"), ("meal",), by="phone", visited_by="karim"),
    Person("jeanne", "Jeanne Dubois", RABOT, ("stories", "lookout"), ("company", "reading"), ("fr", "nl"), by="letter",
           visited_by="karim", circle=("willy",)),
    Person("nadia", "Nadia Benali", RABOT, ("meal: couscous op vrijdag", "together"), ("walk",), ("fr", "ar"),
           visited_by="karim"),
    Person("pieter", "Pieter De Backer", RABOT, ("phone-or-form", "music: gitaar"), ("garden: een moestuin",),
           visited_by="karim"),
    Person("kofi", "Kofi Mensah", RABOT, ("garden", "odd-job"), ("language: Nederlands",), ("en", "nl"),
           visited_by="karim"),
    Person("rita", "Rita Verstraete", RABOT, ("pet: katten", "errand"), ("coffee",), by="phone", visited_by="karim"),
    Person("sofie", "Sofie Janssens", RABOT, ("children", "crafts"), ("together: naar de bibliotheek",),
           free=("wednesday afternoon",), visited_by="karim"),
    Person("albert", "Albert Roels", RABOT, ("odd-job", "stories: van het textiel"), ("game: schaken",), by="letter"),
    Person("maryam", "Maryam Hosseini", RABOT, ("reading", "company"), ("language: Nederlands", "walk"), ("fa", "nl")),
    Person("daan", "Daan Peeters", RABOT, ("walk", "phone-or-form"), ("stories",), ceiling=3),
)  # fmt: skip
MANDATES = (("simonne", "annelies"), ("roger", "tom"))
"""For whom, and who may answer."""


async def bring_in(client: Client) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """Places, people and their workers; returns the ids of people and of workers, by key."""
    await _places(client)
    workers = await _workers(client)
    people = {person.key: await _person(client, person) for person in PEOPLE}
    for person in PEOPLE:
        await _around(client, person, people, workers)
    for who, holder in MANDATES:
        await _mandate(client, people[who], people[holder])
    return people, workers


async def _places(client: Client) -> None:
    organisations = {
        BUURTPUNT: ("Buurtpunt Gent", "association", "onthaal@buurtpunt.example"),
        HORIZON: ("Lokaal dienstencentrum De Horizon", "local-service-centre", "onthaal@dehorizon.example"),
    }
    for id_, (name, kind, email) in organisations.items():
        values = {"organisation_id": id_, "names": {"nl": name}, "kind": kind, "email": email}
        await _tell(client, RegisterOrganisation.model_validate(values), "organisation", id_)
    names = {BRUGSE_POORT: {"nl": "Brugse Poort", "fr": "Porte de Bruges"}, RABOT: {"nl": "Rabot"}}
    for place, local in names.items():
        command = RegisterNeighbourhood(
            neighbourhood_id=place, names=local, organisation_id=BUURTPUNT, cells=_area(place)
        )
        await _tell(client, command, "neighbourhood", place)


async def _workers(client: Client) -> dict[str, UUID]:
    """Their ids by key. Who is there already, by address, stays as they are."""
    known = {each.email: each.worker_id for each in (await client.get(ListWorkers(limit=100))).workers}
    ids = {worker.key: known[_address(worker.key)] for worker in WORKERS if _address(worker.key) in known}
    new = [worker for worker in WORKERS if worker.key not in ids]
    for worker in new:
        values = {
            "name": worker.name, "email": _address(worker.key), "language": worker.language,
            "organisation_id": BUURTPUNT, "neighbourhood_ids": worker.places,
            "hours": [{"weekday": day, "begins": begins, "ends": ends} for day, begins, ends in worker.hours],
        }  # fmt: skip
        ids[worker.key] = (await _tell(client, RegisterWorker.model_validate(values), "worker", worker.key)).worker_id
    for worker in new:
        if worker.backup:
            command = NameBackup(worker_id=ids[worker.key], backup_id=ids[worker.backup])
            await _tell(client, command, "backup", worker.key, worker.backup)
        if worker.key == COORDINATOR:
            await _tell(
                client, NameCoordinator(organisation_id=BUURTPUNT, coordinator_id=ids[worker.key]), "coordinator"
            )
    return ids


async def _person(client: Client, person: Person) -> UUID:
    reach = {
        "email": {"by": "email", "email": f"{person.key}@buren.example"},
        "phone": {"by": "phone", "phone": f"+32 470 {_number(person):02} 00 00"},
        "letter": {"by": "letter"},
        "organisation": {"by": "organisation", "organisation_id": HORIZON},
    }
    weekday_and_part = [each.split() for each in person.free]
    values = {
        "name": person.name, "neighbourhood_id": person.place, "on_word_of": "participant",
        "reference": f"demo-{person.key}", "languages": person.languages, "reach": reach[person.by],
        "home": {"cell": _area(person.place)[_number(person) % 7]},
        "address": f"Voorbeeldstraat {_number(person)}, 9000 Gent" if person.by == "letter" else None,
        "talents": _enjoyments(person.talents), "wishes": _enjoyments(person.wishes), "ceiling": person.ceiling,
        "availability": [{"weekday": weekday, "part": part} for weekday, part in weekday_and_part],
    }  # fmt: skip
    answer = await _tell(client, RegisterParticipant.model_validate(values), "participant", person.key)
    id_: UUID = answer.participant_id
    return id_


async def _around(client: Client, person: Person, people: dict[str, UUID], workers: dict[str, UUID]) -> None:
    """Their first visit, and their circle."""
    id_ = people[person.key]
    if person.visited_by and not (await client.get(ListVisits(participant_id=id_, limit=1))).visits:
        visit = RecordVisit(participant_id=id_, worker_id=workers[person.visited_by])
        await client.get(visit)
    agreed = {each.participant_id for each in (await client.get(ShowCircle(participant_id=id_))).members}
    for key in person.circle:
        if people[key] not in agreed:
            await client.get(AskIntoCircle(participant_id=id_, other_id=people[key]))
            await client.get(AgreeToCircle(participant_id=people[key], other_id=id_))


async def _mandate(client: Client, participant_id: UUID, holder_id: UUID) -> None:
    found = (await client.get(ListMandates(participant_id=participant_id))).mandates
    if not any(each.holder_id == holder_id for each in found):
        await client.get(GiveMandate(participant_id=participant_id, holder_id=holder_id, on_word_of="participant"))


async def _tell(client: Client, command: Command, *what: str) -> Any:
    """Always under the same id: told twice, it gets the answer of the first time."""
    return await client.get(command, id=id_from("demo", *what))


def _enjoyments(texts: Sequence[str]) -> list[dict[str, str]]:
    """`meal: Turks koken` is a kind with words."""
    parts = [text.partition(": ") for text in texts]
    return [{"kind": kind, **({"words": words} if words else {})} for kind, _, words in parts]


def _area(place: str) -> list[str]:
    """The seven cells around the middle of a neighbourhood."""
    return sorted(h3.grid_disk(h3.latlng_to_cell(*_MIDDLES[place], CELL_RESOLUTION), 1))


def _address(key: str) -> str:
    return f"{key}@buurtpunt.example"


def _number(person: Person) -> int:
    return PEOPLE.index(person) + 1
