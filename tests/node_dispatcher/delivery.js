// One attempt: read the webhook as it is now, build and sign the request, send it, say what became of it.

import { createHash, createHmac } from "node:crypto";
import { Refused, send } from "./send.js";
import { FAULT } from "./settings.js";
import { readWebhook } from "./store.js";

const RESERVED =
  /^(connection|content-length|content-type|host|transfer-encoding|x-beema-(delivery|event|signature)|webhook-.*)$/i;

/** A bad receiver or a bad webhook is an outcome; only a database that is away is an error, and tried again as such. */
export async function attempt(order, number) {
  const webhook = await readWebhook(order.webhookId);
  const plan = retryPlan(webhook?.retry_config);
  const outcome = await outcomeOf(order, number, webhook, plan);
  const told = [
    `number=${number}`,
    `status=${outcome.status}`,
    `code=${outcome.statusCode ?? "-"}`,
    `error=${outcome.error ?? "-"}`,
  ];
  console.error(`attempt event=${JSON.stringify(order.eventId)} webhook=${order.webhookId} ${told.join(" ")}`);
  return outcome;
}

async function outcomeOf(order, number, webhook, plan) {
  const says = (status, more) => ({
    number,
    status,
    statusCode: null,
    disable: false,
    finishedAt: new Date().toISOString(),
    ...more,
  });
  if (!webhook) return says("stopped", { error: "the webhook is deleted" });
  if (!webhook.enabled) return says("stopped", { error: "the webhook is disabled" });
  if (number > plan.maxAttempts) return says("stopped", { error: "the webhook allows fewer attempts than before" });
  let answer;
  try {
    answer = await send(requestOf(order, webhook));
  } catch (error) {
    if (error instanceof Refused) return says("failed", { error: error.message });
    throw error;
  }
  const heard = { statusCode: answer.status ?? null, responseBody: answer.body ? textOf(answer.body) : null };
  if (answer.status >= 200 && answer.status < 300) return says("success", heard);
  const failure = {
    ...heard,
    error: answer.error ?? `the receiver answered ${answer.status}`,
    disable: answer.status === 410,
  };
  if (failure.disable || number >= plan.maxAttempts) return says("failed", failure);
  return says("retrying", { ...failure, resumeAt: new Date(Date.now() + waitMs(plan, number, answer)).toISOString() });
}

function requestOf(order, webhook) {
  if (order.refusal) throw new Refused(order.refusal);
  if (!webhook.secret) throw new Refused("the webhook has no secret, and nothing is sent unsigned");
  const body = Buffer.from(order.body);
  const configured = headersOf(webhook.headers).filter(([name]) => !RESERVED.test(name));
  const taken = new Set(configured.map(([name]) => name.toLowerCase()));
  const defaults = [
    ["User-Agent", "beema-webhooks-node/1"],
    ["Accept", "*/*"],
    ["Accept-Encoding", "identity"],
  ];
  const own = [
    ["Connection", "close"],
    ["Content-Type", "application/json"],
    ["X-Beema-Event", order.eventType],
    ["X-Beema-Delivery", order.deliveryId],
    ...signatures(order.deliveryId, body, webhook.secret),
  ];
  return {
    url: webhook.url,
    headers: [...configured, ...defaults.filter(([name]) => !taken.has(name.toLowerCase())), ...own],
    body,
  };
}

/** The configured headers as pairs, each fit for the wire. */
export function headersOf(configured) {
  if (configured === null || configured === undefined) return [];
  if (typeof configured !== "object" || Array.isArray(configured))
    throw new Refused("the configured headers are not an object");
  return Object.entries(configured).map(([name, value]) => {
    const shown = JSON.stringify(name.slice(0, 100));
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/i.test(name))
      throw new Refused(`the configured header ${shown} has no legal name`);
    if (typeof value !== "string" || !/^[\t\x20-\x7e\xa0-\xff]*$/.test(value)) {
      throw new Refused(`the configured header ${shown} is not one line of latin-1 text`);
    }
    return [name, value.replace(/^[\t ]+|[\t ]+$/g, "")];
  });
}

/** Sign the exact bytes twice: as Beema always has, and as Standard Webhooks asks. */
function signatures(id, body, secret) {
  const signed = FAULT === "wrong-signature" ? JSON.stringify(JSON.parse(body), null, 1) : body;
  const timestamp = Math.floor(Date.now() / 1000);
  const standard = createHmac("sha256", standardKey(secret))
    .update(`${id}.${timestamp}.`)
    .update(body)
    .digest("base64");
  return [
    ["X-Beema-Signature", `sha256=${createHmac("sha256", secret).update(signed).digest("hex")}`],
    ["webhook-id", id],
    ["webhook-timestamp", String(timestamp)],
    ["webhook-signature", `v1,${standard}`],
  ];
}

/** What follows `whsec_` is base64; a secret that only looks like that, or any other, is its own bytes. */
function standardKey(secret) {
  const base64 = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/.exec(secret)?.[1];
  return base64 ? Buffer.from(base64, "base64") : secret;
}

/** What is no number gets the default, what is out of range the nearest legal value. */
export function retryPlan(config) {
  const number = (value, fallback, least, most) =>
    typeof value === "number" ? Math.trunc(Math.min(Math.max(value, least), most)) : fallback;
  return {
    maxAttempts: FAULT === "no-retry" ? 1 : number(config?.maxAttempts, 3, 1, 10),
    backoffMs: number(config?.backoffMs, 1000, 0, 3_600_000),
  };
}

function waitMs(plan, number, answer) {
  const asked = [429, 503].includes(answer.status) ? retryAfterMs(answer.headers["retry-after"] ?? "") : 0;
  return Math.max(plan.backoffMs * 2 ** (number - 1), asked) * (1 + 0.2 * Math.random()); // spread what failed together
}

/** Seconds or an HTTP date; garbage counts as nothing, and more than an hour as an hour. */
function retryAfterMs(text) {
  let ms = 0;
  if (/^\d{1,12}$/.test(text)) ms = Number(text) * 1000;
  else if (/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$/.test(text)) ms = Date.parse(text) - Date.now();
  return Math.min(Math.max(ms || 0, 0), 3_600_000);
}

/** The first 1000 characters of an answer, as a text that a database can hold. */
const textOf = (body) => [...body.toString("utf8").replaceAll("\0", "")].slice(0, 1000).join("");

/** A UUID that all attempts of one event for one webhook share, and no other pair has. */
export function deliveryId(eventId, webhookId) {
  const bytes = createHash("sha1").update(`beema-delivery\0${webhookId}\0${eventId}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x50; // version 5
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
