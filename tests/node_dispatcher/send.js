// One POST: to the exact URL, to an address that was checked, within one deadline, and never after a redirect.

import dns from "node:dns/promises";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { domainToASCII } from "node:url";
import { allowPrivate, timeoutSeconds } from "./settings.js";

/** The webhook cannot be served as it is configured: nothing is sent, and nothing is tried again. */
export class Refused extends Error {}

const MOST_READ = 65_536;

const never = blockList(
  // metadata, link-local, multicast, unspecified: refused even where private addresses are allowed
  ["169.254.0.0/16", "100.100.100.200/32", "0.0.0.0/8", "224.0.0.0/3"],
  ["fe80::/10", "fd00:ec2::254/128", "ff00::/8", "::/128"],
);
const inside = blockList(
  [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
  ],
  ["::1/128", "fc00::/7", "64:ff9b::/96", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16"],
);

function blockList(ipv4, ipv6) {
  const list = new net.BlockList();
  for (const [family, nets] of Object.entries({ ipv4, ipv6 })) {
    for (const each of nets) list.addSubnet(each.split("/")[0], Number(each.split("/")[1]), family);
  }
  return list;
}

/** Read a URL with its path and query as they are written; only what no request line can hold is escaped. */
export function parseUrl(url) {
  const parts = /^(https?):\/\/([^/?#]+)([^?#]*)(\?[^#]*)?(#.*)?$/i.exec(url ?? "");
  if (!parts || /[\0-\x20\x7f]/.test(url)) throw new Refused("the URL is not one of http:// or https://");
  const authority = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i.exec(asciiHost(parts[2]));
  const port = Number(authority?.[2] ?? (parts[1].toLowerCase() === "https" ? 443 : 80));
  if (!authority || port < 1 || port > 65_535)
    throw new Refused("the URL does not name a host, perhaps a port, and nothing else");
  return {
    client: parts[1].toLowerCase() === "https" ? https : http,
    authority: authority[0],
    host: authority[1].replace(/^\[|\]$/g, ""),
    port,
    path: ((parts[3] || "/") + (parts[4] ?? "")).replace(/[^\x21-\x7e]+/gu, encodeURIComponent),
  };
}

function asciiHost(authority) {
  const [, host, port] = /^(.*?)((?::\d*)?)$/.exec(authority);
  return /^[\0-\x7f]*$/.test(host) ? authority : domainToASCII(host) + port;
}

/** POST and return {status, headers, body}, or {error} when no whole answer came. */
export async function send({ url, headers, body }) {
  const target = parseUrl(url);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutSeconds * 1000);
  let status;
  try {
    const addresses = await Promise.race([checkedAddresses(target.host), aborted(deadline.signal)]);
    const response = await post(target, addresses, headers, body, deadline.signal);
    status = response.statusCode;
    return { status, headers: response.headers, body: await beginning(response) };
  } catch (error) {
    if (error instanceof Refused) throw error;
    const reason = deadline.signal.aborted
      ? `no complete answer within ${timeoutSeconds} s`
      : String(error.code ?? error.message);
    return { error: status ? `${reason} (after the beginning of an answer ${status})` : reason };
  } finally {
    clearTimeout(timer);
  }
}

/** Every address that the host has now. The connection goes to one of them: a second look-up could lead elsewhere. */
async function checkedAddresses(host) {
  const addresses = await dns.lookup(host, { all: true });
  for (const { address, family } of addresses) {
    const is = (list) => list.check(address, `ipv${family}`);
    if (is(never) || (is(inside) && !allowPrivate))
      throw new Refused("the host leads to an address where nothing is sent");
  }
  return addresses;
}

const aborted = (signal) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("late"))));

function post(target, addresses, headers, body, signal) {
  const { promise, resolve, reject } = withResolvers();
  const lookup = (_, options, done) =>
    options.all ? done(null, addresses) : done(null, addresses[0].address, addresses[0].family);
  const request = target.client.request({
    method: "POST",
    host: target.host,
    port: target.port,
    path: target.path,
    lookup,
    signal,
    agent: false, // a connection of its own: one that was kept could be dead, and cost an attempt
    headers: ["Host", target.authority, ...headers.flat(), "Content-Length", String(body.length)],
  });
  request.on("response", resolve).on("error", reject).end(body);
  return promise;
}

function withResolvers() {
  const all = {};
  all.promise = new Promise((resolve, reject) => Object.assign(all, { resolve, reject }));
  return all;
}

async function beginning(response) {
  const chunks = [];
  let size = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MOST_READ) break; // which closes the connection
  }
  return Buffer.concat(chunks).subarray(0, MOST_READ);
}
