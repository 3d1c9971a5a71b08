-- migrate:up
CREATE TABLE participant (
    participant_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    name text NOT NULL,
    name_key text NOT NULL,
    neighbourhood_id text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'paused', 'left', 'merged')),
    merged_into uuid REFERENCES participant (participant_id) ON DELETE CASCADE,
    paused_until timestamptz,
    out_of_matching boolean NOT NULL,
    languages text [] NOT NULL,
    reach_by text NOT NULL CHECK (reach_by IN ('email', 'phone', 'letter', 'organisation')),
    email text,
    email_key text,
    phone text,
    phone_key text,
    organisation_id text,
    cell text,
    address text,
    talents jsonb NOT NULL,
    wishes jsonb NOT NULL,
    availability jsonb NOT NULL,
    ceiling bigint CHECK (ceiling >= 0),
    quiet_from time,
    quiet_until time,
    sender text NOT NULL,
    registered_by text NOT NULL,
    on_word_of text NOT NULL CHECK (on_word_of IN ('participant', 'relative', 'worker', 'organisation')),
    reference text,
    registered_at timestamptz NOT NULL,
    newcomer_since timestamptz NOT NULL,
    visited_at timestamptz,
    left_at timestamptz,
    CHECK ((status = 'merged') = (merged_into IS NOT NULL)),
    CHECK ((status = 'left') = (left_at IS NOT NULL)),
    CHECK (status = 'paused' OR paused_until IS NULL),
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);
CREATE UNIQUE INDEX participant_reference ON participant (sender, reference) WHERE reference IS NOT NULL;
CREATE INDEX participant_name ON participant (neighbourhood_id, name_key);
CREATE INDEX participant_email ON participant (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX participant_phone ON participant (phone_key) WHERE phone_key IS NOT NULL;
CREATE INDEX participant_merged_into ON participant (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX participant_left_at ON participant (left_at) WHERE left_at IS NOT NULL;
COMMENT ON TABLE participant IS 'Anyone in the network. A merged entry keeps its origin alone, and points to the survivor.';
COMMENT ON COLUMN participant.name_key IS 'The name without accents, capitals, punctuation and order: what doubles and searches go by.';
COMMENT ON COLUMN participant.cell IS 'H3, resolution 9 (about 170 m).';
COMMENT ON COLUMN participant.address IS 'For letters only: shown when one is printed, sent nowhere.';
COMMENT ON COLUMN participant.ceiling IS 'The most invitations they want in 30 days; null: the policy''s.';
COMMENT ON COLUMN participant.sender IS 'Who sent the registration, and within whom the reference is unique.';
COMMENT ON COLUMN participant.newcomer_since IS 'When they came to this neighbourhood, or back to the network.';
COMMENT ON COLUMN participant.visited_at IS 'The first visit since then.';

CREATE TABLE possible_double (
    first_id uuid NOT NULL REFERENCES participant (participant_id) ON DELETE CASCADE,
    second_id uuid NOT NULL REFERENCES participant (participant_id) ON DELETE CASCADE,
    same_by text [] NOT NULL,
    found_at timestamptz NOT NULL,
    dismissed_at timestamptz,
    dismissed_by text,
    PRIMARY KEY (first_id, second_id),
    CHECK (first_id < second_id)
);
CREATE INDEX possible_double_second ON possible_double (second_id);
COMMENT ON TABLE possible_double IS 'Two entries that may be one person, until a worker merges or dismisses them.';

CREATE TABLE partner_grant (
    partner text PRIMARY KEY,
    organisation_id text NOT NULL,
    neighbourhood_ids text [] NOT NULL
);
COMMENT ON TABLE partner_grant IS 'Where each partner may act, as the operator granted it.';

-- migrate:down
DROP TABLE partner_grant;
DROP TABLE possible_double;
DROP TABLE participant;
