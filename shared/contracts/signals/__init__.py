"""What signals takes, answers and tells: signals, mediation, the directory, referrals and their consents."""

from shared.contracts.signals.directory import *  # noqa: F403
from shared.contracts.signals.events import *  # noqa: F403
from shared.contracts.signals.imports import *  # noqa: F403
from shared.contracts.signals.notes import *  # noqa: F403
from shared.contracts.signals.referrals import *  # noqa: F403
from shared.contracts.signals.signals import *  # noqa: F403
