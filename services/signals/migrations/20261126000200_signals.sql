-- migrate:up
ALTER TABLE participant ADD COLUMN visited_at timestamptz;
COMMENT ON COLUMN participant.visited_at IS 'When a worker last spoke with them: a silence of before is none any more.';
ALTER TABLE duty ADD COLUMN at_work_id uuid;
ALTER TABLE duty ADD COLUMN at_work_role text CHECK (at_work_role IN ('worker', 'backup'));
COMMENT ON COLUMN duty.at_work_id IS 'The worker or backup who was on duty last: what can wait until they are at work goes to them.';

CREATE TABLE signal (
    signal_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    participant_id uuid NOT NULL,
    neighbourhood_id text NOT NULL,
    kind text NOT NULL,
    urgency text NOT NULL CHECK (urgency IN ('watch', 'this-week', 'today')),
    cause text NOT NULL,
    stage text NOT NULL CHECK (stage IN ('open', 'taken', 'snoozed', 'closed', 'merged')),
    raised_by text NOT NULL,
    raised_at timestamptz NOT NULL,
    on_word_of text,
    exchange_id uuid,
    referral_id uuid,
    worker_id uuid,
    told_id uuid,
    step text CHECK (step IN ('worker', 'backup', 'coordinator')),
    told_at timestamptz,
    offered_to uuid,
    look_again_on date,
    outcome text,
    merged_into uuid,
    ended_at timestamptz,
    CHECK ((stage IN ('closed', 'merged')) = (ended_at IS NOT NULL)),
    CHECK ((stage = 'merged') = (merged_into IS NOT NULL)),
    CHECK ((stage = 'snoozed') = (look_again_on IS NOT NULL)),
    CHECK (stage NOT IN ('taken', 'snoozed') OR worker_id IS NOT NULL),
    CHECK (stage <> 'open' OR worker_id IS NULL),
    CHECK (offered_to IS NULL OR stage IN ('taken', 'snoozed'))
);
CREATE INDEX signal_participant ON signal (participant_id);
CREATE INDEX signal_place ON signal (neighbourhood_id, stage);
CREATE INDEX signal_exchange ON signal (exchange_id) WHERE exchange_id IS NOT NULL;
CREATE INDEX signal_worker ON signal (worker_id) WHERE worker_id IS NOT NULL;
CREATE INDEX signal_told ON signal (told_id) WHERE told_id IS NOT NULL;
CREATE INDEX signal_merged_into ON signal (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX signal_ended_at ON signal (ended_at) WHERE ended_at IS NOT NULL;
COMMENT ON TABLE signal IS 'What someone noticed about a person''s wellbeing. What was said is a note.';
COMMENT ON COLUMN signal.worker_id IS 'Who has it, or had it when it ended; null while it is open.';
COMMENT ON COLUMN signal.told_id IS 'While it is open: who was told last; null when there is nobody.';
COMMENT ON COLUMN signal.told_at IS 'While it is open: since when it waits for whoever was told.';
COMMENT ON COLUMN signal.look_again_on IS 'While it rests, or an eye is kept: the day on which it comes back.';

CREATE TABLE signal_step (
    step_id uuid PRIMARY KEY,
    signal_id uuid NOT NULL REFERENCES signal (signal_id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    by text NOT NULL,
    what text NOT NULL,
    step text,
    worker_id uuid,
    outcome text
);
CREATE INDEX signal_step_signal ON signal_step (signal_id, step_id);
COMMENT ON TABLE signal_step IS 'What happened to a signal, in order.';

CREATE TABLE note (
    note_id uuid PRIMARY KEY,
    signal_id uuid NOT NULL REFERENCES signal (signal_id) ON DELETE CASCADE,
    about text NOT NULL CHECK (about IN ('signal', 'deviation', 'out-of-matching')),
    written_by text NOT NULL,
    written_at timestamptz NOT NULL,
    token bytea NOT NULL,
    key_id text NOT NULL
);
CREATE INDEX note_signal ON note (signal_id, note_id);
CREATE INDEX note_key ON note (key_id);
COMMENT ON TABLE note IS 'Something to remember with a signal, for its worker and their backup: encrypted.';
COMMENT ON COLUMN note.token IS 'Fernet; the key is a file of the deployment.';
COMMENT ON COLUMN note.key_id IS 'Which key: so that what the first key didn''t encrypt can be encrypted anew.';

CREATE TABLE mediation (
    mediation_id uuid PRIMARY KEY,
    signal_id uuid NOT NULL REFERENCES signal (signal_id) ON DELETE CASCADE,
    participant_id uuid NOT NULL,
    other_id uuid NOT NULL,
    spoken_with uuid [] NOT NULL,
    together boolean NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    agreed boolean,
    CHECK (participant_id <> other_id),
    CHECK ((ended_at IS NULL) = (agreed IS NULL))
);
CREATE INDEX mediation_signal ON mediation (signal_id);
CREATE INDEX mediation_participant ON mediation (participant_id);
CREATE INDEX mediation_other ON mediation (other_id);
COMMENT ON TABLE mediation IS 'The worker helps two people; what was said has no column.';

CREATE TABLE reading (
    reading_id uuid PRIMARY KEY,
    participant_id uuid NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    what text NOT NULL CHECK (what IN ('notes', 'details')),
    signal_id uuid,
    referral_id uuid,
    fields text [] NOT NULL
);
CREATE INDEX reading_participant ON reading (participant_id, reading_id);
CREATE INDEX reading_at ON reading (at);
COMMENT ON TABLE reading IS 'That someone read notes or details about a person; outlives what was read.';

CREATE TABLE asked (
    asked_id uuid PRIMARY KEY,
    neighbourhood_id text NOT NULL,
    about text NOT NULL,
    exchange_id uuid,
    invitation_id uuid,
    gathering_id uuid,
    message_id uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    told_id uuid,
    step text NOT NULL CHECK (step IN ('worker', 'backup', 'coordinator')),
    told_at timestamptz NOT NULL
);
CREATE INDEX asked_exchange ON asked (exchange_id) WHERE exchange_id IS NOT NULL;
CREATE INDEX asked_gathering ON asked (gathering_id) WHERE gathering_id IS NOT NULL;
CREATE INDEX asked_told ON asked (told_id) WHERE told_id IS NOT NULL;
COMMENT ON TABLE asked IS 'What exchange asks a worker to look at and nobody did yet.';
COMMENT ON COLUMN asked.message_id IS 'Of the event that asked: what was told later can end it, also when it comes first.';

CREATE TABLE heard (
    object_id uuid NOT NULL,
    what text NOT NULL CHECK (what IN ('settled', 'not-sought', 'set-aside')),
    message_id uuid NOT NULL,
    heard_at timestamptz NOT NULL,
    PRIMARY KEY (object_id, what)
);
CREATE INDEX heard_at ON heard (heard_at);
COMMENT ON TABLE heard IS 'The last that exchange told of an exchange, question or gathering: so that the order of arrival makes no difference.';
COMMENT ON COLUMN heard.what IS 'settled: a worker isn''t asked any more; not-sought: nobody is sought; set-aside: a limit was.';

-- migrate:down
DROP TABLE heard;
DROP TABLE asked;
DROP TABLE reading;
DROP TABLE mediation;
DROP TABLE note;
DROP TABLE signal_step;
DROP TABLE signal;
ALTER TABLE duty DROP COLUMN at_work_role;
ALTER TABLE duty DROP COLUMN at_work_id;
ALTER TABLE participant DROP COLUMN visited_at;
