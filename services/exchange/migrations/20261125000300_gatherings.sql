-- migrate:up
CREATE TABLE series (
    series_id uuid PRIMARY KEY,
    neighbourhood_id text NOT NULL,
    repeats text NOT NULL,
    first_at timestamptz NOT NULL,
    lasts interval NOT NULL CHECK (lasts > interval '0'),
    planned_until timestamptz NOT NULL,
    host_id uuid,
    title text NOT NULL,
    kind text,
    place text NOT NULL,
    cell text,
    seats bigint CHECK (seats > 0),
    bring text,
    invite boolean NOT NULL,
    planned_by text NOT NULL,
    ended_at timestamptz
);
CREATE INDEX series_host ON series (host_id) WHERE ended_at IS NULL;
COMMENT ON TABLE series IS 'What gatherings that recur have in common, and what the next ones begin with.';
COMMENT ON COLUMN series.repeats IS 'A recurrence rule (RFC 5545), on the clock of the neighbourhood.';
COMMENT ON COLUMN series.planned_until IS 'All of them that begin before this moment have been planned.';

CREATE TABLE gathering (
    gathering_id uuid PRIMARY KEY,
    series_id uuid REFERENCES series (series_id),
    day date,
    version bigint NOT NULL CHECK (version > 0),
    neighbourhood_id text NOT NULL,
    host_id uuid,
    title text NOT NULL,
    kind text,
    place text NOT NULL,
    cell text,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    seats bigint CHECK (seats > 0),
    bring text,
    invites_at timestamptz,
    stage text NOT NULL CHECK (stage IN ('planned', 'held', 'cancelled')),
    planned_by text NOT NULL,
    planned_at timestamptz NOT NULL,
    CHECK (ends_at > starts_at),
    CHECK ((series_id IS NULL) = (day IS NULL)),
    UNIQUE (series_id, day)
);
CREATE INDEX gathering_neighbourhood ON gathering (neighbourhood_id, starts_at, gathering_id);
CREATE INDEX gathering_host ON gathering (host_id, starts_at);
CREATE INDEX gathering_ends_at ON gathering (ends_at);
COMMENT ON TABLE gathering IS 'People meeting.';
COMMENT ON COLUMN gathering.host_id IS 'Who welcomes people; null: the worker.';
COMMENT ON COLUMN gathering.day IS 'Which one of its series: the day that the rule gave, also when it was moved since.';
COMMENT ON COLUMN gathering.seats IS 'The most people, whoever welcomes them not among them; null: as many as come.';
COMMENT ON COLUMN gathering.invites_at IS 'When neighbours are to be invited; null once they have been, or when nobody is to be.';
COMMENT ON COLUMN gathering.planned_by IS 'Who planned it: participant, worker, partner or operator.';

CREATE TABLE guest (
    gathering_id uuid NOT NULL REFERENCES gathering (gathering_id) ON DELETE CASCADE,
    participant_id uuid NOT NULL,
    invited_at timestamptz,
    waiting boolean NOT NULL DEFAULT false,
    coming boolean,
    bringing text,
    answered_at timestamptz,
    answered_by text,
    how text,
    was_there boolean,
    PRIMARY KEY (gathering_id, participant_id)
);
CREATE INDEX guest_participant ON guest (participant_id, invited_at);
COMMENT ON TABLE guest IS 'Someone who was invited, comes, or was there.';
COMMENT ON COLUMN guest.invited_at IS 'When they are asked: ahead while they wait. Null: they came of themselves.';
COMMENT ON COLUMN guest.waiting IS 'Whether they are asked when their quiet hours are over.';
COMMENT ON COLUMN guest.coming IS 'Null: no answer, which is fine.';
COMMENT ON COLUMN guest.was_there IS 'Null: not recorded.';

-- migrate:down
DROP TABLE guest;
DROP TABLE gathering;
DROP TABLE series;
