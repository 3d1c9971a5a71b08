"""There is one kind of participant, and what two people have between them reads the same from both sides."""

from __future__ import annotations

import re

from shared.contracts import load
from shared.contracts.describe import describe
from shared.contracts.envelope import Contract
from shared.contracts.schemas import schema_of
from tests.architecture.sources import ROOT

CONTRACTS = load()


def _properties(type_: str) -> dict[str, object]:
    properties: dict[str, object] = schema_of(CONTRACTS[type_])["properties"]
    return properties


def _of_participants() -> list[type[Contract]]:
    return [contract for type_, contract in CONTRACTS.items() if type_.startswith("profiles.participant.")]


def test_there_is_one_kind_of_participant() -> None:
    """No contract sorts people: a kind belongs to a talent or a wish, a status says only whether they take part now."""
    found = [
        f"{contract.TYPE}: {field.path}"
        for contract in _of_participants()
        for part in (describe(contract).fields, describe(contract).result)
        for field in part
        if re.search(r"(^|_|\.)(kind|role|type|group|category|class|segment)$", field.path)
        and not re.match(r"(talents|wishes)\[\]\.kind$", field.path)
    ]
    assert not found, found


def test_talents_and_wishes_have_the_same_shape() -> None:
    """Everyone is invited to name both, and neither is required."""
    for type_ in ("profiles.participant.register.v1", "profiles.participant.change.v1", "profiles.participant.kept.v1"):
        fields = _properties(type_)
        assert fields["talents"] == fields["wishes"]
        assert not {"talents", "wishes"} & set(schema_of(CONTRACTS[type_]).get("required", []))


def test_a_visit_says_who_and_when_never_what() -> None:
    visits = [type_ for type_ in CONTRACTS if type_.startswith("profiles.visit.")]
    assert visits
    for type_ in visits:
        described = describe(CONTRACTS[type_])
        for field in [*described.fields, *described.result]:
            assert "text" not in field.kind or re.search(r"(_id|next|after)$", field.path), f"{type_}: {field.path}"


def test_a_circle_reads_the_same_from_both_sides() -> None:
    """Whoever asked, who is in a circle stands there as one of two, without a side."""
    for type_ in (name for name in CONTRACTS if name.startswith("profiles.circle.")):
        for field in describe(CONTRACTS[type_]).fields:
            assert not re.search(r"(from|to|asker|asked|owner|member)_id$", field.path), f"{type_}: {field.path}"


def test_an_exchange_reads_the_same_from_both_sides() -> None:
    """Who opened it, by an ask or by an offer, is all that is ever said: no other field or value tells a side."""
    things = {
        "exchange_id",
        "invitation_id",
        "gathering_id",
        "series_id",
        "neighbourhood_id",
        "neighbourhood_ids",
        "worker_id",
        "erasure_id",
    }
    people = {"participant_id", "participant_ids", "other_id", "host_id"}
    ours = {type_: describe(contract) for type_, contract in CONTRACTS.items() if type_.startswith("exchange.")}
    assert len(ours) > 50
    for type_, described in ours.items():
        for field in [*described.fields, *described.result]:
            name = field.path.split(".")[-1].removesuffix("[]")
            place = f"{type_}: {field.path}"
            assert not re.search(r"_ids?$", name) or name in things | people, place
            of_a_gathering = type_.startswith("exchange.gathering.") or field.path.startswith("gatherings[].")
            assert name != "host_id" or of_a_gathering, place
            assert name == "opening" or not re.search(r"`(offer|talent|wish)`", field.kind), place
            assert not re.search(r"(^|_)(opener|asker|asked_by|from|for_whom|side|role)(_|$)", name), place


def test_an_ask_and_an_offer_have_one_shape() -> None:
    """One contract opens both, and all that follows is the same for both: which it was is one word of two."""
    for type_ in (name for name in CONTRACTS if name.startswith("exchange.")):
        assert not re.search(r"\.(ask|offer|talent|wish)s?\.", type_), type_
    for type_ in ("exchange.exchange.open.v1", "exchange.exchange.opened.v1"):
        assert _properties(type_)["opening"]["enum"] == ["ask", "offer"]  # type: ignore[index]


def test_the_tables_of_exchange_know_people_and_no_sides() -> None:
    """A pair of acquaintances is in the order of their ids; an agreement holds who joined what one opened."""
    schema = (ROOT / "services/exchange/schema.sql").read_text("utf-8")
    columns = set(re.findall(r"^    (\w+_ids?) ", schema, re.M))
    assert "participant_id" in columns
    assert columns <= {
        "exchange_id", "invitation_id", "gathering_id", "series_id", "neighbourhood_id", "worker_id", "deviation_id",
        "thanks_id", "organisation_id", "participant_id", "host_id", "first_id", "second_id", "survivor_id",
        "mandate_holder_ids", "member_ids", "neighbourhood_ids",
    }  # fmt: skip
