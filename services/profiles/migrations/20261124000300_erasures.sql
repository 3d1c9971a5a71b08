-- migrate:up
CREATE TABLE erasure (
    erasure_id uuid PRIMARY KEY,
    requested_at timestamptz NOT NULL,
    expected text [] NOT NULL,
    completed_at timestamptz
);
CREATE INDEX erasure_open ON erasure (erasure_id) WHERE completed_at IS NULL;
COMMENT ON TABLE erasure IS 'The record that someone was erased everywhere. It doesn''t say who.';

CREATE TABLE erasure_confirmation (
    erasure_id uuid NOT NULL REFERENCES erasure (erasure_id) ON DELETE CASCADE,
    confirmed_by text NOT NULL,
    confirmed_at timestamptz NOT NULL,
    PRIMARY KEY (erasure_id, confirmed_by)
);
COMMENT ON TABLE erasure_confirmation IS 'Who has confirmed that they hold nothing more.';

-- migrate:down
DROP TABLE erasure_confirmation;
DROP TABLE erasure;
