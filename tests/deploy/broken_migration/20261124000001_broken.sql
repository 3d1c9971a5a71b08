-- migrate:up
CREATE nonsense;

-- migrate:down
