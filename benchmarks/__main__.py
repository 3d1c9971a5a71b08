"""`python -m benchmarks [--only pipeline]`: measure, print a table, and keep the figures in `latest.json`."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from benchmarks import (
    directory,
    footprint,
    latency,
    mail,
    matching,
    openings,
    pages,
    pipeline,
    referrals,
    report,
    stack,
    timers,
)
from benchmarks.latency import Latency

LATEST = Path(__file__).parent / "latest.json"
ALL = ("pipeline", "matching", "referrals", "timers", "mail", "pages", "directory")
console = Console()


def main(
    only: Annotated[str, typer.Option(help=f"Measure this alone: {', '.join(ALL)}.")] = "",
    rounds: Annotated[int, typer.Option(min=1, help="Of throughput; the medians are reported.")] = 5,
    seconds: Annotated[int, typer.Option(min=1, help="Of latency.")] = 15,
    starts: Annotated[int, typer.Option(min=1, help="Of the service, for memory and start.")] = 5,
    scale: Annotated[float, typer.Option(help="Shortens the rounds.")] = 1.0,
    keep: Annotated[bool, typer.Option(help="Write the figures to benchmarks/latest.json.")] = True,
) -> None:
    """Measure on real, synced servers that are started for it, and stopped."""
    if only not in ("", *ALL):
        raise typer.BadParameter(f"{only} is not measured here: choose from {', '.join(ALL)}")
    figures: dict[str, float] = {}
    if only in ("", "pipeline"):
        figures |= uvloop.run(measure(rounds=rounds, seconds=seconds, starts=starts, scale=scale))
    if only in ("", "matching"):
        sizes = tuple(max(1_000, int(size * scale)) for size in matching.SIZES)
        figures |= uvloop.run(measure_matching(rounds=rounds, sizes=sizes, seconds=max(2, int(60 * scale))))
    if only in ("", "referrals"):
        figures |= uvloop.run(measure_referrals(seconds=max(2, int(30 * scale))))
    if only in ("", "timers"):
        figures |= uvloop.run(measure_timers(idle=max(2.0, 60 * scale), seconds=max(2, int(20 * scale))))
    if only in ("", "mail"):
        figures |= uvloop.run(measure_mail(rounds=max(1, rounds - 2), seconds=max(2, int(20 * scale)), scale=scale))
    if only in ("", "pages"):
        figures |= uvloop.run(measure_pages(seconds=max(2, int(60 * scale)), people=max(50, int(pages.PEOPLE * scale))))
    if only in ("", "directory"):
        services = max(2_000, int(directory.SERVICES * scale))
        figures |= uvloop.run(measure_directory(rounds=max(1, rounds - 2), services=services))
    if keep:
        known = json.loads(LATEST.read_text(encoding="utf-8")) if LATEST.exists() else {}
        LATEST.write_text(json.dumps(known | figures, indent=2, sort_keys=True) + "\n", encoding="utf-8")


async def measure(*, rounds: int, seconds: int, starts: int, scale: float = 1.0, idle: float = 4.0) -> dict[str, float]:
    """All figures of `pipeline`, by key."""
    async with stack.running() as servers:
        cost = await footprint.measure(servers, starts=starts, idle=idle)
        times = await latency.measure(servers, seconds=seconds)
        rates = await pipeline.measure(servers, rounds=rounds, scale=scale, tell=console.log)
    console.print(report.throughput(rates))
    console.print(report.goals(found := _figures(rates, times, cost)))
    console.print(report.spread(rates, times, cost))
    return found


async def measure_matching(*, rounds: int, sizes: tuple[int, ...], seconds: int, looks: int = 200) -> dict[str, float]:
    """All figures of `matching`, by key."""
    async with stack.running(matching.SERVICE, setup="SELECT 1", **matching.POSTGRES) as servers:
        seen = await matching.measure(servers, rounds=rounds, looks=looks, sizes=sizes, tell=console.log)
        opened = await openings.measure(servers, seconds=seconds, tell=console.log)
    console.print(report.looks(seen))
    console.print(report.goals(found := _matching_figures(seen, opened)))
    return found


async def measure_mail(*, rounds: int, seconds: int, scale: float) -> dict[str, float]:
    """All figures of `mail`, by key."""
    async with stack.running(mail.SERVICE, setup="SELECT 1", beside=mail.SENDERS) as servers:
        seen = await mail.measure(
            servers, rounds=rounds, mails=max(100, int(10_000 * scale)), seconds=seconds, tell=console.log
        )
    console.print(report.goals(found := mail.figures(seen)))
    return found


async def measure_pages(*, seconds: int, people: int) -> dict[str, float]:
    """All figures of `pages`, by key."""
    async with stack.running(pages.SERVICE, setup="SELECT 1", beside=pages.BESIDE) as servers:
        seen = await pages.measure(servers, seconds=seconds, people=people, tell=console.log)
    console.print(report.looked_at(seen))
    console.print(report.costs(seen))
    found = {
        "pages.desk_p50_ms": round(1000 * Latency.percentile(seen.all, 50), 1),
        "pages.desk_p99_ms": round(1000 * seen.p99(), 1),
        "pages.desk_cpu_ms": round(seen.mean_cost(), 1),
        "pages.desk_lost": float(seen.lost),
        "pages.desk_heaviest_kb": round(seen.heaviest / 1000, 1),
    }
    console.print(report.goals(found))
    return found


async def measure_referrals(*, seconds: int) -> dict[str, float]:
    """All figures of `referrals`, by key."""
    async with stack.running(referrals.SERVICE, setup="SELECT 1") as servers:
        seen = await referrals.measure(servers, seconds=seconds, tell=console.log)
    found = {
        "referrals.p50_ms": round(1000 * Latency.percentile(seen.took, 50), 1),
        "referrals.p99_ms": round(1000 * Latency.percentile(seen.took, 99), 1),
        "referrals.lost": float(seen.lost),
    }
    console.print(report.goals(found))
    return found


async def measure_timers(*, idle: float, seconds: int, pending: int = timers.PENDING) -> dict[str, float]:
    """All figures of `timers`, by key."""
    async with stack.running(referrals.SERVICE, setup="SELECT 1") as servers:
        seen = await timers.measure(servers, idle=idle, seconds=seconds, pending=pending, tell=console.log)
    found = {
        "timers.idle_cpu_percent": round(seen.idle_cpu_percent, 2),
        "timers.late_p50_ms": round(1000 * Latency.percentile(seen.late, 50), 1),
        "timers.late_p99_ms": round(1000 * Latency.percentile(seen.late, 99), 1),
        "timers.lost": float(seen.lost),
    }
    console.print(report.goals(found))
    return found


async def measure_directory(*, rounds: int, services: int, searches: int = 500) -> dict[str, float]:
    """All figures of `directory`, by key."""
    async with stack.running(directory.SERVICE, setup="SELECT 1", **directory.POSTGRES) as servers:
        seen = await directory.measure(servers, rounds=rounds, searches=searches, services=services, tell=console.log)
    console.print(report.goals(found := seen.figures()))
    return found


def _matching_figures(seen: matching.Looks, opened: openings.Openings) -> dict[str, float]:
    most = max(seen.rounds)
    return {
        **{f"matching.p50_ms.{people}": round(1000 * seen.p50(people), 2) for people in seen.rounds},
        f"matching.p99_ms.{most}": round(1000 * seen.p99(most), 2),
        "matching.growth": round(seen.growth(), 2),
        "matching.vs_no_indexes": round(seen.times_without(), 1),
        "matching.open_to_invited_p50_ms": round(1000 * Latency.percentile(opened.took, 50), 1),
        "matching.open_to_invited_p99_ms": round(1000 * Latency.percentile(opened.took, 99), 1),
        "matching.open_to_invited_lost": opened.lost,
    }


def _figures(rates: pipeline.Rates, times: Latency, cost: footprint.Footprint) -> dict[str, float]:
    floor = Latency.percentile(times.floor, 50)
    against = {
        "pipeline.vs_plain_faststream": pipeline.PLAIN.name,
        "pipeline.vs_faststream_outbox": pipeline.LIBRARY.name,
        "pipeline.vs_faststream_outbox_tuned": pipeline.TUNED.name,
        "pipeline.vs_synced_publish": pipeline.CEILING,
    }
    return {
        **{key: round(statistics.median(rates.times(name)), 2) for key, name in against.items()},
        "pipeline.events_per_s": round(rates.median(pipeline.OURS.name)),
        "pipeline.commands_per_s": round(rates.median(pipeline.OURS.name) / rates.messages_per_command),
        "latency.p50_vs_floor": round(Latency.percentile(times.ours, 50) / floor, 2),
        "latency.p99_vs_floor": round(Latency.percentile(times.ours, 99) / floor, 2),
        "service.idle_rss_mb": round(cost.rss, 1),
        "service.ready_s": round(cost.ready, 2),
    }


if __name__ == "__main__":
    typer.run(main)
