-- migrate:up
CREATE TABLE neighbourhood (
    neighbourhood_id text PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    names json NOT NULL,
    timezone text NOT NULL,
    policy text NOT NULL,
    organisation_id text NOT NULL,
    retired boolean NOT NULL
);
COMMENT ON TABLE neighbourhood IS 'As profiles tells it.';

CREATE TABLE duty (
    neighbourhood_id text PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    worker_id uuid,
    role text NOT NULL,
    backup_id uuid,
    coordinator_id uuid
);
COMMENT ON TABLE duty IS 'The worker on duty, as profiles tells it, and who comes after.';

CREATE TABLE organisation (
    organisation_id text PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    names json NOT NULL,
    email text,
    phone text,
    coordinator_id uuid,
    removed boolean NOT NULL
);
COMMENT ON TABLE organisation IS 'As profiles tells it: to pass on messages, and to say who somebody works for.';

CREATE TABLE worker (
    worker_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    name text NOT NULL,
    email text NOT NULL,
    phone text,
    language text NOT NULL,
    organisation_id text NOT NULL,
    neighbourhood_ids text [] NOT NULL,
    backup_id uuid,
    ended boolean NOT NULL
);
CREATE INDEX worker_email ON worker (lower(email)) WHERE NOT ended;
COMMENT ON TABLE worker IS 'To address their mail, as profiles tells it; once ended, nothing but the ids.';

CREATE TABLE participant (
    participant_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    neighbourhood_id text NOT NULL,
    name text,
    languages text [] NOT NULL,
    reached_by text CHECK (reached_by IN ('email', 'phone', 'letter', 'organisation')),
    email text,
    phone text,
    organisation_id text,
    quiet_from time,
    quiet_until time,
    status text NOT NULL CHECK (status IN ('active', 'paused', 'left')),
    paused_until timestamptz,
    mandate_holder_ids uuid [] NOT NULL,
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)),
    CHECK (status = 'left' OR (name IS NOT NULL AND reached_by IS NOT NULL))
);
CREATE INDEX participant_email ON participant (lower(email)) WHERE email IS NOT NULL;
CREATE INDEX participant_holders ON participant USING gin (mandate_holder_ids);
COMMENT ON TABLE participant IS 'How anyone in the network is called and reached, as profiles tells it.';
COMMENT ON COLUMN participant.organisation_id IS 'The organisation that passes messages on.';

CREATE TABLE merged_entry (
    participant_id uuid PRIMARY KEY,
    survivor_id uuid NOT NULL,
    CHECK (participant_id <> survivor_id)
);
CREATE INDEX merged_entry_survivor ON merged_entry (survivor_id);
COMMENT ON TABLE merged_entry IS 'Under which entry a person goes on who had two: what is told late of the other one finds it.';

-- migrate:down
DROP TABLE merged_entry, participant, worker, organisation, duty, neighbourhood;
