-- migrate:up
CREATE TABLE mandate (
    mandate_id uuid PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participant (participant_id) ON DELETE CASCADE,
    holder_id uuid NOT NULL REFERENCES participant (participant_id) ON DELETE CASCADE,
    on_word_of text NOT NULL CHECK (on_word_of IN ('participant', 'relative', 'worker', 'organisation')),
    recorded_by text NOT NULL,
    given_at timestamptz NOT NULL,
    until timestamptz,
    ended_at timestamptz,
    ending text CHECK (ending IN ('ended', 'run-out', 'left')),
    CHECK (participant_id <> holder_id),
    CHECK ((ended_at IS NULL) = (ending IS NULL))
);
CREATE INDEX mandate_participant ON mandate (participant_id);
CREATE INDEX mandate_holder ON mandate (holder_id);
CREATE INDEX mandate_ended_at ON mandate (ended_at) WHERE ended_at IS NOT NULL;
COMMENT ON TABLE mandate IS 'Who may answer for whom, on whose word, until when.';

CREATE TABLE consent (
    consent_id uuid PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participant (participant_id) ON DELETE CASCADE,
    purpose text NOT NULL,
    fields text [] NOT NULL,
    organisation_id text NOT NULL,
    how text NOT NULL CHECK (how IN ('spoken', 'phone', 'written', 'online')),
    recorded_by text NOT NULL,
    given_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    ended_at timestamptz,
    ending text CHECK (ending IN ('withdrawn', 'run-out', 'left')),
    CHECK ((ended_at IS NULL) = (ending IS NULL))
);
CREATE INDEX consent_participant ON consent (participant_id);
CREATE INDEX consent_ended_at ON consent (ended_at) WHERE ended_at IS NOT NULL;
COMMENT ON TABLE consent IS 'What someone agreed that one organisation sees. Consents for referrals belong to signals.';

CREATE TABLE fetch_log (
    fetch_id uuid PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participant (participant_id) ON DELETE CASCADE,
    fetched_at timestamptz NOT NULL,
    fetched_by text NOT NULL,
    organisation_id text,
    consent_ids uuid [] NOT NULL,
    fields text [] NOT NULL
);
CREATE INDEX fetch_log_participant ON fetch_log (participant_id);
CREATE INDEX fetch_log_fetched_at ON fetch_log (fetched_at);
COMMENT ON TABLE fetch_log IS 'Each time that a partner saw details of someone, or an address was given out for a letter.';

CREATE TABLE tie (
    first_id uuid NOT NULL REFERENCES participant (participant_id) ON DELETE CASCADE,
    second_id uuid NOT NULL REFERENCES participant (participant_id) ON DELETE CASCADE,
    asked_by uuid,
    asked_at timestamptz NOT NULL,
    agreed_at timestamptz,
    ended_by uuid,
    ended_at timestamptz,
    PRIMARY KEY (first_id, second_id),
    CHECK (first_id < second_id),
    CHECK (asked_by IN (first_id, second_id)),
    CHECK (ended_by IN (first_id, second_id)),
    CHECK ((ended_by IS NULL) = (ended_at IS NULL))
);
CREATE INDEX tie_second ON tie (second_id);
CREATE INDEX tie_ended_at ON tie (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX tie_unanswered ON tie (asked_at) WHERE agreed_at IS NULL;
COMMENT ON TABLE tie IS 'What is between two people about their circle: asked, agreed by both, or ended. Who ended it is told to nobody else.';

CREATE TABLE visit (
    visit_id uuid PRIMARY KEY,
    participant_id uuid NOT NULL REFERENCES participant (participant_id) ON DELETE CASCADE,
    worker_id uuid NOT NULL,
    visited_at timestamptz NOT NULL
);
CREATE INDEX visit_participant ON visit (participant_id);
CREATE INDEX visit_visited_at ON visit (visited_at);
COMMENT ON TABLE visit IS 'That a worker has spoken with someone: who and when, never what.';

-- migrate:down
DROP TABLE visit;
DROP TABLE tie;
DROP TABLE fetch_log;
DROP TABLE consent;
DROP TABLE mandate;
