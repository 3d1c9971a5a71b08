"""What a mail says: asked of the service that owns it, in the name of who gets it, at the moment that it is sent.

For each kind of mail a way (`@writes("invited")`): what it asks, and how the answer becomes a `writing.data.Mail`.
What has become moot by then is no mail any more.
"""
