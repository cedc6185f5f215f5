-- Runs and what hosts answered. Instants are milliseconds since the Unix epoch, UTC.
CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  runbook TEXT NOT NULL,
  runbook_version TEXT NOT NULL,
  params TEXT NOT NULL,
  selector TEXT NOT NULL,
  requester TEXT NOT NULL,
  surface TEXT NOT NULL CHECK (surface IN ('slack', 'cli')),
  channel TEXT,
  state TEXT NOT NULL CHECK (state IN ('reading', 'finished', 'cancelled', 'failed')),
  detail TEXT,
  revision INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
CREATE INDEX runs_by_state ON runs (state);
CREATE INDEX runs_by_time ON runs (created_at);

CREATE TABLE run_hosts (
  run_id INTEGER NOT NULL REFERENCES runs (id),
  host TEXT NOT NULL,
  position INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'reading', 'answered')),
  outcome TEXT,
  detail TEXT,
  current_step TEXT,
  started_at INTEGER,
  finished_at INTEGER,
  PRIMARY KEY (run_id, host)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_hosts_by_host ON run_hosts (host, run_id);

-- What each step left behind: bounded and redacted.
CREATE TABLE steps (
  run_id INTEGER NOT NULL REFERENCES runs (id),
  host TEXT NOT NULL,
  position INTEGER NOT NULL,
  probe TEXT NOT NULL,
  exit_code INTEGER,
  duration_ms INTEGER NOT NULL,
  dropped_bytes INTEGER NOT NULL,
  stdout TEXT NOT NULL,
  stderr TEXT NOT NULL,
  problem TEXT,
  reason TEXT,
  PRIMARY KEY (run_id, host, probe)
) STRICT;

CREATE TABLE facts (
  run_id INTEGER NOT NULL REFERENCES runs (id),
  host TEXT NOT NULL,
  probe TEXT NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (run_id, host, probe)
) STRICT;

-- Numbers of facts over time; the unit is part of the name.
CREATE TABLE fact_numbers (
  host TEXT NOT NULL,
  name TEXT NOT NULL,
  at INTEGER NOT NULL,
  value REAL NOT NULL,
  run_id INTEGER NOT NULL REFERENCES runs (id),
  PRIMARY KEY (host, name, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE findings (
  run_id INTEGER NOT NULL REFERENCES runs (id),
  position INTEGER NOT NULL,
  host TEXT NOT NULL,
  rule TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('critical', 'warning', 'info', 'ok')),
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE not_concluded (
  run_id INTEGER NOT NULL REFERENCES runs (id),
  position INTEGER NOT NULL,
  host TEXT NOT NULL,
  rule TEXT NOT NULL,
  because TEXT NOT NULL,
  PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;
