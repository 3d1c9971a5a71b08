-- migrate:up
CREATE TABLE neighbourhood (
    neighbourhood_id text PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    timezone text NOT NULL,
    policy text NOT NULL,
    retired boolean NOT NULL
);
COMMENT ON TABLE neighbourhood IS 'As profiles tells it.';

CREATE TABLE duty (
    neighbourhood_id text PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    worker_id uuid
);
COMMENT ON TABLE duty IS 'The worker on duty, as profiles tells it: in whose name neighbours are asked.';

CREATE TABLE partner_grant (
    partner text PRIMARY KEY,
    organisation_id text NOT NULL,
    neighbourhood_ids text [] NOT NULL
);
COMMENT ON TABLE partner_grant IS 'Where each partner may act, as the operator granted it.';

CREATE TABLE participant (
    participant_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    neighbourhood_id text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'paused', 'left')),
    paused_until timestamptz,
    out_of_matching boolean NOT NULL,
    languages text [] NOT NULL,
    cell text,
    availability text [] NOT NULL,
    ceiling bigint CHECK (ceiling >= 0),
    quiet_from time,
    quiet_until time,
    reached_by text NOT NULL CHECK (reached_by IN ('email', 'phone', 'letter', 'organisation')),
    mandate_holder_ids uuid [] NOT NULL,
    known_since timestamptz NOT NULL,
    heard_at timestamptz NOT NULL,
    silence_told_at timestamptz,
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);
CREATE INDEX participant_neighbourhood ON participant (neighbourhood_id, heard_at) WHERE status = 'active';
COMMENT ON TABLE participant IS 'Anyone in the network, as profiles tells it: no name and no contact.';
COMMENT ON COLUMN participant.cell IS 'H3, resolution 9 (about 170 m).';
COMMENT ON COLUMN participant.availability IS 'Parts of the week: tuesday-afternoon. Empty when not said.';
COMMENT ON COLUMN participant.ceiling IS 'The most invitations they want in 30 days; null: the policy''s.';
COMMENT ON COLUMN participant.heard_at IS 'When they last answered, opened, came or were visited.';
COMMENT ON COLUMN participant.silence_told_at IS 'When it was told that they fell silent; null once they are heard of again.';

CREATE TABLE enjoyment (
    participant_id uuid NOT NULL REFERENCES participant (participant_id) ON DELETE CASCADE,
    part text NOT NULL CHECK (part IN ('talent', 'wish')),
    kind text NOT NULL,
    words text,
    neighbourhood_id text NOT NULL,
    PRIMARY KEY (participant_id, part, kind)
);
CREATE INDEX enjoyment_place ON enjoyment (neighbourhood_id, part, kind, participant_id);
COMMENT ON TABLE enjoyment IS 'Talents and wishes by their kind, also where only the words said which.';

CREATE TABLE circle (
    participant_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    member_ids uuid [] NOT NULL
);
COMMENT ON TABLE circle IS 'On whom each can fall back, as profiles tells it.';

CREATE TABLE consents (
    participant_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    running jsonb NOT NULL
);
COMMENT ON TABLE consents IS 'The consents of a person that run, as profiles tells it.';

CREATE TABLE exchange (
    exchange_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    neighbourhood_id text NOT NULL,
    opening text NOT NULL CHECK (opening IN ('ask', 'offer')),
    participant_id uuid NOT NULL,
    kind text,
    words text,
    happens jsonb NOT NULL,
    starts_at timestamptz,
    ends_at timestamptz,
    often text NOT NULL,
    people bigint NOT NULL CHECK (people > 0),
    stage text NOT NULL CHECK (
        stage IN (
            'draft', 'open', 'inviting', 'proposed', 'agreed', 'done', 'withdrawn', 'expired', 'handed-over'
        )
    ),
    half boolean NOT NULL,
    by_system boolean NOT NULL,
    why text,
    recorded_by text NOT NULL,
    consented text,
    drafted_at timestamptz NOT NULL,
    opened_at timestamptz,
    handed_over_at timestamptz,
    first_yes_at timestamptz,
    rests_until timestamptz,
    rested boolean NOT NULL,
    nobody_told_at timestamptz,
    agreed_at timestamptz,
    ended_at timestamptz,
    CHECK (kind IS NOT NULL OR words IS NOT NULL),
    CHECK ((stage IN ('done', 'withdrawn', 'expired')) = (ended_at IS NOT NULL))
);
CREATE INDEX exchange_participant ON exchange (participant_id, kind, opened_at);
CREATE INDEX exchange_neighbourhood ON exchange (neighbourhood_id, stage, exchange_id);
CREATE INDEX exchange_ended_at ON exchange (ended_at) WHERE ended_at IS NOT NULL;
COMMENT ON TABLE exchange IS 'One small thing between neighbours, opened by an ask or by an offer.';
COMMENT ON COLUMN exchange.participant_id IS 'Whose ask or offer it is.';
COMMENT ON COLUMN exchange.starts_at IS 'When it can be at the earliest, from what was said; null: some time.';
COMMENT ON COLUMN exchange.ends_at IS 'After this it can''t be any more; null: some time.';
COMMENT ON COLUMN exchange.recorded_by IS 'Who brought it: participant, worker, partner, operator, or the system.';
COMMENT ON COLUMN exchange.rests_until IS 'After a "not now" of the side that opened it.';
COMMENT ON COLUMN exchange.rested IS 'Whether there was such a "not now": there is one at most.';

CREATE TABLE deviation (
    deviation_id uuid PRIMARY KEY,
    exchange_id uuid NOT NULL REFERENCES exchange (exchange_id) ON DELETE CASCADE,
    worker_id uuid,
    reason text NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX deviation_exchange ON deviation (exchange_id);
COMMENT ON TABLE deviation IS 'A worker set a limit aside, and why.';

CREATE TABLE invitation (
    invitation_id uuid PRIMARY KEY,
    exchange_id uuid NOT NULL REFERENCES exchange (exchange_id) ON DELETE CASCADE,
    participant_id uuid NOT NULL,
    own boolean NOT NULL,
    stage text NOT NULL CHECK (
        stage IN (
            'held', 'waiting', 'asked', 'yes', 'not-now', 'no', 'never', 'silent', 'arranged', 'taken-back', 'held-back'
        )
    ),
    again boolean NOT NULL,
    acquainted boolean NOT NULL,
    reasons text [] NOT NULL,
    worker_id uuid,
    made_at timestamptz NOT NULL,
    reviewed_by text,
    asked_at timestamptz,
    answer_by timestamptz,
    answered_at timestamptz,
    answered_by text,
    how text,
    UNIQUE (exchange_id, participant_id)
);
CREATE INDEX invitation_participant ON invitation (participant_id, asked_at);
CREATE INDEX invitation_open ON invitation (stage, exchange_id) WHERE stage IN ('held', 'waiting', 'asked');
COMMENT ON TABLE invitation IS 'One quiet, personal question to one neighbour.';
COMMENT ON COLUMN invitation.own IS 'To the one whose wish it is, before anyone else is asked.';

CREATE TABLE agreement (
    exchange_id uuid NOT NULL REFERENCES exchange (exchange_id) ON DELETE CASCADE,
    participant_id uuid NOT NULL,
    agreed_at timestamptz NOT NULL,
    answered_by text,
    how text,
    ended_at timestamptz,
    PRIMARY KEY (exchange_id, participant_id)
);
CREATE INDEX agreement_participant ON agreement (participant_id, agreed_at);
COMMENT ON TABLE agreement IS 'A neighbour with whom the side that opened an exchange agreed, and who may have its contact.';
COMMENT ON COLUMN agreement.answered_by IS 'Who recorded the yes of the side that opened it.';

CREATE TABLE experience (
    exchange_id uuid NOT NULL REFERENCES exchange (exchange_id) ON DELETE CASCADE,
    participant_id uuid NOT NULL,
    answer text NOT NULL CHECK (answer IN ('good', 'fine', 'not-good', 'did-not-happen')),
    said_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (exchange_id, participant_id)
);
CREATE INDEX experience_participant ON experience (participant_id);
COMMENT ON TABLE experience IS 'How it was for someone. "Not good" is for the worker alone.';

CREATE TABLE thanks (
    thanks_id uuid PRIMARY KEY,
    exchange_id uuid NOT NULL REFERENCES exchange (exchange_id) ON DELETE CASCADE,
    participant_id uuid NOT NULL,
    words text NOT NULL,
    said_at timestamptz NOT NULL,
    recorded_by text NOT NULL
);
CREATE INDEX thanks_exchange ON thanks (exchange_id);
CREATE INDEX thanks_participant ON thanks (participant_id);
COMMENT ON TABLE thanks IS 'A word of thanks, for the two people alone.';

CREATE TABLE never_kind (
    participant_id uuid NOT NULL,
    kind text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (participant_id, kind)
);
COMMENT ON TABLE never_kind IS 'What someone does not want to be asked for again.';

CREATE TABLE acquaintance (
    first_id uuid NOT NULL,
    second_id uuid NOT NULL,
    since timestamptz NOT NULL,
    through text NOT NULL CHECK (through IN ('gathering', 'exchange', 'introduction')),
    PRIMARY KEY (first_id, second_id),
    CHECK (first_id < second_id)
);
CREATE INDEX acquaintance_second ON acquaintance (second_id);
COMMENT ON TABLE acquaintance IS 'Two people who have met. Neither is more than the other.';

-- migrate:down
DROP TABLE acquaintance;
DROP TABLE never_kind;
DROP TABLE thanks;
DROP TABLE experience;
DROP TABLE agreement;
DROP TABLE invitation;
DROP TABLE deviation;
DROP TABLE exchange;
DROP TABLE consents;
DROP TABLE circle;
DROP TABLE enjoyment;
DROP TABLE participant;
DROP TABLE partner_grant;
DROP TABLE duty;
DROP TABLE neighbourhood;
