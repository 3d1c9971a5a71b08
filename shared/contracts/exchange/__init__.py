"""What exchange takes, answers and tells: asks and offers, invitations, agreements, gatherings, acquaintances."""

from shared.contracts.exchange.agreements import *  # noqa: F403
from shared.contracts.exchange.events import *  # noqa: F403
from shared.contracts.exchange.exchanges import *  # noqa: F403
from shared.contracts.exchange.gatherings import *  # noqa: F403
from shared.contracts.exchange.invitations import *  # noqa: F403
from shared.contracts.exchange.neighbourhood import *  # noqa: F403
from shared.contracts.exchange.ties import *  # noqa: F403
from shared.contracts.exchange.waiting import *  # noqa: F403
