"""The tables: what was seen, beside what was aimed for."""

from __future__ import annotations

import statistics

from rich.table import Table

from benchmarks.footprint import Footprint
from benchmarks.latency import Latency
from benchmarks.matching import Looks
from benchmarks.pages import Seen
from benchmarks.pipeline import Rates

GOALS = {
    "pipeline.vs_plain_faststream": (">=", 2.5),
    "pipeline.vs_faststream_outbox": (">=", 10.0),
    "pipeline.vs_synced_publish": (">=", 0.5),
    "pipeline.events_per_s": (">=", 2000.0),
    "latency.p50_vs_floor": ("<=", 3.0),
    "latency.p99_vs_floor": ("<=", 10.0),
    "service.idle_rss_mb": ("<=", 90.0),
    "service.ready_s": ("<=", 2.0),
}

MATCHING_GOALS = {
    "matching.growth": ("<=", 2.0),
    "matching.p99_ms.1000000": ("<=", 20.0),
    "matching.open_to_invited_p99_ms": ("<=", 250.0),
    "matching.open_to_invited_lost": ("<=", 0.0),
}

DIRECTORY_GOALS = {
    "directory.import_rows_per_s": (">=", 5000.0),
    "directory.import_rss_mb": ("<=", 200.0),
    "directory.search_p99_ms": ("<=", 20.0),
}

SIGNALS_GOALS = {
    "referrals.p99_ms": ("<=", 50.0),
    "referrals.lost": ("<=", 0.0),
    "timers.idle_cpu_percent": ("<=", 1.0),
    "timers.late_p99_ms": ("<=", 1000.0),
    "timers.lost": ("<=", 0.0),
}


MAIL_GOALS = {
    "mail.vs_raw_smtp": (">=", 0.5),
    "mail.event_to_smtp_p99_ms": ("<=", 1000.0),
    "mail.event_to_smtp_lost": ("<=", 0.0),
    "mail.digest_1000_s": ("<=", 60.0),
}

PAGES_GOALS = {
    "pages.desk_p99_ms": ("<=", 100.0),
    "pages.desk_lost": ("<=", 0.0),
    "pages.desk_heaviest_kb": ("<=", 100.0),
}


def throughput(rates: Rates) -> Table:
    """Every contender: medians, the range over the rounds, and how many times as fast ours is."""
    each = rates.messages_per_command
    table = Table(title=f"Throughput: {each:g} messages stored for each command", title_justify="left")
    for heading in ("what", "commands/s", "messages/s", "lowest – highest", "ours is … times as fast"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for name, seen in rates.messages_per_s.items():
        median = statistics.median(seen)
        table.add_row(
            name, f"{median / each:,.0f}", f"{median:,.0f}", f"{min(seen):,.0f} – {max(seen):,.0f}",
            f"{statistics.median(rates.times(name)):.2f}",
        )  # fmt: skip
    return table


def looks(seen: Looks) -> Table:
    """How long the look for neighbours takes, by how many people there are."""
    table = Table(title="Candidates and ranking, the first five: ms", title_justify="left")
    for heading in ("people", "p50", "p99", "lowest – highest p50 of a round", "made in, s"):
        table.add_column(heading, justify="right")
    for people, rounds in seen.rounds.items():
        medians = [1000 * statistics.median(each) for each in rounds]
        table.add_row(
            f"{people:,}", f"{1000 * seen.p50(people):.2f}", f"{1000 * seen.p99(people):.2f}",
            f"{min(medians):.2f} – {max(medians):.2f}", f"{seen.loaded_in_s[people]:.0f}",
        )  # fmt: skip
    slow = [1000 * each for each in seen.without]
    table.add_row(
        f"{seen.without_among:,}, without indexes", f"{statistics.median(slow):.0f}", "",
        f"{min(slow):.0f} – {max(slow):.0f}", "",
    )  # fmt: skip
    return table


def looked_at(seen: Seen) -> Table:
    """How long each page of the desk takes, and what it costs of the processors, over all processes."""
    table = Table(title="The desk, a page at a time", title_justify="left")
    for heading in ("page", "times", "p50 ms", "p99 ms", "CPU ms"):
        table.add_column(heading, justify="left" if heading == "page" else "right", no_wrap=True)
    for page, took in sorted(seen.took.items()):
        p50, p99 = (1000 * Latency.percentile(took, percent) for percent in (50, 99))
        table.add_row(page, f"{len(took):,}", f"{p50:.1f}", f"{p99:.1f}", f"{seen.cost(page):.1f}")
    return table


def costs(seen: Seen) -> Table:
    """Where the processor time of a page goes."""
    table = Table(title="CPU ms of a page, by process", title_justify="left")
    table.add_column("page", no_wrap=True)
    for process in next(iter(seen.costs.values()), {}):
        table.add_column(process, justify="right")
    for page, spent in sorted(seen.costs.items()):
        table.add_row(page.removeprefix("/desk") or "/", *(f"{each:.1f}" for each in spent.values()))
    return table


def goals(figures: dict[str, float]) -> Table:
    """Every figure beside its goal."""
    table = Table(title="Goals", title_justify="left")
    for heading in ("figure", "seen", "goal", ""):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    for key, seen in figures.items():
        word, goal = (GOALS | MATCHING_GOALS | DIRECTORY_GOALS | SIGNALS_GOALS | MAIL_GOALS | PAGES_GOALS).get(
            key, ("", 0.0)
        )
        met = seen >= goal if word == ">=" else seen <= goal
        table.add_row(key, f"{seen:,}", f"{word} {goal:g}" if word else "", ("yes" if met else "no") if word else "")
    return table


def spread(rates: Rates, times: Latency, cost: Footprint) -> Table:
    """How far the samples lie apart: a shared machine is never the same twice."""
    table = Table(title="Spread", title_justify="left")
    for heading in ("what", "lowest", "median", "highest"):
        table.add_column(heading, justify="left" if heading == "what" else "right")

    def row(what: str, samples: list[float], unit: str = "") -> None:
        table.add_row(
            what, *(f"{value:.2f}{unit}" for value in (min(samples), statistics.median(samples), max(samples)))
        )

    for name in list(rates.messages_per_s)[1:]:
        row(f"times {name}", rates.times(name))
    for what, samples in (("command → event", times.ours), ("publish + commit + publish", times.floor)):
        row(what, [1000 * sample for sample in samples], " ms")
        row(f"{what}: p50, p95, p99", [1000 * Latency.percentile(samples, p) for p in (50, 95, 99)], " ms")
    row("memory when idle", cost.idle_rss_mb, " MB")
    row("start to ready", cost.ready_s, " s")
    return table
