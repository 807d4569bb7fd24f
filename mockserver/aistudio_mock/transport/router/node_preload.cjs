// Leads Node's connections for the real cloud to the router: its `fetch` and `https` know no proxy variables.
"use strict";

const net = require("node:net");
const tls = require("node:tls");

const router = JSON.parse(process.env.AISTUDIO_MOCK_ROUTER || "null");

function isRouted(host) {
  const name = String(host).toLowerCase().replace(/\.$/, "");
  if (router.allowed.includes(name)) return false;
  return router.hosts.some((domain) => name === domain || name.endsWith("." + domain));
}

if (router) {
  const connect = net.Socket.prototype.connect;

  // Every socket of every library comes by here. Arguments: (options[, done]), (port, host[, done]), (path[, done]),
  // or the same as one array, which keeps a mark of Node's own and is therefore changed in place.
  net.Socket.prototype.connect = function (...args) {
    const holder = Array.isArray(args[0]) ? args[0] : args;
    let options = holder[0];
    if (typeof options === "number" || (typeof options === "string" && typeof holder[1] === "string")) {
      options = { port: Number(options), host: holder[1] };
    }
    if (options && typeof options === "object" && options.host && isRouted(options.host)) {
      const isTls = this instanceof tls.TLSSocket;
      if (isTls && !options.servername && !net.isIP(options.host)) this.setServername(options.host);
      const routed = { ...options, host: "127.0.0.1", port: isTls ? router.tls : router.proxy };
      if (options !== holder[0]) holder.splice(0, 2, routed);
      else holder[0] = routed;
    }
    return connect.apply(this, args);
  };
}
