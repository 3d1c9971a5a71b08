"""Every kind of mail, and all that its template may use. Nobody's note, health, or name that is not shared has a field.

`url` is the link to the page where the mail is acted upon. A button for one answer adds `?choice=…` to it, by which
the page shows that answer first; opening it changes nothing.
"""

from services.notify.writing.data.parts import *  # noqa: F403
from services.notify.writing.data.to_others import *  # noqa: F403
from services.notify.writing.data.to_participants import *  # noqa: F403
from services.notify.writing.data.to_workers import *  # noqa: F403
