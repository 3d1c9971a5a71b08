-- migrate:up
ALTER TABLE enjoyment ADD COLUMN cell text;
COMMENT ON COLUMN enjoyment.cell IS 'Where they live, as with the participant: who lives nearest is found without reading all.';
CREATE INDEX enjoyment_near ON enjoyment (neighbourhood_id, part, kind, participant_id) INCLUDE (cell);

CREATE INDEX invitation_lately ON invitation (participant_id, (coalesce(asked_at, made_at)))
INCLUDE (asked_at, made_at, stage, again, answered_at);
CREATE INDEX exchange_agreed ON exchange (participant_id, agreed_at) INCLUDE (opening, stage)
WHERE stage IN ('agreed', 'done');
CREATE INDEX agreement_lately ON agreement (participant_id, agreed_at) INCLUDE (exchange_id) WHERE ended_at IS NULL;

-- migrate:down
DROP INDEX agreement_lately;
DROP INDEX exchange_agreed;
DROP INDEX invitation_lately;
DROP INDEX enjoyment_near;
ALTER TABLE enjoyment DROP COLUMN cell;
