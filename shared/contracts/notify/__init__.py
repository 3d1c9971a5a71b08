"""What notify takes, answers and tells: mails, tasks for who has no e-mail, and how people want to be written to."""

from shared.contracts.notify.events import *  # noqa: F403
from shared.contracts.notify.mails import *  # noqa: F403
from shared.contracts.notify.preferences import *  # noqa: F403
from shared.contracts.notify.tasks import *  # noqa: F403
