-- migrate:up
CREATE SCHEMA messaging;

CREATE TABLE messaging.inbox (
    stream text NOT NULL,
    id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (stream, id)
);
CREATE INDEX inbox_received_at ON messaging.inbox USING brin (received_at);
COMMENT ON TABLE messaging.inbox IS 'Events and states already handled: a second delivery does nothing.';

CREATE TABLE messaging.answer (
    sender text NOT NULL,
    id uuid NOT NULL,
    digest bytea NOT NULL,
    body text NOT NULL,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (sender, id)
);
CREATE INDEX answer_answered_at ON messaging.answer USING brin (answered_at);
COMMENT ON TABLE messaging.answer IS 'The answer to each command, given again when the command comes again, whichever way.';

CREATE TABLE messaging.outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL,
    stream text NOT NULL,
    subject text NOT NULL,
    headers text NOT NULL,
    body text NOT NULL,
    persons uuid [] NOT NULL,
    written_at timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000);
COMMENT ON TABLE messaging.outbox IS 'Messages that the relay has yet to publish, in order; gone once the stream has them.';

CREATE TABLE messaging.timer (
    key text PRIMARY KEY,
    due_at timestamptz NOT NULL,
    id uuid NOT NULL,
    stream text NOT NULL,
    subject text NOT NULL,
    headers text NOT NULL,
    body text NOT NULL,
    persons uuid [] NOT NULL
);
CREATE INDEX timer_due_at ON messaging.timer (due_at);
COMMENT ON TABLE messaging.timer IS 'Events to send later, unless the transaction that makes one moot cancels it.';

CREATE TABLE messaging.failure (
    stream text NOT NULL,
    sequence bigint NOT NULL,
    attempts int NOT NULL,
    reason text NOT NULL,
    failed_at timestamptz NOT NULL,
    PRIMARY KEY (stream, sequence)
);
COMMENT ON TABLE messaging.failure IS 'How often a message that is still being retried has failed.';

CREATE TABLE messaging.dead_letter (
    id uuid PRIMARY KEY,
    stream text NOT NULL,
    sequence bigint NOT NULL,
    subject text NOT NULL,
    headers text NOT NULL,
    body bytea NOT NULL,
    message_type text NOT NULL,
    persons uuid [] NOT NULL,
    reason text NOT NULL,
    place text NOT NULL,
    attempts int NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'replayed', 'discarded')),
    died_at timestamptz NOT NULL,
    closed_at timestamptz,
    digest bytea NOT NULL,
    UNIQUE (stream, sequence, digest)
);
COMMENT ON TABLE messaging.dead_letter IS 'Messages that could not be handled, with the reason and the place to look; DEAD_LETTERS carries a pointer.';

CREATE TABLE messaging.erased (
    id uuid PRIMARY KEY,
    erased_at timestamptz NOT NULL
);
COMMENT ON TABLE messaging.erased IS 'Participants whose data was erased: later messages that name them are refused.';

-- migrate:down
DROP SCHEMA messaging CASCADE;
