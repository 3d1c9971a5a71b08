-- migrate:up
CREATE TABLE neighbourhood (
    neighbourhood_id text PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    timezone text NOT NULL,
    policy text NOT NULL,
    organisation_id text NOT NULL,
    cells text [] NOT NULL,
    retired boolean NOT NULL
);
COMMENT ON TABLE neighbourhood IS 'As profiles tells it.';
COMMENT ON COLUMN neighbourhood.cells IS 'H3, resolution 9 (about 170 m): the area. Empty when not drawn.';

CREATE TABLE duty (
    neighbourhood_id text PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    worker_id uuid,
    role text NOT NULL CHECK (role IN ('worker', 'backup', 'coordinator', 'nobody')),
    backup_id uuid,
    coordinator_id uuid
);
COMMENT ON TABLE duty IS 'The worker of the moment, who comes next, and where it ends, as profiles tells it.';

CREATE TABLE worker (
    worker_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    organisation_id text NOT NULL,
    neighbourhood_ids text [] NOT NULL,
    backup_id uuid,
    ended boolean NOT NULL
);
COMMENT ON TABLE worker IS 'As profiles tells it: no name and no contact. Who ended stays known as such.';
COMMENT ON COLUMN worker.backup_id IS 'Who stands in; of who ended, who stood in last.';

CREATE TABLE organisation (
    organisation_id text PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    names jsonb NOT NULL,
    coordinator_id uuid,
    ended boolean NOT NULL
);
COMMENT ON TABLE organisation IS 'As profiles tells it.';

CREATE TABLE partner_grant (
    partner text PRIMARY KEY,
    organisation_id text NOT NULL,
    neighbourhood_ids text [] NOT NULL
);
CREATE INDEX partner_grant_organisation ON partner_grant (organisation_id);
COMMENT ON TABLE partner_grant IS 'Where each partner may act, as the operator granted it.';

CREATE TABLE participant (
    participant_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    neighbourhood_id text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'paused', 'left')),
    languages text [] NOT NULL,
    mandate_holder_ids uuid [] NOT NULL,
    out_of_matching boolean NOT NULL
);
CREATE INDEX participant_neighbourhood ON participant (neighbourhood_id);
COMMENT ON TABLE participant IS 'Anyone in the network, as profiles tells it: no name and no contact.';

CREATE TABLE merged_entry (
    participant_id uuid PRIMARY KEY,
    survivor_id uuid NOT NULL,
    CHECK (participant_id <> survivor_id)
);
CREATE INDEX merged_entry_survivor ON merged_entry (survivor_id);
COMMENT ON TABLE merged_entry IS 'Under which entry a person goes on who had two: what is told late of the other one finds it.';

-- migrate:down
DROP TABLE merged_entry;
DROP TABLE participant;
DROP TABLE partner_grant;
DROP TABLE organisation;
DROP TABLE worker;
DROP TABLE duty;
DROP TABLE neighbourhood;
