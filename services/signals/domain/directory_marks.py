"""What stands before a stem, a kind, a language, an area or an hour in the index by which services are found.

One index for all of them: what is asked for together is looked up together, and no row is looked at in vain.
"""

TITLE = "^"
"""A stem of what it is called, or is about."""
KIND, LANGUAGE, AREA = "=", "~", "@"
OPEN = "%"
"""An hour of the week, from Monday, in which it may be open."""
ROOM = "+room"
"""It is not known to be full."""
PART, CARE = "+part", "+care"
"""Volunteering or an association; or not."""
