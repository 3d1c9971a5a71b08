-- migrate:up
CREATE TABLE figure (
    neighbourhood_id text NOT NULL,
    month text NOT NULL,
    opened bigint,
    agreed bigint,
    days_to_yes double precision,
    people_in_exchanges bigint,
    people_who_gave_a_turn bigint,
    gatherings bigint,
    people_at_gatherings bigint,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (neighbourhood_id, month)
);
CREATE INDEX figure_made_at ON figure (made_at);
COMMENT ON TABLE figure IS 'Counts of a month that is over, as they may be shown: a small one was never written down.';

CREATE INDEX participant_silent ON participant (neighbourhood_id, heard_at)
WHERE status = 'active' AND silence_told_at IS NULL;
COMMENT ON INDEX participant_silent IS 'Of whom it was not told yet that they fell silent.';

-- migrate:down
DROP INDEX participant_silent;
DROP TABLE figure;
