"""What may travel where: an event is a fact without content, a state holds no address, a person is marked as one."""

from __future__ import annotations

import ast
import re
from typing import get_args

from shared.contracts import load
from shared.contracts.describe import describe
from shared.contracts.envelope import Command, Contract, Event, Letter, Query, State
from shared.contracts.profiles import ContactKept, ParticipantKept
from shared.contracts.profiles.participants import Way
from tests.architecture.sources import functions, of_service

CONTRACTS = load()
CLASSES = {contract.__name__: contract for contract in CONTRACTS.values()}
SENSITIVE = re.compile(r"signal|referral|limit|half|mediat|escalat|deviat|drift|matching|consent|mandate|circle|visit")
"""What a kind beside an id can already tell of someone's health or home."""
PERSONS = re.compile(r"(^|_)(participant|survivor|double|holder|neighbour|other)_ids?$")


def _of(*kinds: type[Contract]) -> list[type[Contract]]:
    return [contract for contract in CONTRACTS.values() if issubclass(contract, kinds)]


def test_events_are_facts_without_content() -> None:
    """EVENTS and FEED carry ids, times and choices from a list: no names, contacts, notes or words of anyone."""
    found = [
        f"{contract.TYPE}: {field.path}"
        for contract in _of(Event)
        for field in describe(contract).fields
        if ("text" in field.kind or "e-mail" in field.kind or "anything" in field.kind)
        and field.path not in ("neighbourhood_id", "confirmed_by", "month")
    ]
    assert not found, found


def test_the_feed_tells_nothing_of_signals_referrals_limits_half_questions_or_mediation() -> None:
    on_feed = [contract.TYPE for contract in _of(Event) if issubclass(contract, Event) and contract.FEED]
    assert on_feed
    assert not [type_ for type_ in on_feed if type_.startswith("signals.") or SENSITIVE.search(type_)]


def test_an_address_stays_in_profiles() -> None:
    """Elsewhere neighbours' places are an H3 cell of about 170 m."""
    found = [
        f"{contract.TYPE}: {field.path}"
        for contract in _of(Event, State, Letter)
        for field in describe(contract).fields
        if re.search(r"(^|\.)(address|street|lat|lon|latitude|longitude)$", field.path)
    ]
    assert not found, found


def test_notes_travel_in_request_and_reply_alone() -> None:
    found = [
        f"{contract.TYPE}: {field.path}"
        for contract in _of(Event, State, Letter, Command)
        for field in describe(contract).fields
        if re.search(r"(^|\.)notes?$", field.path)
    ]
    assert not found, found


def test_every_field_that_names_a_participant_is_marked_so_that_erasure_finds_it() -> None:
    found = [
        f"{contract.TYPE}: {name}"
        for contract in CONTRACTS.values()
        if not contract.TYPE.endswith("erasure.confirmed.v1")  # must still arrive once the person is forgotten
        for name in contract.model_fields
        if PERSONS.search(name) and name not in contract._PERSON_FIELDS
    ]
    assert not found, found


def test_what_matching_knows_of_someone_holds_no_name_and_no_contact() -> None:
    """Ids, times, numbers, tokens and choices from a list; text stands only in what someone says to enjoy.

    By which way someone prefers to be reached may be told: one word of a list, that holds nothing to reach them with.
    """
    fields = describe(ParticipantKept).fields
    assert len(fields) > len(ParticipantKept.model_fields), "parts are described too"
    personal = [each for each in fields if re.search(r"name|reach|mail|phone|contact|address", each.path)]
    ways = ", ".join(f"`{way}`" for way in get_args(Way))
    assert [(each.path, each.kind) for each in personal] == [("reached_by", f"one of {ways}, or null")]
    assert {each.path for each in fields if re.search("text|e-mail|anything", each.kind)} == {
        "talents[].words", "wishes[].words",
    }  # fmt: skip


def test_names_and_contacts_reach_notify_alone() -> None:
    """Nothing but notify handles the state that holds them; exchange works with ids."""
    handlers = [(path, function) for path in of_service("handlers") for function in functions(path)]
    assert handlers
    found = [path for path, function in handlers if ContactKept.__name__ in _handled(function)]
    assert not [str(path) for path in found if "notify" not in path.parts]


def test_a_letter_to_a_partner_tells_only_how_something_stands() -> None:
    """Details are fetched by the one partner that a consent names; an answer carries what its command asked for."""
    for contract in _of(Letter):
        assert {field.path.split(".")[0].split("[")[0] for field in describe(contract).fields} <= {
            "id", "status", "result", "problems", "referral_id", "consent_id", "service_id", "verb", "at", "removed",
        }  # fmt: skip


def test_no_partner_can_be_granted_what_only_a_worker_or_an_operator_may_see() -> None:
    granted = [contract.TYPE for contract in _of(Command, Query) if getattr(contract, "FOR_PARTNERS", False)]
    assert granted
    assert not [type_ for type_ in granted if re.search(r"^any\.|\.(address|copy|list|erase|merge|dismiss)\.", type_)]


def test_what_a_handler_allows_a_partner_is_what_a_partner_can_be_granted() -> None:
    """A handler that lets anyone act is for partners, as its contract says; one for our own people is not."""
    found = []
    for path in of_service("handlers"):
        for function in functions(path):
            handled = [CLASSES[name] for name in _handled(function) if name in CLASSES]
            words = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
            words |= {node.value for node in ast.walk(function) if isinstance(node, ast.Constant)}
            lets_partners = bool({"ANYONE", "partner", "check_grant"} & words)
            keeps_them_out = bool({"OURS", "IN_PERSON", "STAFF", "WORKER"} & words) and not lets_partners
            for contract in handled:
                granted = getattr(contract, "FOR_PARTNERS", False)
                if (lets_partners and not granted) or (keeps_them_out and granted):
                    found.append(f"{contract.__name__}: partners={granted}")
    assert not found, found


def _handled(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    calls = [each for each in function.decorator_list if isinstance(each, ast.Call)]
    return [each.args[0].id for each in calls if each.args and isinstance(each.args[0], ast.Name)]
