"""What something costs: processor time of each process, which says the same on a machine that others use as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import psutil


def spent(pids: Mapping[str, int]) -> Counter[str]:
    """Seconds of processor time so far, by name: each process with its children, also those that ended."""
    return Counter({name: _of(pid) for name, pid in pids.items()})


def _of(pid: int) -> float:
    process = psutil.Process(pid)
    children = [_alone(each) for each in process.children(recursive=True)]
    times = process.cpu_times()
    ended: float = times.children_user + times.children_system
    return _alone(process) + ended + sum(children)


def _alone(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # it ended just now: its parent has its time
        return 0.0
    seconds: float = times.user + times.system
    return seconds
