-- migrate:up
-- Whom matching may put forward, with all that it reads of them: neighbours lie together here, and scattered in the table.
CREATE INDEX participant_looking ON participant (neighbourhood_id, participant_id)
INCLUDE (languages, availability, ceiling, quiet_from, quiet_until) WHERE status = 'active' AND NOT out_of_matching;

-- migrate:down
DROP INDEX participant_looking;
