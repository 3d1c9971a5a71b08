"""Notes: encrypted, for the signal's worker and their backup alone, and each reading is recorded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from services.signals.config import Settings
from services.signals.secrecy import Cipher, Unreadable
from shared import clock
from shared.contracts import load, subjects
from shared.contracts.envelope import Command, Envelope
from shared.contracts.operations import RunRetention
from shared.contracts.signals import (
    AnswerOffer,
    CloseSignal,
    ListReadings,
    NoteRef,
    Notes,
    OfferSignal,
    ReadNotes,
    TakeSignal,
    WriteNote,
)
from shared.ids import new_id
from shared.messaging.incoming import Incoming
from tests.conftest import MakeStack
from tests.signals import neighbourhood
from tests.signals.neighbourhood import Signals, by, me
from tests.signals.raising import raised, show, taken

WORDS = "Ze durft het haar dochter niet te zeggen."


async def write(signals: Signals, signal_id: UUID, note: str = WORDS, **how: Any) -> NoteRef:
    about = how.pop("about", "signal")
    ref: NoteRef = await signals.get(WriteNote(signal_id=signal_id, note=note, about=about), **how)
    return ref


async def read(signals: Signals, signal_id: UUID, **how: Any) -> list[str]:
    found: Notes = await signals.get(ReadNotes(signal_id=signal_id), **how)
    return [each.note for each in found.notes]


async def readings(signals: Signals, who: UUID) -> list[tuple[str, str, UUID | None]]:
    page = await signals.get(ListReadings(participant_id=who), **me(who))
    return [(each.by, each.what, each.signal_id) for each in page.readings]


# --- who reads


async def test_a_note_is_read_only_by_the_signals_worker_and_their_backup(signals: Signals) -> None:
    place = await signals.place()
    colleague = await signals.worker(new_id(), place.neighbourhood_id)
    ref = await taken(signals, place)
    await write(signals, ref.signal_id, **by(place.marie))
    for worker in (place.marie, place.karim):
        assert await read(signals, ref.signal_id, **by(worker)) == [WORDS]
    for worker in (place.lieve, colleague):
        assert await signals.refused(ReadNotes(signal_id=ref.signal_id), **by(worker)) == ("not_allowed", "signal_id")
    assert await signals.refused(ReadNotes(signal_id=ref.signal_id), actor="operator") == ("not_allowed", "ce-actor")


async def test_until_it_is_taken_whoever_was_told_reads_it(signals: Signals) -> None:
    place = await signals.place()
    ref = await raised(signals, place, urgency="today")
    await write(signals, ref.signal_id, **by(place.marie))
    assert await signals.refused(ReadNotes(signal_id=ref.signal_id), **by(place.lieve)) == ("not_allowed", "signal_id")
    for _ in range(2):
        signals.move(neighbourhood.HOUR)
        await signals.fire()
    assert await read(signals, ref.signal_id, **by(place.lieve)) == [WORDS], "it has climbed to her"
    await signals.get(TakeSignal(signal_id=ref.signal_id), **by(place.marie))
    assert await signals.refused(ReadNotes(signal_id=ref.signal_id), **by(place.lieve)) == ("not_allowed", "signal_id")


async def test_who_takes_it_over_reads_it_from_then_on(signals: Signals) -> None:
    place = await signals.place()
    colleague = await signals.worker(new_id(), place.neighbourhood_id)
    ref = await taken(signals, place)
    await write(signals, ref.signal_id, **by(place.marie))
    await signals.get(OfferSignal(signal_id=ref.signal_id, worker_id=colleague), **by(place.marie))
    ask = ReadNotes(signal_id=ref.signal_id)
    assert await signals.refused(ask, **by(colleague)) == ("not_allowed", "signal_id"), "asked is not agreed"
    await signals.get(AnswerOffer(signal_id=ref.signal_id, agreed=True), **by(colleague))
    assert await read(signals, ref.signal_id, **by(colleague)) == [WORDS]
    assert await signals.refused(ask, **by(place.marie)) == ("not_allowed", "signal_id")


async def test_every_reading_is_recorded_and_can_be_listed_for_the_person(signals: Signals) -> None:
    place = await signals.place()
    who = await signals.someone(place)
    ref = await taken(signals, place, participant_id=who)
    await write(signals, ref.signal_id, **by(place.marie))
    await read(signals, ref.signal_id, **by(place.marie))
    await read(signals, ref.signal_id, **by(place.karim))
    await signals.refused(ReadNotes(signal_id=ref.signal_id), **by(place.lieve))
    assert await readings(signals, who) == [
        (f"worker:{place.marie}", "notes", ref.signal_id), (f"worker:{place.karim}", "notes", ref.signal_id),
    ]  # fmt: skip
    first = await signals.get(ListReadings(participant_id=who, limit=1), **by(place.marie))
    rest = await signals.get(ListReadings(participant_id=who, after=first.next), **by(place.marie))
    assert [each.by for each in (*first.readings, *rest.readings)] == [f"worker:{place.marie}", f"worker:{place.karim}"]
    stranger = await signals.someone(place)
    assert await signals.refused(ListReadings(participant_id=who), **me(stranger)) == ("no_mandate", "participant_id")


# --- who writes


async def test_whoever_raised_it_can_write_a_note_with_it_and_reads_none(signals: Signals) -> None:
    place = await signals.place()
    who, stranger = await signals.someone(place), await signals.someone(place)
    await signals.grant("huisarts", place.neighbourhood_id)
    await signals.grant("kapper", place.neighbourhood_id)
    theirs: dict[str, Any] = {"sender": "huisarts"}
    ref = await raised(signals, place, participant_id=who, how=theirs)
    own = await raised(signals, place, participant_id=who, how=me(who))
    await write(signals, ref.signal_id, **theirs)
    await write(signals, own.signal_id, **me(who))
    note = WriteNote(signal_id=ref.signal_id, note="Ik ook")
    for how in ({"sender": "kapper"}, me(stranger), me(who)):
        refused = await signals.problems(note, **how)
        nothing = await signals.problems(note.model_copy(update={"signal_id": new_id()}), **how)
        assert refused == nothing, "whether there is one can't be learned"
    deviation = WriteNote(signal_id=ref.signal_id, note="Mag wel", about="deviation")
    assert await signals.refused(deviation, **theirs) == ("not_allowed", "about")
    assert await signals.refused(ReadNotes(signal_id=own.signal_id), **me(who)) == ("not_allowed", "ce-actor")


async def test_whose_mandate_or_grant_ended_writes_no_note_any_more(signals: Signals) -> None:
    place, holder = await signals.place(), new_id()
    who = await signals.someone(place, mandate_holder_ids=[holder])
    await signals.someone(place, id_=holder)
    await signals.grant("wijkpost", place.neighbourhood_id)
    hows: tuple[dict[str, Any], ...] = (me(holder), {"sender": "wijkpost"})
    refs = [await raised(signals, place, participant_id=who, how=how) for how in hows]
    for ref, how in zip(refs, hows, strict=True):
        await write(signals, ref.signal_id, **how)
    await signals.someone(place, id_=who, mandate_holder_ids=[])
    await signals.grant("wijkpost", (await signals.place()).neighbourhood_id)
    for ref, how, code in zip(refs, hows, ("no_mandate", "outside_grant"), strict=True):
        assert await signals.refused(WriteNote(signal_id=ref.signal_id, note="Nog iets"), **how) == (code, "signal_id")


async def test_why_someone_is_out_of_matching_stays_in_signals(signals: Signals) -> None:
    """As a note, with a signal about them; profiles knows only that they are."""
    place = await signals.place()
    who = await signals.someone(place, out_of_matching=True)
    ref = await taken(signals, place, participant_id=who)
    await write(signals, ref.signal_id, "Te veel aan haar hoofd nu.", about="out-of-matching", **by(place.marie))
    notes = await signals.get(ReadNotes(signal_id=ref.signal_id), **by(place.marie))
    assert [(each.about, each.note) for each in notes.notes] == [("out-of-matching", "Te veel aan haar hoofd nu.")]
    contracts = load()
    profiles = [type_ for type_, contract in contracts.items() if type_.startswith("profiles.")
                and "reason" in contract.model_fields and "matching" in type_]  # fmt: skip
    assert not profiles


async def test_the_same_note_sent_again_is_written_once(signals: Signals) -> None:
    place = await signals.place()
    ref = await taken(signals, place)
    message, id_ = WriteNote(signal_id=ref.signal_id, note=WORDS), new_id()
    first = await signals.get(message, message_id=id_, **by(place.marie))
    assert await signals.get(message, message_id=id_, **by(place.marie)) == first
    assert await read(signals, ref.signal_id, **by(place.marie)) == [WORDS]


async def test_notes_of_what_ended_are_still_there_and_of_what_was_merged_with_the_other(signals: Signals) -> None:
    place = await signals.place()
    ref = await taken(signals, place)
    await write(signals, ref.signal_id, **by(place.marie))
    await signals.get(CloseSignal(signal_id=ref.signal_id, outcome="talk"), **by(place.marie))
    assert await read(signals, ref.signal_id, **by(place.marie)) == [WORDS]


# --- where a note is, and isn't


async def test_a_note_is_encrypted_in_the_database_and_stands_nowhere_else(signals: Signals) -> None:
    place = await signals.place()
    ref = await taken(signals, place)
    await write(signals, ref.signal_id, **by(place.marie))
    await read(signals, ref.signal_id, **by(place.marie))
    tables = await signals.rows(
        "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables "
        "WHERE table_schema IN ('public', 'messaging') AND table_type = 'BASE TABLE'"
    )
    for table in tables:
        rows = await signals.rows(
            f"SELECT 1 FROM {table['name']} AS t WHERE t::text LIKE '%durft%' OR t::text LIKE $1",
            f"%{WORDS.encode().hex()}%",
        )
        assert not rows, table["name"]


async def test_a_note_travels_by_request_and_reply_alone(signals: Signals) -> None:
    """Sent the durable way it is refused, and no command has a field for one."""
    assert not issubclass(WriteNote, Command)
    place = await signals.place()
    ref = await taken(signals, place)
    note = WriteNote(signal_id=ref.signal_id, note=WORDS)
    envelope = Envelope(id=new_id(), type=note.TYPE, source="test", time=clock.now())
    incoming = Incoming(
        f"{subjects.ROOT}.cmd.huisarts.signals.note.write", envelope.headers(), note.model_dump_json().encode(),
        subjects.COMMANDS, 7,
    )  # fmt: skip
    (outcome,) = await signals.processor.process([incoming])
    assert outcome.answer is not None
    assert outcome.answer.problems[0].code == "not_durable"
    assert (await show(signals, ref.signal_id)).notes_written == 0
    assert not await signals.rows("SELECT 1 FROM messaging.dead_letter WHERE message_type = $1", note.TYPE)


async def test_a_note_of_a_megabyte_is_refused_with_a_sentence_that_repeats_nothing(signals: Signals) -> None:
    place = await signals.place()
    ref = await taken(signals, place)
    long = WriteNote.model_construct(signal_id=ref.signal_id, note="geheim " * 150_000, about="signal")
    answer = await signals.ask(long, **by(place.marie))
    (problem,) = answer.problems
    assert (problem.code, problem.field) == ("string_too_long", "note")
    assert "4000" in problem.message
    assert "geheim" not in answer.model_dump_json()


async def test_many_long_notes_are_read_in_pages(signals: Signals) -> None:
    place = await signals.place()
    ref = await taken(signals, place)
    notes = [str(number) + "é" * 3990 for number in range(9)]
    for note in notes:
        await write(signals, ref.signal_id, note, **by(place.marie))
    found: list[str] = []
    after: UUID | None = None
    pages = 0
    while True:
        page = await signals.get(ReadNotes(signal_id=ref.signal_id, after=after), **by(place.marie))
        assert len(page.model_dump_json().encode()) < 60_000
        found += [each.note for each in page.notes]
        after, pages = page.next, pages + 1
        if after is None:
            break
    assert (found, pages) == (notes, 2)


# --- keys


async def test_a_new_key_encrypts_and_the_old_one_still_reads_until_all_is_encrypted_anew(
    module_stack: MakeStack,
) -> None:
    async with neighbourhood.signals(module_stack) as signals:
        place = await signals.place()
        ref = await taken(signals, place)
        await write(signals, ref.signal_id, **by(place.marie))
        file = signals.stack.folder / "other-keys"
        old = signals.processor.settings.notes_keys_file.read_text()  # type: ignore[attr-defined]
        file.write_text(f"{Fernet.generate_key().decode()}\n{old}")
        signals.processor.settings = signals.stack.settings("signals", notes_keys_file=file)
        assert await read(signals, ref.signal_id, **by(place.marie)) == [WORDS]
        removed = (await signals.get(RunRetention())).removed
        assert removed["encrypted_anew"] == 1
        assert (await signals.get(RunRetention())).removed["encrypted_anew"] == 0
        file.write_text(file.read_text().splitlines()[0])
        signals.processor.settings = signals.stack.settings("signals", notes_keys_file=file)
        assert await read(signals, ref.signal_id, **by(place.marie)) == [WORDS], "the old key is no longer called for"


def test_what_no_key_can_read_is_said_without_repeating_it() -> None:
    sealed = Cipher([Fernet.generate_key().decode()]).seal(WORDS)
    with pytest.raises(Unreadable, match="no longer in the file of keys") as raised_:
        Cipher([Fernet.generate_key().decode()]).open(sealed)
    assert sealed.token.decode() not in str(raised_.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "can't be read"),
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"wachtwoord\n", "line 1: is no key"),
        (b"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\n", "line 1: is no key"),
        (b"\xff\xfe", "is no file of keys"),
    ],
    ids=["missing", "empty", "blank", "no key", "cut off", "binary"],
)
def test_a_file_of_keys_that_cannot_be_used_is_said_at_the_start(
    tmp_path: Any, content: bytes | None, says: str
) -> None:
    file = tmp_path / "keys"
    if content is not None:
        file.write_bytes(content)
    values = {"nats_credentials": tmp_path, "database_url": "postgresql://signals@127.0.0.1/signals"}
    with pytest.raises(ValidationError) as raised_:
        Settings(**values, notes_keys_file=file)
    (error,) = raised_.value.errors(include_input=False)
    assert says in error["msg"]
    if content:
        assert not content.strip() or content.strip().decode("latin-1") not in error["msg"]
