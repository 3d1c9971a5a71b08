-- migrate:up
CREATE TABLE mail (
    mail_id uuid PRIMARY KEY,
    kind text NOT NULL,
    to_kind text NOT NULL CHECK (to_kind IN ('participant', 'worker', 'contact', 'municipality', 'operator')),
    to_id uuid,
    acts_for uuid,
    neighbourhood_id text,
    thread uuid NOT NULL,
    participant_id uuid,
    other_id uuid,
    exchange_id uuid,
    invitation_id uuid,
    gathering_id uuid,
    signal_id uuid,
    referral_id uuid,
    detail jsonb NOT NULL DEFAULT '{}',
    address text,
    stage text NOT NULL CHECK (
        stage IN ('waiting', 'sent', 'moot', 'by-worker', 'gathered', 'refused', 'dead')
    ),
    due_at timestamptz NOT NULL,
    claimed_until timestamptz,
    attempts bigint NOT NULL DEFAULT 0,
    reason text,
    made_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK ((stage = 'waiting') = (ended_at IS NULL)),
    CHECK (to_kind IN ('municipality', 'operator') OR to_id IS NOT NULL),
    CHECK (address IS NULL OR to_kind = 'operator')
);
CREATE INDEX mail_due ON mail (due_at, mail_id) WHERE stage = 'waiting';
CREATE INDEX mail_to ON mail (to_id, thread);
CREATE INDEX mail_acts_for ON mail (acts_for) WHERE acts_for IS NOT NULL;
CREATE INDEX mail_participant ON mail (participant_id) WHERE participant_id IS NOT NULL;
CREATE INDEX mail_other ON mail (other_id) WHERE other_id IS NOT NULL;
CREATE INDEX mail_ended_at ON mail (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX mail_stage ON mail (stage, made_at);
COMMENT ON TABLE mail IS 'Who is told what and when, by ids alone: what a mail says is asked when it is sent, and kept nowhere.';
COMMENT ON COLUMN mail.mail_id IS 'Made of kind, matter and person, so that what is told twice is sent once. Its Message-ID too.';
COMMENT ON COLUMN mail.to_id IS 'A participant, a worker, or for the contact of a service the referral.';
COMMENT ON COLUMN mail.acts_for IS 'For whom, when it goes to who holds their mandate.';
COMMENT ON COLUMN mail.thread IS 'Of the matter: a mail program shows its mails together.';
COMMENT ON COLUMN mail.participant_id IS 'Of whom it is, when it is for a worker.';
COMMENT ON COLUMN mail.detail IS 'Words of contracts that came with it: a step, an urgency, a state. Nothing of anybody.';
COMMENT ON COLUMN mail.address IS 'Of a mail to try out, until it is sent.';
COMMENT ON COLUMN mail.claimed_until IS 'A replica is at it; after this another may.';

CREATE FUNCTION tell_mail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('mail', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER mail_made AFTER INSERT ON mail FOR EACH STATEMENT EXECUTE FUNCTION tell_mail();

CREATE TABLE task (
    task_id uuid PRIMARY KEY,
    neighbourhood_id text NOT NULL,
    participant_id uuid NOT NULL,
    way text NOT NULL CHECK (way IN ('phone', 'letter', 'organisation')),
    kind text NOT NULL,
    exchange_id uuid,
    invitation_id uuid,
    gathering_id uuid,
    referral_id uuid,
    other_id uuid,
    detail jsonb NOT NULL DEFAULT '{}',
    worker_id uuid,
    stage text NOT NULL CHECK (stage IN ('open', 'done', 'undone', 'moot')),
    given_at timestamptz NOT NULL,
    do_by timestamptz NOT NULL,
    done_at timestamptz,
    done_by text
);
CREATE INDEX task_open ON task (do_by, task_id) WHERE stage = 'open';
CREATE INDEX task_participant ON task (participant_id);
CREATE INDEX task_other ON task (other_id) WHERE other_id IS NOT NULL;
CREATE INDEX task_worker ON task (worker_id, stage);
CREATE INDEX task_neighbourhood ON task (neighbourhood_id, stage);
COMMENT ON TABLE task IS 'What someone without e-mail is to hear from their worker: the mail of the same id, told otherwise.';

CREATE TABLE digest_item (
    item_id uuid PRIMARY KEY,
    worker_id uuid NOT NULL,
    what text NOT NULL,
    neighbourhood_id text,
    participant_id uuid,
    matter_id uuid,
    climbed boolean NOT NULL,
    since timestamptz NOT NULL,
    gathered_in uuid
);
CREATE INDEX digest_item_worker ON digest_item (worker_id) WHERE gathered_in IS NULL;
CREATE INDEX digest_item_participant ON digest_item (participant_id);
CREATE INDEX digest_item_since ON digest_item (since);
COMMENT ON TABLE digest_item IS 'What a worker reads in the next digest, beside what other services say is open.';
COMMENT ON COLUMN digest_item.gathered_in IS 'The mail in which it stood.';

CREATE TABLE failing_address (
    participant_id uuid PRIMARY KEY,
    failed_at timestamptz NOT NULL
);
COMMENT ON TABLE failing_address IS 'Whose address took no mail: they hear by their worker, until they have another one.';

CREATE TABLE does_without (
    participant_id uuid NOT NULL,
    mails text NOT NULL,
    PRIMARY KEY (participant_id, mails)
);
COMMENT ON TABLE does_without IS 'Groups of mails that someone does not want.';

CREATE TABLE digest_hour (
    worker_id uuid PRIMARY KEY,
    rhythm text CHECK (rhythm IN ('daily', 'weekly')),
    at time
);
COMMENT ON TABLE digest_hour IS 'When a worker wants the digest; null: as the policy says.';

-- migrate:down
DROP TABLE digest_hour, does_without, failing_address, digest_item, task, mail;
DROP FUNCTION tell_mail;
