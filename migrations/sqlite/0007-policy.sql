-- Changes that were made without the approvals they lacked, and the reviews that they want from somebody else.
CREATE TABLE broken_glass (
  proposal_id TEXT PRIMARY KEY REFERENCES proposals (id),
  digest TEXT NOT NULL,
  person TEXT NOT NULL,
  reason TEXT NOT NULL,
  surface TEXT NOT NULL CHECK (surface IN ('slack', 'cli')),
  at INTEGER NOT NULL,
  reviewer TEXT CHECK (reviewer <> person),
  note TEXT,
  reviewed_at INTEGER,
  CHECK ((reviewer IS NULL) = (note IS NULL) AND (reviewer IS NULL) = (reviewed_at IS NULL))
) STRICT, WITHOUT ROWID;

-- Who is in a Slack user group, as a JSON array of member ids, and when Slack said so.
CREATE TABLE group_members (
  group_id TEXT PRIMARY KEY,
  members TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The end of the audit chain, kept beside it, so that rows missing at its end are noticed; it only ever goes on.
CREATE TABLE audit_head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;
INSERT INTO audit_head (id, seq, hash) SELECT
  1,
  (SELECT coalesce(max(seq), 0) FROM audit),
  coalesce(
    (SELECT hash FROM audit ORDER BY seq DESC LIMIT 1),
    '0000000000000000000000000000000000000000000000000000000000000000');
CREATE TRIGGER audit_head_goes_on BEFORE UPDATE ON audit_head
WHEN NEW.id IS NOT 1 OR NEW.seq IS NOT OLD.seq + 1
BEGIN SELECT RAISE(ABORT, 'the end of the audit chain only goes on'); END;
CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'the end of the audit chain is never removed'); END;
CREATE TRIGGER audit_head_is_one BEFORE INSERT ON audit_head
WHEN EXISTS (SELECT 1 FROM audit_head)
BEGIN SELECT RAISE(ABORT, 'the audit chain has one end'); END;
