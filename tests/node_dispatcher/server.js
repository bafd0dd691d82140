// The service: its routes and its whole main.

import http from "node:http";
import { serve } from "inngest/node";
import { HttpError, answer } from "./api.js";
import { functions, inngest } from "./functions.js";
import { host, port, serveOrigin } from "./settings.js";
import { query } from "./store.js";

const MOST_READ = 1_000_000;
const inngestHandler = serve({ client: inngest, functions, serveOrigin, servePath: "/api/inngest" });

async function route(request, response) {
  const url = new URL(request.url, "http://localhost");
  if (url.pathname === "/api/inngest") return inngestHandler(request, response);
  if (url.pathname === "/api/health" && request.method === "GET") return reply(response, ...(await health()));
  if (!url.pathname.startsWith("/api/webhooks")) throw new HttpError(404, "no such place");
  return reply(response, ...(await answer(request.method, url, request.headers["x-tenant-id"], () => bodyOf(request))));
}

async function health() {
  const isUp = await query("SELECT 1").then(
    () => true,
    () => false,
  );
  const state = isUp ? "UP" : "DOWN";
  return [isUp ? 200 : 503, { status: state, database: state, time: new Date().toISOString() }];
}

async function bodyOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MOST_READ) throw new HttpError(413, "the body is too large");
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks));
  } catch {
    throw new HttpError(400, "the body is not JSON");
  }
}

function reply(response, status, json) {
  if (status === 204) return response.writeHead(204).end();
  return response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(json));
}

function fail(response, error) {
  if (response.headersSent) return response.destroy();
  if (error instanceof HttpError) return reply(response, error.status, { error: error.message });
  console.error(error.message);
  return reply(response, 503, { error: "the service cannot answer now" });
}

const server = http.createServer((request, response) => {
  route(request, response).catch((error) => fail(response, error));
});
server.listen(port, host, () =>
  console.error(`listening on http://${host}:${port}${process.env.FAULT ? `, FAULT=${process.env.FAULT}` : ""}`),
);
// Inngest tries again what this cuts off.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
