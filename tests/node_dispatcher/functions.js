// The two functions: one run for an event, and below it one run for each webhook that gets it.
//
// Whatever has an effect is a step of its own, whose result Inngest keeps: a recording that fails is tried again
// without another POST, and a dead webhook neither delays nor ends anything for its siblings.

import { Inngest, NonRetriableError, invoke } from "inngest";
import { attempt, deliveryId } from "./delivery.js";
import { FAULT, eventKey, inngestUrl, isDev, signingKey } from "./settings.js";
import { matchingWebhooks, record } from "./store.js";

const CATALOGUE = [
  "policy/bound",
  "policy/renewed",
  "claim/opened",
  "claim/settled",
  "agreement/created",
  "agreement/updated",
  "test/event",
  "test/webhook",
];
const MOST_BODY = 1_000_000;
const MOST_FAN_OUT = 7_000_000; // all children are ordered in one reply, and Inngest reads at most 8 MiB of one
const RETRIES = 20; // of a step, when the database is away

export const inngest = new Inngest({
  id: "beema-studio",
  baseUrl: inngestUrl,
  eventKey,
  signingKey,
  isDev,
  aiMetadata: false,
});

const deliver = inngest.createFunction(
  {
    id: "webhook-delivery",
    name: "Webhook delivery",
    retries: RETRIES,
    concurrency: [{ limit: 200 }],
    triggers: [invoke()],
  },
  async ({ event, step }) => {
    const order = event.data;
    if (!order.deliveryId) throw new NonRetriableError("this function is for webhook-dispatcher to invoke");
    let earlier;
    for (let number = 1; ; number += 1) {
      const outcome = await step.run(`deliver:${number}`, () => attempt(order, number));
      if (outcome.status === "stopped") return stop(step, order, earlier, outcome);
      await step.run(`record:${number}`, () => record(order, outcome));
      if (!outcome.resumeAt) return resultOf(order, outcome);
      await step.sleepUntil(`backoff:${number}`, outcome.resumeAt);
      earlier = outcome;
    }
  },
);

/** Nobody wants this attempt any more: the one that it was to follow has now failed. */
async function stop(step, order, earlier, stopped) {
  if (!earlier) return resultOf(order, stopped);
  const failed = { ...earlier, status: "failed", error: `${earlier.error}; not tried again: ${stopped.error}` };
  await step.run(`record:${stopped.number}`, () => record(order, failed));
  return resultOf(order, failed);
}

function resultOf(order, { status, number, statusCode, error }) {
  return { webhookId: order.webhookId, status, attempts: number, statusCode, error };
}

const dispatch = inngest.createFunction(
  {
    id: "webhook-dispatcher",
    name: "Webhook dispatcher",
    retries: RETRIES,
    concurrency: [{ limit: 100 }],
    triggers: (FAULT === "star-trigger" ? ["*"] : CATALOGUE).map((event) => ({ event })),
  },
  async ({ event, step }) => {
    const { tenant, obstacle } = tenantOf(event);
    if (obstacle) return summaryOf(event, [], obstacle);
    const webhooks = await step.run("match", () => matchingWebhooks(event.name, tenant, onlyWebhook(event)));
    const orders = ordersOf(
      event,
      webhooks.map((webhook) => webhook.webhook_id),
    );
    const statuses = await Promise.all(orders.map((order) => statusOf(step, order)));
    return summaryOf(event, statuses, `${orders.length} webhooks matched`);
  },
);

function tenantOf(event) {
  if (event.name.startsWith("inngest/")) return { obstacle: "internal events of Inngest are not delivered" };
  const { tenantId = "default" } = event.data ?? {};
  const isUsable = typeof tenantId === "string" && tenantId !== "" && !tenantId.includes("\0"); // Postgres holds no NUL
  return isUsable
    ? { tenant: tenantId }
    : { obstacle: `tenantId is not a non-empty string: ${JSON.stringify(tenantId).slice(0, 100)}` };
}

/** A test of one webhook reaches that one alone. */
function onlyWebhook(event) {
  const wanted = event.name === "test/webhook" ? (event.data?.webhookId ?? null) : null;
  return wanted === null ? null : String(wanted).replaceAll("\0", "?");
}

/** What each child is to deliver. All of them, and all their attempts, get the same frozen text as body. */
function ordersOf(event, webhookIds) {
  const body = JSON.stringify({
    event: event.name,
    id: event.id,
    data: event.data ?? null,
    user: event.user ?? null,
    timestamp: event.ts,
  });
  const size = Buffer.byteLength(body);
  const refusal =
    size > MOST_BODY || Buffer.byteLength(JSON.stringify(body)) * webhookIds.length > MOST_FAN_OUT
      ? `the payload of ${size} bytes is too large for ${webhookIds.length} deliveries`
      : null;
  return webhookIds.map((webhookId) => ({
    webhookId,
    eventId: event.id,
    eventType: event.name,
    deliveryId: deliveryId(event.id, webhookId),
    body: refusal ? null : body,
    refusal,
  }));
}

/** A child that fails is a status: an error that got out of here would end the run for its siblings too. */
async function statusOf(step, order) {
  try {
    return (await step.invoke(`webhook:${order.webhookId}`, { function: deliver, data: order })).status;
  } catch {
    return "failed";
  }
}

function summaryOf(event, statuses, message) {
  const count = (status) => statuses.filter((each) => each === status).length;
  return {
    message,
    eventType: event.name,
    webhooksCount: statuses.length,
    successCount: count("success"),
    failureCount: count("failed"),
  };
}

export const functions = [dispatch, deliver];
