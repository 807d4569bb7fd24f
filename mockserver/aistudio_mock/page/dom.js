// Elements, and how moments and spans read. Text goes in as text: nothing here or elsewhere writes HTML.

export const find = (id) => document.getElementById(id);

/** A new element. `more` are properties; a string among `children` becomes a text node. */
export function make(tag, more = {}, ...children) {
  const { dataset = {}, ...properties } = more;
  const element = Object.assign(document.createElement(tag), properties);
  Object.assign(element.dataset, dataset);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Milliseconds since the epoch of an RFC 3339 moment in UTC, with its microseconds as a fraction. */
export function ms(moment) {
  const [second, fraction = ""] = moment.replace("Z", "").split(".");
  return Date.parse(`${second}Z`) + Number(fraction.padEnd(6, "0").slice(0, 6)) / 1000;
}

/** The first moment from `at` on that JavaScript can say, for the server. */
export const iso = (at) => new Date(Math.ceil(at)).toISOString();

const pad = (number) => String(number).padStart(2, "0");

/** `2025-12-11 02:18:54`, in UTC. */
export const stamp = (at) => new Date(at).toISOString().slice(0, 19).replace("T", " ");

/** The moment that somebody wrote as `stamp` does, or as RFC 3339; NaN for anything else. */
export const written = (text) => ms(text.trim().replace(" ", "T"));

/** `4 min 54 s`; two units at most. */
export function span(length) {
  const seconds = Math.abs(length) / 1000;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  for (const [unit, size, smaller, part] of [["d", 86400, "h", 3600], ["h", 3600, "min", 60], ["min", 60, "s", 1]]) {
    if (seconds >= size) {
      const rest = Math.floor((seconds % size) / part);
      return `${Math.floor(seconds / size)} ${unit}${rest ? ` ${pad(rest).replace(/^0/, "")} ${smaller}` : ""}`;
    }
  }
  return "";
}

/** `in 4 min` or `4 min ago`. */
export const relative = (at, now) => (at > now ? `in ${span(at - now)}` : `${span(now - at)} ago`);

/** Whether a status is good, bad, running, stopped, or none of these: what it is coloured by. */
export function kind(status) {
  if (/^(READY|COMPLETED|DONE|OK|PAID|ARCHIVED|2\d\d|3\d\d)$/.test(status)) return "good";
  if (/^(VALIDATING|IN_PROGRESS|RUNNING|DELETING)$/.test(status)) return "going";
  if (/^(CANCELED|CANCELLED)$/.test(status)) return "ended";
  return /^(DRAFT|CREATED|PENDING)$/.test(status) ? "still" : "bad";
}

export const chip = (status) => make("span", { className: "chip", dataset: { kind: kind(status) } }, status);

export const json = (value) => make("pre", {}, JSON.stringify(value, null, 2));
