-- migrate:up
CREATE TABLE directory_stem (
    source text NOT NULL REFERENCES directory_source (source) ON DELETE CASCADE,
    stem text COLLATE "C" NOT NULL,
    PRIMARY KEY (stem, source)
);
COMMENT ON TABLE directory_stem IS 'The stems by which services of a source are found, or were: which of them begin so is looked up here, not in the index of services.';
INSERT INTO directory_stem (source, stem)
SELECT d.source, s.word
FROM directory_source AS d, ts_stat(format('SELECT words FROM service WHERE source = %L', d.source)) AS s
WHERE s.word !~ '^[\^=~@+]';

UPDATE service SET words = array_to_tsvector(tsvector_to_array(words) || ARRAY(
    SELECT '%' || hour FROM generate_series(0, 7 * 24 - 1) AS hour
    WHERE open_in_week && int4range(hour * 60, hour * 60 + 60)
)) WHERE NOT retired AND open_in_week IS NOT NULL;
COMMENT ON COLUMN service.words IS 'All that it is found by: stems of its words in Dutch, French and English, those of its name and topics also with ^ before them, =kinds, ~languages, @areas, %hours of the week, +room, +part. Empty when it is retired.';

-- migrate:down
DROP TABLE directory_stem;
UPDATE service SET words = array_to_tsvector(ARRAY(SELECT word FROM unnest(tsvector_to_array(words)) AS word WHERE word NOT LIKE '\%%'))
WHERE NOT retired;
