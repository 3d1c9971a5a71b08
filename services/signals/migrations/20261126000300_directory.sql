-- migrate:up
CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;
CREATE TEXT SEARCH CONFIGURATION directory_nl (COPY = pg_catalog.dutch);
ALTER TEXT SEARCH CONFIGURATION directory_nl
ALTER MAPPING FOR asciihword, asciiword, hword, hword_asciipart, hword_part, word WITH unaccent, dutch_stem;
CREATE TEXT SEARCH CONFIGURATION directory_fr (COPY = pg_catalog.french);
ALTER TEXT SEARCH CONFIGURATION directory_fr
ALTER MAPPING FOR asciihword, asciiword, hword, hword_asciipart, hword_part, word WITH unaccent, french_stem;
CREATE TEXT SEARCH CONFIGURATION directory_en (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION directory_en
ALTER MAPPING FOR asciihword, asciiword, hword, hword_asciipart, hword_part, word WITH unaccent, english_stem;

CREATE TABLE directory_source (
    source text PRIMARY KEY,
    title text NOT NULL,
    import_id uuid NOT NULL,
    finished boolean NOT NULL,
    brought_at timestamptz,
    made_by text
);
COMMENT ON TABLE directory_source IS 'Who publishes a directory. What one no longer has is retired among its own.';
COMMENT ON COLUMN directory_source.import_id IS 'The import that runs, or the last one: what comes of an earlier one is refused.';
COMMENT ON COLUMN directory_source.finished IS 'Whether that import came to its end.';
COMMENT ON COLUMN directory_source.brought_at IS 'When one last came to its end; null when never.';
COMMENT ON COLUMN directory_source.made_by IS 'By what rows were made into services; another makes them anew.';

CREATE UNLOGGED TABLE directory_staged (
    import_id uuid NOT NULL,
    resource text NOT NULL,
    number bigint NOT NULL,
    row_id text NOT NULL,
    data jsonb NOT NULL,
    PRIMARY KEY (import_id, resource, number)
);
COMMENT ON TABLE directory_staged IS 'Rows of an import that is not finished. After a crash it is brought again.';
COMMENT ON COLUMN directory_staged.data IS 'JSON null: it could not be read, and what is there of it stays.';

CREATE TABLE directory_row (
    source text NOT NULL REFERENCES directory_source (source),
    resource text NOT NULL,
    row_id text NOT NULL,
    data jsonb NOT NULL,
    owner text GENERATED ALWAYS AS (
        CASE resource
            WHEN 'attribute' THEN (data ->> 'link_entity') || ':' || (data ->> 'link_id')
            ELSE coalesce(
                'service:' || (data ->> 'service_id'),
                'service_at_location:' || (data ->> 'service_at_location_id'),
                'location:' || (data ->> 'location_id'),
                'organization:' || (data ->> 'organization_id'),
                'contact:' || (data ->> 'contact_id'),
                'phone:' || (data ->> 'phone_id')
            )
        END
    ) STORED,
    PRIMARY KEY (source, resource, row_id)
);
CREATE INDEX directory_row_owner ON directory_row (source, owner);
COMMENT ON TABLE directory_row IS 'What a source says now, a row of HSDS 3.0 each, as it is exported again.';
COMMENT ON COLUMN directory_row.owner IS 'What it says something of, the nearest to a service: service:<id>, location:<id>.';

CREATE TABLE service (
    service_id text STORAGE MAIN PRIMARY KEY,
    source text STORAGE MAIN NOT NULL REFERENCES directory_source (source),
    organisation_id text NOT NULL,
    organisation_name text STORAGE MAIN NOT NULL,
    partner_organisation text,
    name text STORAGE MAIN COLLATE "C" NOT NULL,
    alternate_name text,
    topics text NOT NULL,
    summary text STORAGE MAIN,
    description text,
    url text,
    email text,
    phones text [] NOT NULL,
    addresses text [] NOT NULL,
    opening_hours text [] NOT NULL,
    eligibility text,
    how_to_apply text,
    fees text,
    language text NOT NULL,
    languages text [] STORAGE MAIN NOT NULL,
    kinds text [] STORAGE MAIN NOT NULL,
    stepping_stone boolean NOT NULL,
    capacity text NOT NULL CHECK (capacity IN ('yes', 'no', 'unknown')),
    areas text [] STORAGE MAIN NOT NULL,
    places point [] STORAGE MAIN NOT NULL,
    schedules jsonb NOT NULL,
    open_in_week int4multirange STORAGE MAIN,
    retired boolean NOT NULL,
    digest text NOT NULL,
    sort_key text STORAGE MAIN COLLATE "C" NOT NULL,
    words tsvector NOT NULL
) WITH (toast_tuple_target = 512);
CREATE INDEX service_order ON service (sort_key, service_id) WHERE NOT retired;
CREATE INDEX service_source ON service (source);
CREATE INDEX service_words ON service USING gin (words);
COMMENT ON TABLE service IS 'A service of the directory. What is no longer in it is retired and stays, for referrals that name it.';
COMMENT ON COLUMN service.partner_organisation IS 'The organisation of profiles that it belongs to: a partner of that one answers its referrals.';
COMMENT ON COLUMN service.topics IS 'What it is about, in the words of every language: found as its name is.';
COMMENT ON COLUMN service.language IS 'In which it is written to.';
COMMENT ON COLUMN service.areas IS 'Where it serves: * for everywhere, names of areas, and the H3 cells of its areas and places.';
COMMENT ON COLUMN service.places IS 'Longitude and latitude of each of its places.';
COMMENT ON COLUMN service.words IS 'All that it is found by: stems of its words in Dutch, French and English, those of its name and topics also with ^ before them, =kinds, ~languages, @areas, +room, +part. Empty when it is retired.';
COMMENT ON COLUMN service.open_in_week IS 'Minutes of the week, from Monday, at which it may be open; null when not known.';
COMMENT ON COLUMN service.digest IS 'Of all the above: the same when nothing changed.';

-- migrate:down
DROP TABLE service;
DROP TABLE directory_row;
DROP TABLE directory_staged;
DROP TABLE directory_source;
DROP TEXT SEARCH CONFIGURATION directory_en;
DROP TEXT SEARCH CONFIGURATION directory_fr;
DROP TEXT SEARCH CONFIGURATION directory_nl;
DROP EXTENSION unaccent;
