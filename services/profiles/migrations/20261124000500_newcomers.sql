-- migrate:up
-- Who has had no visit yet: a few among many who have.
CREATE INDEX participant_newcomer ON participant (neighbourhood_id, name_key, participant_id)
WHERE visited_at IS NULL AND status <> 'merged' AND status <> 'left';

-- migrate:down
DROP INDEX participant_newcomer;
