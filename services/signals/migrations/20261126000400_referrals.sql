-- migrate:up
CREATE TABLE referral (
    referral_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    neighbourhood_id text NOT NULL,
    participant_id uuid NOT NULL,
    service_id text NOT NULL REFERENCES service (service_id),
    kind text NOT NULL,
    signal_id uuid,
    previous_id uuid,
    follows_as text CHECK (follows_as IN ('retry', 'forward')),
    state text NOT NULL CHECK (
        state IN (
            'draft', 'requested', 'accepted', 'rejected', 'in-progress', 'on-hold', 'completed', 'failed', 'cancelled',
            'entered-in-error'
        )
    ),
    reason text,
    outcome text,
    worker_id uuid,
    organisation_id text,
    drafted_at timestamptz NOT NULL,
    requested_at timestamptz,
    seen_at timestamptz,
    answered_at timestamptz,
    ended_at timestamptz,
    decide_by timestamptz,
    decide_step text CHECK (decide_step IN ('worker', 'backup', 'coordinator')),
    CHECK ((previous_id IS NULL) = (follows_as IS NULL)),
    CHECK ((state IN ('rejected', 'cancelled', 'on-hold', 'failed')) = (reason IS NOT NULL)),
    CHECK ((state IN ('completed', 'rejected', 'failed', 'cancelled')) = (outcome IS NOT NULL)),
    CHECK (
        (state IN ('rejected', 'completed', 'failed', 'cancelled', 'entered-in-error')) = (ended_at IS NOT NULL)
    ),
    CHECK ((state IN ('requested', 'accepted', 'in-progress', 'on-hold')) = (decide_by IS NOT NULL))
);
CREATE INDEX referral_participant ON referral (participant_id, referral_id);
CREATE INDEX referral_place ON referral (neighbourhood_id, referral_id);
CREATE INDEX referral_worker ON referral (worker_id, referral_id);
CREATE INDEX referral_month ON referral (neighbourhood_id, requested_at);
CREATE INDEX referral_signal ON referral (signal_id) WHERE signal_id IS NOT NULL;
CREATE INDEX referral_previous ON referral (previous_id) WHERE previous_id IS NOT NULL;
CREATE INDEX referral_ended ON referral (ended_at) WHERE ended_at IS NOT NULL;
COMMENT ON TABLE referral IS 'Someone guided to a service, followed until its end is known. What the service sees of them is apart.';
COMMENT ON COLUMN referral.kind IS 'Of the policy''s kinds of signals: for figures, and never told to the service.';
COMMENT ON COLUMN referral.worker_id IS 'Whose it is.';
COMMENT ON COLUMN referral.organisation_id IS 'The partner organisation of its service when it was requested: no other ever learns of it. Null: no partner.';
COMMENT ON COLUMN referral.decide_by IS 'When the worker has to have said that it stays open.';
COMMENT ON COLUMN referral.decide_step IS 'Who was last told that it can''t stay open without a word.';

CREATE TABLE referral_step (
    step_id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referral (referral_id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    by text NOT NULL,
    what text NOT NULL,
    state text,
    reason text,
    outcome text
);
CREATE INDEX referral_step_referral ON referral_step (referral_id, step_id);
COMMENT ON TABLE referral_step IS 'What happened to each referral, and by whom.';

CREATE TABLE referral_consent (
    consent_id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referral (referral_id) ON DELETE CASCADE,
    fields text [] NOT NULL,
    until timestamptz NOT NULL,
    how text NOT NULL,
    on_word_of text NOT NULL,
    recorded_by text NOT NULL,
    given_at timestamptz NOT NULL,
    fetched_at timestamptz,
    ended_at timestamptz,
    ending text CHECK (ending IN ('withdrawn', 'run-out', 'replaced', 'referral-ended')),
    CHECK ((ended_at IS NULL) = (ending IS NULL))
);
CREATE UNIQUE INDEX referral_consent_running ON referral_consent (referral_id) WHERE ended_at IS NULL;
CREATE INDEX referral_consent_referral ON referral_consent (referral_id, given_at);
COMMENT ON TABLE referral_consent IS 'Which fields the service of a referral may see, until when, and on whose word. At most one runs.';
COMMENT ON COLUMN referral_consent.fetched_at IS 'When the service first fetched details under it: then it is told when they have to go.';

CREATE TABLE referral_details (
    referral_id uuid PRIMARY KEY REFERENCES referral (referral_id) ON DELETE CASCADE,
    token bytea NOT NULL,
    key_id text NOT NULL,
    filled text [] NOT NULL
);
COMMENT ON TABLE referral_details IS 'What a service may see of a person, encrypted; gone when the referral ends.';
COMMENT ON COLUMN referral_details.key_id IS 'With which key.';
COMMENT ON COLUMN referral_details.filled IS 'Which fields say something.';

CREATE TABLE referral_farewell (
    referral_id uuid PRIMARY KEY,
    service_id text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX referral_farewell_at ON referral_farewell (at);
COMMENT ON TABLE referral_farewell IS 'To which service a referral went of someone who was erased: so that it can still be told that it is over.';

CREATE TABLE gathering (
    gathering_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    neighbourhood_id text NOT NULL,
    starts_at timestamptz NOT NULL,
    ahead boolean NOT NULL
);
CREATE INDEX gathering_ahead ON gathering (neighbourhood_id, starts_at) WHERE ahead;
CREATE INDEX gathering_starts_at ON gathering (starts_at);
COMMENT ON TABLE gathering IS 'When people meet in a neighbourhood, as exchange tells it: the next one is proposed when a referral ends.';
COMMENT ON COLUMN gathering.ahead IS 'False once it was held or cancelled.';

CREATE TABLE referral_figure (
    neighbourhood_id text NOT NULL,
    month text NOT NULL,
    requested bigint,
    answered bigint,
    working_days_to_answer bigint,
    unreachable bigint,
    still_open bigint,
    counts jsonb NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (neighbourhood_id, month)
);
CREATE INDEX referral_figure_made_at ON referral_figure (made_at);
COMMENT ON TABLE referral_figure IS 'Counts of people of a month that is over, as they may be shown: a small one was never written down.';

ALTER TABLE partner_grant ADD COLUMN answers_referrals boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN partner_grant.answers_referrals IS 'Whether it was granted to accept referrals: else its services are written to.';

-- migrate:down
ALTER TABLE partner_grant DROP COLUMN answers_referrals;
DROP TABLE referral_figure;
DROP TABLE gathering;
DROP TABLE referral_farewell;
DROP TABLE referral_details;
DROP TABLE referral_consent;
DROP TABLE referral_step;
DROP TABLE referral;
