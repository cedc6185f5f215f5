-- Deliveries that were seen are forgotten after a day, oldest first.
CREATE INDEX deliveries_at ON deliveries (at);
