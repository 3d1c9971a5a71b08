-- migrate:up
-- Whom to visit because they know nobody: who has been known for long enough, without a look at the table.
CREATE INDEX participant_known ON participant (neighbourhood_id, known_since) INCLUDE (participant_id)
WHERE status = 'active';

-- migrate:down
DROP INDEX participant_known;
