-- Slack messages that show stored state, and deliveries that were seen.
CREATE TABLE messages (
  subject TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  ts TEXT,
  rendered_revision INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
  key TEXT PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
