"""The directory: what is brought in is taken at once, kept when it is gone, and shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.signals.repository import directory as repository
from shared.contracts.signals import (
    BeginImport,
    BringRows,
    ExportRows,
    FinishImport,
    ListDirectorySources,
    SearchDirectory,
    ShowImport,
    ShowService,
)
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.signals.directories import Directory, directories, organised

WORKER: dict[str, Any] = {"actor": f"worker:{new_id()}"}


@pytest.fixture(scope="module")
async def handlers(module_stack: MakeStack) -> AsyncIterator[Directory]:
    async with directories(module_stack) as made:
        yield made


@pytest.fixture
async def directory(handlers: Directory) -> Directory:
    """Nothing was brought in yet."""
    await handlers.empty()
    return handlers


async def test_what_is_brought_in_is_shown_with_all_that_is_known_of_it(directory: Directory) -> None:
    rows = organised(
        {"id": "s-1", "name": "Poetshulp aan huis", "description": "Hulp bij het poetsen. Elke week.", "fees": "€ 9",
         "application_process": "Bel ons.", "wait_time": "twee weken", "alert": "Gesloten op vrijdag."},
        location=[{"id": "l-1", "name": "Het Huis", "latitude": "51.05", "longitude": "3.70"}],
        service_at_location=[{"id": "sl-1", "service_id": "s-1", "location_id": "l-1"}],
        address=[{"id": "a-1", "location_id": "l-1", "address_1": "Kerkplein 1", "postal_code": "9000", "city": "Gent",
                  "attention": "Ann Persona", "address_type": "physical"}],
        phone=[
            {"id": "p-1", "organization_id": "o-1", "number": "09 1"},
            {"id": "p-2", "service_id": "s-1", "number": "09 2", "extension": "7"},
        ],
        contact=[{"id": "c-1", "service_id": "s-1", "name": "Ann Persona", "email": "onthaal@huis.example"}],
        language=[
            {"id": "g-1", "service_id": "s-1", "code": "tur"}, {"id": "g-2", "service_id": "s-1", "code": "nl-BE"},
        ],
        schedule=[
            {"id": "h-1", "service_id": "s-1", "freq": "WEEKLY", "byday": "MO,TU,WE", "opens_at": "09:00",
             "closes_at": "12:00"},
        ],
        required_document=[{"id": "d-1", "service_id": "s-1", "document": "Identiteitskaart"}],
        cost_option=[{"id": "f-1", "service_id": "s-1", "option": "Sociaal tarief", "amount": "4", "currency": "eur"}],
    )  # fmt: skip
    await directory.bring("kaart", rows)
    shown = await directory.get(ShowService(service_id="s-1"), **WORKER)
    assert shown.organisation_name == "Het Steunpunt"
    assert shown.summary == "Hulp bij het poetsen."
    assert shown.description == "Gesloten op vrijdag.\n\nHulp bij het poetsen. Elke week."
    assert shown.phones == ["09 2 (7)"], "its own before its organisation's"
    assert shown.addresses == ["Het Huis, Kerkplein 1, 9000 Gent"], "and never whose attention it is for"
    assert (shown.email, shown.languages, shown.opening_hours) == (
        "onthaal@huis.example",
        ["nl", "tr"],
        ["ma–wo 9:00–12:00"],
    )
    assert shown.how_to_apply == "Bel ons.\n\nWachttijd: twee weken\n\nMee te brengen: Identiteitskaart"
    assert shown.fees == "€ 9\n\nSociaal tarief 4 eur"


async def test_the_same_again_changes_nothing(directory: Directory) -> None:
    rows = organised({"id": "s-1", "name": "Poetshulp"}, {"id": "s-2", "name": "Taalles"})
    first = await directory.bring("kaart", rows)
    again = await directory.bring("kaart", rows)
    assert (first.rows.new, first.services.new) == (3, 2)
    assert (again.rows.new, again.rows.changed, again.rows.gone, again.rows.same) == (0, 0, 0, 3)
    assert (again.services.new, again.services.changed, again.services.gone, again.services.same) == (0, 0, 0, 2)


async def test_an_update_changes_what_changed_and_retires_what_is_gone_without_losing_it(directory: Directory) -> None:
    await directory.bring("kaart", organised({"id": "s-1", "name": "Poetshulp"}, {"id": "s-2", "name": "Taalles"}))
    done = await directory.bring("kaart", organised({"id": "s-1", "name": "Poetshulp en strijk"}))
    assert (done.services.changed, done.services.gone) == (1, 1)
    assert await directory.names() == ["Poetshulp en strijk"]
    assert await directory.names(words="taalles") == []
    assert (await directory.get(ShowService(service_id="s-2"))).retired, "a referral that names it still finds it"
    back = await directory.bring(
        "kaart", organised({"id": "s-1", "name": "Poetshulp"}, {"id": "s-2", "name": "Taalles"})
    )
    assert (back.services.changed, await directory.names()) == (2, ["Poetshulp", "Taalles"])


async def test_what_is_inactive_is_kept_and_not_found_what_is_closed_for_now_has_no_room(directory: Directory) -> None:
    rows = organised(
        {"id": "s-1", "name": "Gestopt", "status": "defunct"},
        {"id": "s-2", "name": "Verbouwt", "status": "temporarily closed"},
    )  # fmt: skip
    await directory.bring("kaart", rows)
    assert await directory.names() == ["Verbouwt"]
    assert await directory.names(has_capacity=True) == []
    assert (await directory.get(ShowService(service_id="s-1"))).retired


async def test_a_source_retires_among_its_own_and_takes_no_id_of_another(directory: Directory) -> None:
    await directory.bring("eerste", organised({"id": "s-1", "name": "Van de eerste"}))
    done = await directory.bring(
        "tweede", organised({"id": "s-1", "name": "Zelfde id"}, {"id": "s-2", "name": "Van de tweede"})
    )
    assert done.refused == ["service s-1: the id belongs to a service of eerste: give it another id"]
    await directory.bring("tweede", organised({"id": "s-3", "name": "Nieuw"}))
    assert await directory.names() == ["Nieuw", "Van de eerste"]
    found = (await directory.get(ListDirectorySources())).sources
    assert [(each.source, each.services, each.retired) for each in found] == [("eerste", 1, 0), ("tweede", 1, 1)]


async def test_a_row_that_could_not_be_read_stays_as_it_was(directory: Directory) -> None:
    await directory.bring("kaart", organised({"id": "s-1", "name": "Poetshulp"}, {"id": "s-2", "name": "Taalles"}))
    done = await directory.bring("kaart", organised({"id": "s-2", "name": "Taalles"}), kept={"service": ["s-1"]})
    assert (done.rows.gone, await directory.names()) == (0, ["Poetshulp", "Taalles"])


async def test_where_a_row_could_not_even_be_told_nothing_counts_as_gone(directory: Directory) -> None:
    await directory.bring("kaart", organised({"id": "s-1", "name": "Poetshulp"}, {"id": "s-2", "name": "Taalles"}))
    done = await directory.bring("kaart", organised({"id": "s-2", "name": "Taalles"}), unsure=["service"])
    assert (done.rows.gone, await directory.names()) == (0, ["Poetshulp", "Taalles"])


async def test_nothing_changes_before_an_import_is_finished_and_one_begun_again_starts_afresh(
    directory: Directory,
) -> None:
    left = await directory.get(BeginImport(source="kaart", title="Kaart"))
    rows = organised({"id": "s-1", "name": "Half"})["service"]
    bring = BringRows(import_id=left.import_id, resource="service", first=1, rows=rows)
    await directory.get(bring)
    assert await directory.names() == []
    assert (await directory.get(ShowImport(import_id=left.import_id))).state == "bringing"
    await directory.bring("kaart", organised({"id": "s-2", "name": "Heel"}))
    assert await directory.names() == ["Heel"]
    assert await directory.refused(bring) == ("unknown_id", "import_id")
    assert await directory.refused(FinishImport(import_id=left.import_id, rows={"service": 1})) == (
        "unknown_id",
        "import_id",
    )
    assert await directory.refused(ShowImport(import_id=left.import_id)) == ("unknown_id", "import_id")
    assert not await directory.rows("SELECT FROM directory_staged")


async def test_rows_that_got_lost_on_the_way_are_noticed(directory: Directory) -> None:
    """An unlogged table is empty after a crash: what it held would be retired as if its source had it no more."""
    await directory.bring("kaart", organised({"id": "s-1", "name": "Poetshulp"}))
    begun = await directory.get(BeginImport(source="kaart", title="Kaart"))
    assert await directory.refused(FinishImport(import_id=begun.import_id, rows={"service": 1})) == (
        "incomplete",
        "rows",
    )
    assert await directory.names() == ["Poetshulp"]


async def test_a_command_sent_twice_brings_its_rows_once(directory: Directory) -> None:
    begun = await directory.get(BeginImport(source="kaart", title="Kaart"))
    rows = organised({"id": "s-1", "name": "Poetshulp"})
    for _ in range(2):
        for resource in ("organization", "service"):
            await directory.get(BringRows(import_id=begun.import_id, resource=resource, first=1, rows=rows[resource]))
    finish, id_ = FinishImport(import_id=begun.import_id, rows={"organization": 1, "service": 1}), new_id()
    first = await directory.get(finish, message_id=id_)
    assert await directory.get(finish, message_id=id_) == first, "the answer is kept"
    assert (await directory.get(ShowImport(import_id=begun.import_id))).state == "finished"


async def test_only_operators_bring_in_and_export_only_staff_looks(directory: Directory) -> None:
    await directory.bring("kaart", organised({"id": "s-1", "name": "Poetshulp"}))
    for message in (BeginImport(source="kaart", title="Kaart"), ExportRows(source="kaart", resource="service")):
        assert await directory.refused(message, **WORKER) == ("not_allowed", "ce-actor")
    me = {"actor": f"participant:{new_id()}"}
    for query in (SearchDirectory(), ShowService(service_id="s-1"), ListDirectorySources()):
        await directory.get(query, **WORKER)
        assert await directory.refused(query, **me) == ("not_allowed", "ce-actor")
        assert await directory.refused(query, sender="partner") == ("not_allowed", "ce-actor")


async def test_an_identifier_of_the_organisation_says_which_partner_answers(directory: Directory) -> None:
    rows = organised(
        {"id": "s-1", "name": "Samen op stap"},
        organization_identifier=[
            {"id": "i-1", "organization_id": "o-1", "identifier_scheme": "BE-KBO", "identifier": "0123"},
            {"id": "i-2", "organization_id": "o-1", "identifier_scheme": "Weefsel", "identifier": "ldc-de-horizon"},
        ],
    )
    await directory.bring("kaart", rows)
    assert not (await directory.get(ShowService(service_id="s-1"))).by_partner
    await directory.partner("ldc-de-horizon")
    assert (await directory.get(ShowService(service_id="s-1"))).by_partner
    async with directory.transaction() as tx:
        service = await repository.service(tx, "s-1")
    assert service is not None
    assert service.partner_organisation == "ldc-de-horizon"


async def test_kinds_and_stepping_stones_come_from_terms_by_id_label_or_the_wider_term(directory: Directory) -> None:
    rows = organised(
        *({"id": f"s-{n}", "name": f"Dienst {n}"} for n in range(1, 6)),
        taxonomy=[{"id": "x-1", "name": "weefsel-capacity"}],
        taxonomy_term=[
            {"id": "t-1", "name": "iets", "code": "household"}, {"id": "t-2", "name": "Solitude"},
            {"id": "t-3", "name": "Koor", "parent_id": "t-4"}, {"id": "t-4", "name": "Vrije tijd", "parent_id": "t-5"},
            {"id": "t-5", "name": "take-part"}, {"id": "t-6", "name": "no", "taxonomy_id": "x-1"},
            {"id": "t-7", "name": "rond", "parent_id": "t-8"}, {"id": "t-8", "name": "rond", "parent_id": "t-7"},
        ],
        attribute=[
            {"id": f"k-{n}", "link_id": f"s-{service}", "link_entity": "service", "taxonomy_term_id": f"t-{term}"}
            for n, (service, term) in enumerate(((1, 1), (2, 2), (3, 3), (4, 6), (5, 7), (5, 99)))
        ],
        service_capacity=[{"id": "q-1", "service_id": "s-1", "available": "3"}],
    )  # fmt: skip
    await directory.bring("kaart", rows)
    page = await directory.get(SearchDirectory())
    assert [(each.kinds, each.stepping_stone, each.capacity) for each in page.services] == [
        (["household"], False, "yes"), (["loneliness"], False, "unknown"), (["take-part"], True, "unknown"),
        ([], False, "no"), ([], False, "unknown"),
    ]  # fmt: skip
    assert await directory.names(stepping_stone=True) == ["Dienst 3"]
    assert await directory.names(kind="household") == ["Dienst 1"]
    assert await directory.names(words="koor") == ["Dienst 3"], "what it is about is found as its name is"


async def test_what_is_exported_are_the_rows_as_they_came(directory: Directory) -> None:
    rows = organised(*({"id": f"s-{n:03}", "name": f"Dienst {n}", "description": "x" * 900} for n in range(60)))
    await directory.bring("kaart", rows)
    found, after = [], None
    while True:
        page = await directory.get(ExportRows(source="kaart", resource="service", after=after))
        found += page.rows
        if (after := page.next) is None:
            break
    assert found == rows["service"]
    assert await directory.refused(ExportRows(source="geen", resource="service")) == ("unknown_id", "source")
