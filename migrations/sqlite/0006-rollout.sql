-- States of changes that are confirmed, proven in two steps and put back, and when a host had its change.
-- A CHECK cannot be altered, so the tables are made anew; children first, for they refer to their parent by name.
CREATE TABLE new_proposals (
  id TEXT PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id),
  number INTEGER NOT NULL,
  plan TEXT NOT NULL,
  digest TEXT NOT NULL,
  requester TEXT NOT NULL,
  needed_approvals INTEGER NOT NULL CHECK (needed_approvals >= 1),
  state TEXT NOT NULL CHECK (state IN (
    'open', 'rejected', 'expired', 'applying', 'proven', 'not_proven', 'reverted', 'stale', 'failed', 'needs_human',
    'undoing', 'undone', 'undo_failed')),
  detail TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  UNIQUE (run_id, number)
) STRICT;
INSERT INTO new_proposals SELECT * FROM proposals;

CREATE TABLE new_approvals (
  proposal_id TEXT NOT NULL REFERENCES new_proposals (id),
  person TEXT NOT NULL,
  digest TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('approve', 'reject')),
  reason TEXT,
  surface TEXT NOT NULL CHECK (surface IN ('slack', 'cli')),
  at INTEGER NOT NULL,
  PRIMARY KEY (proposal_id, person)
) STRICT, WITHOUT ROWID;
INSERT INTO new_approvals SELECT * FROM approvals;

CREATE TABLE new_undo_requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  proposal_id TEXT NOT NULL REFERENCES new_proposals (id),
  person TEXT NOT NULL,
  reason TEXT,
  surface TEXT NOT NULL CHECK (surface IN ('slack', 'cli')),
  at INTEGER NOT NULL
) STRICT;
INSERT INTO new_undo_requests SELECT * FROM undo_requests;

CREATE TABLE new_attempts (
  id TEXT PRIMARY KEY,
  proposal_id TEXT NOT NULL REFERENCES new_proposals (id),
  position INTEGER NOT NULL,
  host TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN (
    'pending', 'intended', 'looking', 'applied', 'signalled', 'missed', 'harmful', 'confirmed', 'proven',
    'not_proven', 'reverted', 'stale', 'failed', 'unknown', 'untouched', 'undo_intended', 'undone', 'undo_refused',
    'undo_unknown')),
  detail TEXT,
  before_facts TEXT,
  statements TEXT NOT NULL DEFAULT '[]',
  updated_at INTEGER NOT NULL,
  applied_at INTEGER,
  UNIQUE (proposal_id, host)
) STRICT;
INSERT INTO new_attempts
  SELECT id, proposal_id, position, host, state, detail, before_facts, statements, updated_at, NULL FROM attempts;

DROP TABLE attempts;
DROP TABLE undo_requests;
DROP TABLE approvals;
DROP TABLE proposals;
ALTER TABLE new_proposals RENAME TO proposals;
ALTER TABLE new_approvals RENAME TO approvals;
ALTER TABLE new_undo_requests RENAME TO undo_requests;
ALTER TABLE new_attempts RENAME TO attempts;
CREATE INDEX proposals_by_state ON proposals (state);
