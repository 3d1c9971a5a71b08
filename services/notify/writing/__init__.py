"""How mails read and look: what each may tell (`data`), in which words (`language`), in which form (`letter`).

`compose(mail, reader)` is all that the rest of the service calls. What a template may use has a field in `data`; what
nobody may read in a mail has none.

Catalogues: `locales/<language>/LC_MESSAGES/*.po`, all of them read as one, compiled when first used. Message ids are
English. `[u|je]` in a translation is the formal and the informal way to say it: one catalogue speaks both.
"""
