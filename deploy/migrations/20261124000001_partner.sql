-- migrate:up
CREATE TABLE partner (
    name text PRIMARY KEY,
    organisation_id text NOT NULL,
    neighbourhood_ids text [] NOT NULL CHECK (cardinality(neighbourhood_ids) > 0),
    commands text [] NOT NULL,
    account text NOT NULL UNIQUE,
    user_key text NOT NULL,
    granted_at timestamptz NOT NULL
);
COMMENT ON TABLE partner IS 'Organisations that plug in by events, and what each may do.';
COMMENT ON COLUMN partner.commands IS 'Commands and queries that it may send: types without their version.';
COMMENT ON COLUMN partner.account IS 'The public key of its NATS account.';
COMMENT ON COLUMN partner.user_key IS 'The public key of its NATS user; the seed is the partner''s alone.';

-- migrate:down
DROP TABLE partner;
