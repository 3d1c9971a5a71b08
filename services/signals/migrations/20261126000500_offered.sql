-- migrate:up
CREATE INDEX signal_offered ON signal (offered_to) WHERE offered_to IS NOT NULL;

-- migrate:down
DROP INDEX signal_offered;
