-- Proposals, what people decided, and what was done on each host.
CREATE TABLE proposals (
  id TEXT PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id),
  number INTEGER NOT NULL,
  plan TEXT NOT NULL,
  digest TEXT NOT NULL,
  requester TEXT NOT NULL,
  needed_approvals INTEGER NOT NULL CHECK (needed_approvals >= 1),
  state TEXT NOT NULL CHECK (state IN (
    'open', 'rejected', 'expired', 'applying', 'proven', 'not_proven', 'stale', 'failed', 'needs_human',
    'undoing', 'undone', 'undo_failed')),
  detail TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  UNIQUE (run_id, number)
) STRICT;
CREATE INDEX proposals_by_state ON proposals (state);

CREATE TABLE approvals (
  proposal_id TEXT NOT NULL REFERENCES proposals (id),
  person TEXT NOT NULL,
  digest TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('approve', 'reject')),
  reason TEXT,
  surface TEXT NOT NULL CHECK (surface IN ('slack', 'cli')),
  at INTEGER NOT NULL,
  PRIMARY KEY (proposal_id, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE undo_requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  proposal_id TEXT NOT NULL REFERENCES proposals (id),
  person TEXT NOT NULL,
  reason TEXT,
  surface TEXT NOT NULL CHECK (surface IN ('slack', 'cli')),
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE attempts (
  id TEXT PRIMARY KEY,
  proposal_id TEXT NOT NULL REFERENCES proposals (id),
  position INTEGER NOT NULL,
  host TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN (
    'pending', 'intended', 'applied', 'proven', 'not_proven', 'stale', 'failed', 'unknown', 'untouched',
    'undo_intended', 'undone', 'undo_refused', 'undo_unknown')),
  detail TEXT,
  before_facts TEXT,
  statements TEXT NOT NULL DEFAULT '[]',
  updated_at INTEGER NOT NULL,
  UNIQUE (proposal_id, host)
) STRICT;

-- Who works on what; a token is never given out twice for one subject.
CREATE TABLE leases (
  subject TEXT PRIMARY KEY,
  owner TEXT,
  token INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
