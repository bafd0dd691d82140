// The hook of Node, which requires it first: names of the plan get its answers, and its addresses are moved.
"use strict";

const dns = require("node:dns");
const fs = require("node:fs");
const path = require("node:path");

const { names, moved } = JSON.parse(fs.readFileSync(path.join(__dirname, "plan.json"), "utf8"));
const note = (what) => fs.appendFileSync(path.join(__dirname, "noted"), `${what}\n`);
const seen = {};

function answer(name) {
  note(`look-up ${name}`);
  seen[name] = (seen[name] ?? 0) + 1;
  return names[name][Math.min(seen[name], names[name].length) - 1];
}

const found = (name, options) => {
  const one = { address: answer(name), family: 4 };
  return options?.all ? [one] : one;
};

const { lookup } = dns;
dns.lookup = (name, options, done = options) => {
  if (!(name in names)) return lookup(name, options, done);
  const all = found(name, { all: true });
  process.nextTick(() => (options?.all ? done(null, all) : done(null, all[0].address, all[0].family)));
};
const lookupLater = dns.promises.lookup;
dns.promises.lookup = async (name, options) =>
  name in names ? found(name, options) : lookupLater(name, options);
require("node:module").syncBuiltinESMExports();

const { TCP } = process.binding("tcp_wrap");
for (const method of ["connect", "connect6"]) {
  const connect = TCP.prototype[method];
  TCP.prototype[method] = function (request, address, port) {
    if (!(address in moved)) return connect.call(this, request, address, port);
    note(`connection ${address}`);
    return connect.call(this, request, ...moved[address]);
  };
}
