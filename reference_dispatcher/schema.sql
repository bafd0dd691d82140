-- The two tables of the platform contract. Safe to run again. Applied by whoever owns the database, never by the dispatcher.
-- url, secret, enabled, headers and retry_config may be NULL on purpose: rows are written by people and by other programs, and
-- the dispatcher has to stand what it finds in them.

CREATE TABLE IF NOT EXISTS sys_webhooks (
  webhook_id       bigserial PRIMARY KEY,
  webhook_name     text NOT NULL,
  tenant_id        text NOT NULL DEFAULT 'default',
  event_type       text NOT NULL,                     -- an exact event name, or *
  url              text,
  secret           text,
  enabled          boolean DEFAULT true,              -- NULL counts as off
  headers          jsonb DEFAULT '{}',
  retry_config     jsonb DEFAULT '{"maxAttempts": 3, "backoffMs": 1000}',
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  created_by       text,
  last_status      text,                              -- of the newest attempt, like the next three
  last_status_code integer,
  last_event_id    text,
  last_delivery_at timestamptz,
  success_count    bigint NOT NULL DEFAULT 0,         -- attempts that succeeded
  failure_count    bigint NOT NULL DEFAULT 0,         -- attempts that did not; the two add up to this webhook's delivery rows
  UNIQUE (tenant_id, webhook_name)
);

CREATE INDEX IF NOT EXISTS sys_webhooks_match ON sys_webhooks (tenant_id, event_type) WHERE enabled;

CREATE TABLE IF NOT EXISTS sys_webhook_deliveries (
  delivery_id    bigserial PRIMARY KEY,
  webhook_id     bigint NOT NULL REFERENCES sys_webhooks ON DELETE CASCADE,
  event_id       text NOT NULL,
  event_type     text NOT NULL,
  status         text NOT NULL CHECK (status IN ('success', 'retrying', 'failed')),
  status_code    integer,                             -- NULL when no answer came
  response_body  text,                                -- first 1000 characters
  error_message  text,
  attempt_number integer NOT NULL CHECK (attempt_number >= 1),
  delivered_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (event_id, webhook_id, attempt_number)
);

CREATE INDEX IF NOT EXISTS sys_webhook_deliveries_newest ON sys_webhook_deliveries (webhook_id, delivered_at DESC, delivery_id DESC);
