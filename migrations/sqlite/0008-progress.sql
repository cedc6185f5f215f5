-- Since when a host has been at the step it is at, so that slow hosts can be named; and what is asked of a runbook's runs.
ALTER TABLE run_hosts ADD COLUMN step_since INTEGER;
CREATE INDEX runs_by_runbook ON runs (runbook, id);
