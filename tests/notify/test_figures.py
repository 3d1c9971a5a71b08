"""Figures for the municipality: put together as each service shows them, and nothing is worked out of them."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from services.notify.asking import Asker
from services.notify.content.to_others import _figures_of, _outcomes
from services.notify.domain.figures import next_month, told_at
from services.notify.domain.mails import Mail
from services.notify.handlers.digests import BRUSSELS
from shared import clock
from shared.contracts.exchange import ExchangeFigures, ExchangeMonth, ShowExchangeFigures
from shared.contracts.notify import FiguresDue
from shared.contracts.profiles import Figures, MonthFigures, ShowFigures
from shared.contracts.signals import ReferralCount, ReferralMonth, SignalsFigures
from shared.figures import stretch
from shared.ids import new_id
from shared.policy import load
from tests.conftest import MakeStack
from tests.handling import PLACE
from tests.notify.setting import Notified, notified

MONTH = "2026-05"


class Shown:
    """What the services would show: of signals a cell is hidden."""

    settings = SimpleNamespace(services=("profiles", "exchange", "signals", "notify"))

    async def get(self, query: Any, *, actor: str) -> Any:
        assert actor == "operator"
        if isinstance(query, ShowFigures):
            month = MonthFigures(neighbourhood_id=PLACE, month=MONTH, participants=84, with_circle=None, newcomers=7,
                                 visited_in_time=None)  # fmt: skip
            return Figures(months=[month])
        if isinstance(query, ShowExchangeFigures):
            values = dict.fromkeys(ExchangeMonth.model_fields, None) | {"month": MONTH, "opened": 20, "agreed": None}
            return ExchangeFigures(months=[ExchangeMonth.model_validate(values)])
        return SignalsFigures(months=[_referrals(requested=16)])


def _referrals(*, requested: int) -> ReferralMonth:
    return ReferralMonth(
        neighbourhood_id=PLACE, month=MONTH, requested=requested, answered=None, working_days_to_answer=3,
        unreachable=None, still_open=None,
        counts=[ReferralCount(kind="household", outcome="helped", people=8),
                ReferralCount(kind="mobility", outcome="helped", people=6)],
    )  # fmt: skip


async def test_what_a_service_does_not_show_the_mail_does_not_show_either() -> None:
    now = clock.now()
    mail = Mail(new_id(), "figures", "municipality", None, now, now, detail={"month": MONTH})
    found = await _figures_of(cast(Asker, Shown()), mail, PLACE, "Brugse Poort")
    assert (found.participants, found.with_circle, found.newcomers, found.visited_in_time) == (84, None, 7, None)
    assert (found.opened, found.agreed, found.referred, found.answered) == (20, None, 16, None)
    assert found.outcomes == {}, "with a cell hidden, a sum of the others would be less than it says"


def test_by_outcome_only_where_every_cell_is_shown() -> None:
    assert _outcomes(_referrals(requested=14).model_dump()) == {"helped": 14}
    assert _outcomes(_referrals(requested=15).model_dump()) == {}


def test_a_month_is_told_when_every_service_has_made_its_own() -> None:
    policy = load()
    _, ends = stretch(MONTH, BRUSSELS)
    assert told_at(MONTH, policy, BRUSSELS) > ends + timedelta(days=policy.exchanges.open_days)
    assert told_at(MONTH, policy, BRUSSELS) > ends + timedelta(days=policy.referrals.decide_days)
    assert (next_month("2026-12"), next_month("2026-05")) == ("2027-01", "2026-06")


async def test_a_month_goes_to_the_municipality_once_and_the_next_one_is_waited_for(module_stack: MakeStack) -> None:
    async with notified(module_stack, figures_to="cijfers@stad.example") as made:
        assert "figures" in await made.timers()
        for _ in range(2):
            await made.tell(FiguresDue(month=MONTH))
        assert await _figures(made) == 1
        (row,) = await made.rows("SELECT body FROM messaging.timer WHERE key = 'figures'")
        assert "2026-06" in row["body"]


async def test_without_an_address_for_them_no_figures_are_sent(module_stack: MakeStack) -> None:
    async with notified(module_stack) as made:
        await made.tell(FiguresDue(month=MONTH))
        assert await _figures(made) == 0


async def _figures(made: Notified) -> int:
    return len(await made.rows("SELECT FROM mail WHERE kind = 'figures'"))
