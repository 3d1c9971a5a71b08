"""The worker's desk: what needs them today, people, signals, referrals, asks and offers, gatherings, their own hours.

It owns nothing but the session: every page asks the services, all at once, and whatever is done is a command.
"""
