// The environment, read once. A value that is not legal ends the process with one line and code 2.

const env = process.env;

function refuse(text) {
  console.error(text);
  process.exit(2);
}

function matching(name, pattern, fallback, meaning) {
  const value = env[name] || fallback;
  if (!pattern.test(value ?? "")) refuse(`${name} is not ${meaning}.`); // the value is not shown: it may be a secret
  return value;
}

const isSwitchedOn = (name) => matching(name, /^[01]$/, "0", "a switch, 0 or 1") === "1";

export const FAULTS = ["star-trigger", "wrong-signature", "secret-in-step", "success-for-500", "no-retry"];
export const FAULT = env.FAULT || "";
if (FAULT && !FAULTS.includes(FAULT)) refuse(`FAULT='${FAULT}' is none of ${FAULTS.join(", ")}.`);

const ORIGIN = /^https?:\/\/[^\s/?#]+\/?$/;

export const host = env.HOST || "127.0.0.1";
export const port = Number(matching("PORT", /^[1-9]\d{0,4}$/, "3000", "a port"));
export const databaseUrl = matching("DATABASE_URL", /^postgres(ql)?:\/\//, undefined, "a postgres:// URL");
export const inngestUrl = matching("INNGEST_BASE_URL", ORIGIN, "http://127.0.0.1:8288", "the origin of a server");
export const eventKey = env.INNGEST_EVENT_KEY;
export const signingKey = env.INNGEST_SIGNING_KEY;
export const isDev = isSwitchedOn("INNGEST_DEV");
export const serveOrigin = matching("SERVE_ORIGIN", ORIGIN, `http://${nameOf(host)}:${port}`, "the origin of a server");
export const allowPrivate = isSwitchedOn("WEBHOOK_ALLOW_PRIVATE");
export const timeoutSeconds = Number(
  matching("WEBHOOK_TIMEOUT_SECONDS", /^(?!0*(\.0*)?$)\d{1,4}(\.\d+)?$/, "10", "a time in seconds"),
);

if (!isDev && !/^(signkey-\w+-)?([0-9a-f]{2}){16,}$/i.test(signingKey ?? "")) {
  refuse("INNGEST_SIGNING_KEY is not hex of at least 32 characters. Set it, or INNGEST_DEV=1 for the dev mode.");
}

function nameOf(address) {
  if (address === "0.0.0.0" || address === "::") return "127.0.0.1"; // everywhere is no place to be called at
  return address.includes(":") ? `[${address}]` : address;
}
