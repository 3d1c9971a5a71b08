-- migrate:up
CREATE TABLE organisation (
    organisation_id text PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    names jsonb NOT NULL,
    kind text NOT NULL CHECK (
        kind IN ('local-service-centre', 'municipality', 'care-provider', 'association', 'other')
    ),
    email text,
    phone text,
    coordinator_id uuid,
    retired_at timestamptz
);
COMMENT ON TABLE organisation IS 'An organisation that employs workers, or that plugs in as a partner.';
COMMENT ON COLUMN organisation.coordinator_id IS 'One of its workers, where escalation ends.';

CREATE TABLE neighbourhood (
    neighbourhood_id text PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    names jsonb NOT NULL,
    timezone text NOT NULL,
    policy text NOT NULL,
    organisation_id text NOT NULL REFERENCES organisation (organisation_id),
    cells text [] NOT NULL,
    registered_at timestamptz NOT NULL,
    retired_at timestamptz
);
CREATE INDEX neighbourhood_organisation ON neighbourhood (organisation_id);
COMMENT ON TABLE neighbourhood IS 'The area that a worker knows on foot.';
COMMENT ON COLUMN neighbourhood.cells IS 'Its area in H3 cells of resolution 9; empty when it was never drawn.';

CREATE TABLE worker (
    worker_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    name text NOT NULL,
    email text NOT NULL,
    phone text,
    language text NOT NULL,
    organisation_id text NOT NULL REFERENCES organisation (organisation_id),
    hours jsonb NOT NULL,
    backup_id uuid REFERENCES worker (worker_id) ON DELETE SET NULL,
    ended_at timestamptz
);
CREATE UNIQUE INDEX worker_email ON worker (lower(email)) WHERE ended_at IS NULL;
CREATE INDEX worker_organisation ON worker (organisation_id);
CREATE INDEX worker_backup ON worker (backup_id);
COMMENT ON TABLE worker IS 'The professional who connects.';
COMMENT ON COLUMN worker.hours IS 'Stretches of the week, on the clock of the neighbourhood; none at all: always.';

CREATE TABLE worker_neighbourhood (
    neighbourhood_id text NOT NULL REFERENCES neighbourhood (neighbourhood_id),
    worker_id uuid NOT NULL REFERENCES worker (worker_id) ON DELETE CASCADE,
    assigned_at timestamptz NOT NULL,
    PRIMARY KEY (neighbourhood_id, worker_id)
);
CREATE INDEX worker_neighbourhood_worker ON worker_neighbourhood (worker_id);
COMMENT ON TABLE worker_neighbourhood IS 'Who works where; who came first is asked first.';

CREATE TABLE absence (
    absence_id uuid PRIMARY KEY,
    worker_id uuid NOT NULL REFERENCES worker (worker_id) ON DELETE CASCADE,
    begins_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    CHECK (begins_at < ends_at)
);
CREATE INDEX absence_worker ON absence (worker_id, ends_at);
CREATE INDEX absence_ends_at ON absence (ends_at);
COMMENT ON TABLE absence IS 'When a worker is away. Why is nobody''s business.';

CREATE TABLE duty (
    neighbourhood_id text PRIMARY KEY REFERENCES neighbourhood (neighbourhood_id),
    version bigint NOT NULL CHECK (version > 0),
    worker_id uuid,
    role text NOT NULL CHECK (role IN ('worker', 'backup', 'coordinator', 'nobody')),
    until timestamptz,
    backup_id uuid,
    coordinator_id uuid
);
COMMENT ON TABLE duty IS 'The worker on duty, as last told to the other services.';

CREATE TABLE figure (
    neighbourhood_id text NOT NULL REFERENCES neighbourhood (neighbourhood_id),
    month text NOT NULL,
    participants bigint,
    with_circle bigint,
    newcomers bigint,
    visited_in_time bigint,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (neighbourhood_id, month)
);
CREATE INDEX figure_made_at ON figure (made_at);
COMMENT ON TABLE figure IS 'Counts of a month that is over, as they may be shown: a small one was never written down.';

-- migrate:down
DROP TABLE figure;
DROP TABLE duty;
DROP TABLE absence;
DROP TABLE worker_neighbourhood;
DROP TABLE worker;
DROP TABLE neighbourhood;
DROP TABLE organisation;
