"""Sending: claim, commit, send, record. How a mail is put together, the mail server, and the loop between them."""
