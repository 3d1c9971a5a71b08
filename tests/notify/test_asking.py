"""Asking other services as the desk, in someone's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.notify.asking import Asker
from services.notify.config import Settings
from shared.contracts.profiles import (
    ListOrganisations,
    ListParticipants,
    ListWorkers,
    OrganisationPage,
    ShowWorker,
)
from shared.contracts.signals import ListSignals
from shared.ids import new_id
from shared.messaging.client import Refused, Unanswered
from tests.notify.setting import Whole
from tests.servers import own_nats


def _settings(whole: Whole) -> Settings:
    settings = whole.stack.settings("notify")
    assert isinstance(settings, Settings)
    return settings


async def test_a_question_is_asked_in_a_workers_name(whole: Whole) -> None:
    async with Asker.open(_settings(whole)) as asker:
        assert (await asker.get(ListWorkers(), actor=f"worker:{new_id()}")).workers == []


async def test_what_is_not_theirs_to_ask_is_refused(whole: Whole) -> None:
    async with Asker.open(_settings(whole)) as asker:
        with pytest.raises(Refused):
            await asker.get(ListParticipants(), actor=f"participant:{new_id()}")


async def test_several_questions_are_answered_each_by_itself_whichever_service_is_away(whole: Whole) -> None:
    questions = [ListWorkers(), ShowWorker(worker_id=new_id()), ListOrganisations(), ListSignals()]
    async with Asker.open(_settings(whole)) as asker:
        workers, nobody, places, away = await asker.get_each(questions, actor=f"worker:{new_id()}")
    assert (workers.workers, type(places)) == ([], OrganisationPage)
    assert isinstance(nobody, Refused)
    assert [each.code for each in nobody.problems] == ["unknown_id"]
    assert isinstance(away, Unanswered)


async def test_without_an_actor_the_desk_is_nobody(whole: Whole) -> None:
    async with Asker.open(_settings(whole)) as asker:
        with pytest.raises(Refused) as refused:
            await asker.get(ListWorkers(), actor="")
    assert refused.value.problems[0].field == "ce-actor"


async def test_a_server_that_is_away_is_no_answer_and_comes_back(whole: Whole, tmp_path: Path) -> None:
    away = own_nats(tmp_path)
    settings = _settings(whole).model_copy(update={"nats_url": f"nats://127.0.0.1:{away.part.port}"})
    async with Asker.open(settings) as asker:
        with pytest.raises(Unanswered):
            await asker.get(ListWorkers(), actor="operator", patience=1.0)
        asker.settings = _settings(whole)
        assert (await asker.get(ListWorkers(), actor="operator")).workers == []


async def test_a_connection_that_was_closed_for_good_is_made_anew(whole: Whole) -> None:
    async with Asker.open(_settings(whole)) as asker:
        await asker.get(ListWorkers(), actor="operator")
        assert asker._connection is not None
        await asker._connection.connection.close()
        assert (await asker.get(ListWorkers(), actor="operator")).workers == []
