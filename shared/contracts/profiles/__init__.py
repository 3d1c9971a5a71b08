"""What profiles takes, answers and tells: participants and what ties them, workers, places, erasure."""

from shared.contracts.profiles.circles import *  # noqa: F403
from shared.contracts.profiles.erasure import *  # noqa: F403
from shared.contracts.profiles.mandates import *  # noqa: F403
from shared.contracts.profiles.participant_events import *  # noqa: F403
from shared.contracts.profiles.participants import *  # noqa: F403
from shared.contracts.profiles.places import *  # noqa: F403
from shared.contracts.profiles.workers import *  # noqa: F403
