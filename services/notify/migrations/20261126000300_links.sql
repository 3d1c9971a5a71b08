-- migrate:up
CREATE TABLE link (
    digest bytea PRIMARY KEY,
    holder_kind text NOT NULL CHECK (holder_kind IN ('participant', 'worker', 'contact')),
    holder_id uuid NOT NULL,
    purpose text NOT NULL,
    matter_id uuid,
    acts_for uuid,
    detail text NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    used_for uuid,
    revoked_at timestamptz
);
CREATE INDEX link_holder ON link (holder_id);
CREATE INDEX link_matter ON link (matter_id) WHERE matter_id IS NOT NULL;
CREATE INDEX link_expires ON link (expires_at);
COMMENT ON TABLE link IS 'What a link in a mail opens: for one holder, one purpose, one matter, until a moment.';
COMMENT ON COLUMN link.digest IS 'A keyed hash of the token: the token itself stands in the mail alone.';
COMMENT ON COLUMN link.holder_id IS 'A participant or worker; for a contact, the referral that the link is for.';
COMMENT ON COLUMN link.acts_for IS 'For whom, when the holder has their mandate.';
COMMENT ON COLUMN link.detail IS 'What else the purpose goes with, such as a kind of mail; never a name.';
COMMENT ON COLUMN link.used_at IS 'When it did what it is for. Written after the answer of the service that it asked.';
COMMENT ON COLUMN link.used_for IS 'The command that it did it by: sent once more, that one is no second use.';

CREATE TABLE page_session (
    digest bytea PRIMARY KEY,
    holder_kind text NOT NULL CHECK (holder_kind IN ('participant', 'worker')),
    holder_id uuid NOT NULL,
    acts_for uuid,
    started_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX page_session_holder ON page_session (holder_id);
CREATE INDEX page_session_expires ON page_session (expires_at);
COMMENT ON TABLE page_session IS 'Someone who opened their own page, or the desk, from a mail, until a moment.';

CREATE TABLE page_use (
    key bytea PRIMARY KEY,
    times bigint NOT NULL CHECK (times > 0),
    until timestamptz NOT NULL
);
CREATE INDEX page_use_until ON page_use (until);
COMMENT ON TABLE page_use IS 'How often the pages were used of late from one place or with one link, by a keyed hash: so that nobody tries tokens.';

-- migrate:down
DROP TABLE page_use, page_session, link;
