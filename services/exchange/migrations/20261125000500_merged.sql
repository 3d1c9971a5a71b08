-- migrate:up
CREATE TABLE merged_entry (
    participant_id uuid PRIMARY KEY,
    survivor_id uuid NOT NULL,
    CHECK (participant_id <> survivor_id)
);
CREATE INDEX merged_entry_survivor ON merged_entry (survivor_id);
COMMENT ON TABLE merged_entry IS 'Under which entry a person goes on who had two: what is told late of the other one finds it.';

-- migrate:down
DROP TABLE merged_entry;
