"""Waiting for what must come true, in place of sleeping for as long as it might take."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any


async def eventually(condition: Callable[[], Any], *, within: float = 15.0, what: str = "") -> Any:
    """What `condition`, a function or coroutine function, returns, once that is true.

    An AssertionError in it means not yet; the last one is shown.
    """
    deadline = asyncio.get_running_loop().time() + within
    pause, last = 0.005, ""
    while True:
        try:
            found = condition()
            result = await found if inspect.isawaitable(found) else found
            if result:
                return result
            last = f"it is {result!r}"
        except AssertionError as error:
            last = str(error) or "an assertion in it fails"
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"{what or inspect.getsource(condition).strip()} not within {within:g} s: {last}")
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.1)
