// The webhook API: each tenant manages its own webhooks and reads its deliveries. Secrets go in and never come out.

import { randomUUID } from "node:crypto";
import { headersOf } from "./delivery.js";
import { inngest } from "./functions.js";
import { parseUrl } from "./send.js";
import { query } from "./store.js";

const SHOWN = `webhook_id, webhook_name, tenant_id, event_type, url, enabled, headers, retry_config,
  created_at, updated_at, created_by,
  last_status, last_status_code, last_event_id, last_delivery_at, success_count, failure_count`;

export class HttpError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const isText = (most) => (value) =>
  typeof value === "string" && value !== "" && value.length <= most && !/\p{Cc}/u.test(value);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isWhole = (value, least, most) => Number.isInteger(value) && value >= least && value <= most;
const passes = (check) => {
  try {
    check();
    return true;
  } catch {
    return false;
  }
};
const isRetryConfig = (value) =>
  isObject(value) &&
  Object.keys(value).every((key) => ["maxAttempts", "backoffMs"].includes(key)) &&
  isWhole(value.maxAttempts ?? 3, 1, 10) &&
  isWhole(value.backoffMs ?? 1000, 0, 3_600_000);

const FIELDS = {
  webhook_name: isText(200),
  event_type: isText(200),
  url: (value) => isText(2000)(value) && passes(() => parseUrl(value)),
  secret: isText(500),
  enabled: (value) => typeof value === "boolean",
  headers: (value) => isObject(value) && passes(() => headersOf(value)),
  retry_config: isRetryConfig,
  created_by: isText(200),
};
const REQUIRED = ["webhook_name", "event_type", "url", "secret"];
const FILTERS = {
  webhook_id: /^[1-9]\d{0,17}$/,
  event_id: /^[^\0]+$/,
  status: /^(success|retrying|failed)$/,
  limit: /^([1-9]\d{0,2}|1000)$/,
};

/** The fields of a request's body; an error names the field and never shows its value. */
function checked(body, allowed) {
  if (!isObject(body)) throw new HttpError(400, "the body is not a JSON object");
  for (const [name, value] of Object.entries(body)) {
    if (!allowed.includes(name)) throw new HttpError(400, `there is no field ${JSON.stringify(name.slice(0, 100))}`);
    if (!FIELDS[name](value)) throw new HttpError(400, `${name} has no legal value`);
  }
  return body;
}

const found = (rows) => {
  if (!rows.length) throw new HttpError(404, "the tenant has no webhook with this id");
  return rows[0];
};

const list = async ({ tenant }) => ({
  webhooks: await query(`SELECT ${SHOWN} FROM sys_webhooks WHERE tenant_id = $1 ORDER BY webhook_id`, [tenant]),
});

const show = async ({ tenant, id }) =>
  found(await query(`SELECT ${SHOWN} FROM sys_webhooks WHERE tenant_id = $1 AND webhook_id = $2`, [tenant, id]));

async function create({ tenant, body }) {
  const fields = { ...checked(body, Object.keys(FIELDS)), tenant_id: tenant };
  const missing = REQUIRED.filter((name) => !(name in fields));
  if (missing.length) throw new HttpError(400, `missing: ${missing.join(", ")}`);
  const names = Object.keys(fields); // checked above, so none of them is a stranger's text
  const places = names.map((_, index) => `$${index + 1}`);
  const text = `INSERT INTO sys_webhooks (${names.join(", ")}) VALUES (${places.join(", ")}) RETURNING ${SHOWN}`;
  return (await query(text, Object.values(fields)))[0];
}

async function change({ tenant, id, body }) {
  const fields = checked(
    body,
    Object.keys(FIELDS).filter((name) => name !== "created_by"),
  );
  const sets = Object.keys(fields)
    .map((name, index) => `${name} = $${index + 3}, `)
    .join("");
  const text = `UPDATE sys_webhooks SET ${sets}updated_at = now()
    WHERE tenant_id = $1 AND webhook_id = $2 RETURNING ${SHOWN}`;
  return found(await query(text, [tenant, id, ...Object.values(fields)]));
}

async function remove({ tenant, id }) {
  found(
    await query("DELETE FROM sys_webhooks WHERE tenant_id = $1 AND webhook_id = $2 RETURNING webhook_id", [tenant, id]),
  );
}

async function test({ tenant, id }) {
  const event = {
    name: "test/webhook",
    id: randomUUID(),
    data: { webhookId: (await show({ tenant, id })).webhook_id, tenantId: tenant },
  };
  await inngest.send(event).catch(() => {
    throw new HttpError(502, "Inngest did not take the event");
  });
  return { message: "Test event published", eventId: event.id, eventName: event.name };
}

async function deliveries({ tenant, wanted }) {
  for (const [name, value] of wanted) {
    if (!Object.hasOwn(FILTERS, name) || !FILTERS[name].test(value))
      throw new HttpError(400, `the filter ${JSON.stringify(name.slice(0, 100))} is not known, or has no legal value`);
  }
  const [webhookId, eventId, status, limit] = Object.keys(FILTERS).map((name) => wanted.get(name));
  return {
    deliveries: await query(
      `SELECT d.* FROM sys_webhook_deliveries d JOIN sys_webhooks w USING (webhook_id)
     WHERE w.tenant_id = $1 AND ($2::bigint IS NULL OR d.webhook_id = $2) AND ($3::text IS NULL OR d.event_id = $3)
       AND ($4::text IS NULL OR d.status = $4)
     ORDER BY d.delivered_at DESC, d.delivery_id DESC LIMIT $5`,
      [tenant, webhookId, eventId, status, limit ?? 100],
    ),
  };
}

const ROUTES = [
  ["GET", /^\/api\/webhooks$/, list],
  ["POST", /^\/api\/webhooks$/, create, 201],
  ["GET", /^\/api\/webhooks\/deliveries$/, deliveries],
  ["GET", /^\/api\/webhooks\/([1-9]\d{0,17})$/, show],
  ["PUT", /^\/api\/webhooks\/([1-9]\d{0,17})$/, change],
  ["DELETE", /^\/api\/webhooks\/([1-9]\d{0,17})$/, remove, 204],
  ["POST", /^\/api\/webhooks\/([1-9]\d{0,17})\/test$/, test],
];

/** Answer a request below /api/webhooks: its status and its JSON. */
export async function answer(method, { pathname, searchParams }, tenant, readBody) {
  const known = ROUTES.filter(([, path]) => path.test(pathname));
  const route = known.find(([each]) => each === method);
  if (!route) throw new HttpError(known.length ? 405 : 404, known.length ? "no such method here" : "no such place");
  if (!tenant) throw new HttpError(400, "the header X-Tenant-ID is missing or empty");
  const [, path, handle, status = 200] = route;
  const body = handle === create || handle === change ? await readBody() : undefined;
  try {
    return [status, await handle({ tenant, id: path.exec(pathname)[1], wanted: searchParams, body })];
  } catch (error) {
    if (error.code === "23505") throw new HttpError(409, "the tenant already has a webhook with this name");
    throw error;
  }
}
