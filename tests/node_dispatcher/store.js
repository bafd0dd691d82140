// Everything that is asked of, or told to, Postgres.

import pg from "pg";
import { FAULT, databaseUrl } from "./settings.js";

pg.types.setTypeParser(pg.types.builtins.INT8, Number); // ids and counts

const pool = new pg.Pool({ connectionString: databaseUrl, max: 10, connectionTimeoutMillis: 3000 });
pool.on("error", () => {}); // an idle connection was lost; the next query opens another one

export async function query(text, values = [], on = pool) {
  try {
    return (await on.query(text, values)).rows;
  } catch (error) {
    throw withoutRow(error);
  }
}

/** Postgres quotes whole rows, secrets included, in the details of its errors; only the message goes on. */
function withoutRow(error) {
  return Object.assign(new Error(`database: ${error.message || error.code}`), { code: error.code });
}

/** Who gets the event. The step that calls this is stored by Inngest: ids and nothing else may come out. */
export const matchingWebhooks = (eventType, tenant, only) =>
  query(
    `SELECT ${FAULT === "secret-in-step" ? "*" : "webhook_id"} FROM sys_webhooks
   WHERE tenant_id = $1 AND enabled AND event_type IN ($2, '*') AND ($3::text IS NULL OR webhook_id::text = $3)
   ORDER BY webhook_id`,
    [tenant, eventType, only],
  );

/** The webhook as it is at this moment; undefined when it is deleted. */
export async function readWebhook(id) {
  const text = "SELECT url, secret, enabled, headers, retry_config FROM sys_webhooks WHERE webhook_id = $1";
  return (await query(text, [id]))[0];
}

/** Write the row of an attempt and the status of its webhook, both or none. Doing so again changes nothing. */
export async function record(order, outcome) {
  const client = await pool.connect().catch((error) => {
    throw withoutRow(error);
  });
  let failure;
  try {
    await query("BEGIN", [], client);
    await recordOn(client, order, outcome);
    await query("COMMIT", [], client);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    client.release(failure); // a connection that failed is closed, which rolls back
  }
}

async function recordOn(client, order, outcome) {
  const { webhookId, eventId, eventType } = order;
  const status = FAULT === "success-for-500" && outcome.statusCode === 500 ? "success" : outcome.status;
  const lock = "SELECT 1 FROM sys_webhooks WHERE webhook_id = $1 FOR UPDATE"; // one record of a webhook at a time
  if (!(await query(lock, [webhookId], client)).length) return; // deleted, and its rows with it

  const key = [webhookId, storable(eventId), outcome.number];
  const [earlier] = await query(
    "SELECT status FROM sys_webhook_deliveries WHERE webhook_id = $1 AND event_id = $2 AND attempt_number = $3",
    key,
    client,
  );
  const row = [eventType, status, outcome.statusCode, outcome.responseBody, outcome.error, outcome.finishedAt].map(
    storable,
  );
  await query(
    `INSERT INTO sys_webhook_deliveries (webhook_id, event_id, attempt_number,
                                         event_type, status, status_code, response_body, error_message, delivered_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (event_id, webhook_id, attempt_number) DO UPDATE
     SET status = EXCLUDED.status, status_code = EXCLUDED.status_code, response_body = EXCLUDED.response_body,
         error_message = EXCLUDED.error_message, delivered_at = EXCLUDED.delivered_at`,
    [...key, ...row],
    client,
  );
  const counted = (wanted) => Number(wanted(status)) - Number(earlier !== undefined && wanted(earlier.status));
  await query(
    `UPDATE sys_webhooks SET success_count = success_count + $2, failure_count = failure_count + $3,
                             enabled = enabled AND NOT $4
     WHERE webhook_id = $1`,
    [webhookId, counted((word) => word === "success"), counted((word) => word !== "success"), outcome.disable],
    client,
  );
  await query(
    `UPDATE sys_webhooks SET last_status = $2, last_status_code = $3, last_event_id = $4, last_delivery_at = $5
     WHERE webhook_id = $1 AND (last_delivery_at IS NULL OR last_delivery_at <= $5)`,
    [webhookId, status, outcome.statusCode, storable(eventId), outcome.finishedAt],
    client,
  );
}

/** Postgres can hold no NUL in a text, and a row without it is better than no row. */
const storable = (value) => (typeof value === "string" ? value.replaceAll("\0", "") : value);
