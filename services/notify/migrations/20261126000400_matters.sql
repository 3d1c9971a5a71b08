-- migrate:up
ALTER TABLE mail ADD COLUMN message_id uuid;
CREATE INDEX mail_thread ON mail (thread, message_id);
COMMENT ON COLUMN mail.message_id IS 'The event that it came of: of two on one matter the later one is known by it.';

ALTER TABLE task ADD COLUMN thread uuid, ADD COLUMN message_id uuid;
CREATE INDEX task_thread ON task (thread) WHERE stage = 'open';
COMMENT ON COLUMN task.thread IS 'Of the matter, as of the mail.';
COMMENT ON COLUMN task.message_id IS 'The event that it came of, as of the mail.';

-- migrate:down
ALTER TABLE task DROP COLUMN thread, DROP COLUMN message_id;
ALTER TABLE mail DROP COLUMN message_id;
