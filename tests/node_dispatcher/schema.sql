-- The two tables of docs/contract.md. May be applied again; whoever owns the database applies it, not the dispatcher.
-- What people and other programs fill in may be NULL: the dispatcher has to cope with what it finds.

CREATE TABLE IF NOT EXISTS sys_webhooks (
  webhook_id       bigserial PRIMARY KEY,
  webhook_name     varchar(255) NOT NULL,
  tenant_id        varchar(255) NOT NULL DEFAULT 'default',
  event_type       varchar(255) NOT NULL,           -- an exact name, or *
  url              text,
  secret           text,                            -- without one, nothing is sent
  enabled          boolean DEFAULT true,            -- NULL is off
  headers          jsonb DEFAULT '{}',
  retry_config     jsonb DEFAULT '{"maxAttempts": 3, "backoffMs": 1000}',
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  created_by       varchar(255),
  last_status      varchar(16),
  last_status_code integer,
  last_event_id    text,
  last_delivery_at timestamptz,
  success_count    bigint NOT NULL DEFAULT 0,       -- rows below that are a success ...
  failure_count    bigint NOT NULL DEFAULT 0,       -- ... and all others
  CONSTRAINT one_name_in_a_tenant UNIQUE (tenant_id, webhook_name)
);

CREATE TABLE IF NOT EXISTS sys_webhook_deliveries (
  delivery_id    bigserial PRIMARY KEY,
  webhook_id     bigint NOT NULL REFERENCES sys_webhooks (webhook_id) ON DELETE CASCADE,
  event_id       text NOT NULL,
  event_type     varchar(255) NOT NULL,
  status         varchar(16) NOT NULL CHECK (status IN ('success', 'retrying', 'failed')),
  status_code    integer,                           -- NULL: no answer came
  response_body  varchar(1000),
  error_message  text,
  attempt_number integer NOT NULL CHECK (attempt_number > 0),
  delivered_at   timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT one_row_for_an_attempt UNIQUE (event_id, webhook_id, attempt_number)
);

CREATE INDEX IF NOT EXISTS sys_webhooks_of_a_tenant ON sys_webhooks (tenant_id, event_type);
CREATE INDEX IF NOT EXISTS sys_webhook_deliveries_by_time ON sys_webhook_deliveries (webhook_id, delivered_at);
