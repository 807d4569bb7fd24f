// The calls of the folder, newest first. Entries come redacted; they are opened when somebody wants to read one.

import { chip, find, json, make, ms, span, stamp } from "./dom.js";

const KEPT = 500;

let entries = [];
let number = 0;
let dropped = 0;

/** Forgets everything: another folder, or one that was emptied. */
export function empty() {
  entries = [];
  number = dropped = 0;
  find("calls").replaceChildren();
  count();
}

/** One call more, or several, oldest first; those that are here already do nothing. */
export function add(...calls) {
  for (const entry of calls.filter((one) => one.number > number)) {
    number = entry.number;
    entries.push(entry);
    entry.text = JSON.stringify(entry).toLowerCase();
    const row = rowOf(entry);
    row.hidden = !fits(entry);
    find("calls").prepend(row);
  }
  while (entries.length > KEPT) {
    entries.shift();
    dropped = entries[0].number - 1;
    find("calls").lastElementChild.remove();
  }
  count();
}

/** Shows only the calls that have these words. */
export function only(words) {
  find("words").value = words;
  filter();
  find("words").scrollIntoView({ block: "nearest" });
}

export function prepare() {
  find("words").addEventListener("input", filter);
  find("wrong").addEventListener("change", filter);
}

const isWrong = (entry) => !/^(OK|2\d\d|3\d\d)$/.test(entry.status);

function fits(entry) {
  const words = find("words").value.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) => entry.text.includes(word)) && (!find("wrong").checked || isWrong(entry));
}

function filter() {
  const rows = find("calls").children;
  entries.forEach((entry, index) => { rows[rows.length - 1 - index].hidden = !fits(entry); });
  count();
}

function count() {
  const shown = entries.filter(fits).length;
  find("count").textContent = shown === entries.length ? `${number} calls` : `${shown} of ${number} calls`;
  find("older").textContent = dropped ? `Calls 1 to ${dropped} are not shown here; the control API has what is remembered.` : "";
}

function rowOf(entry) {
  const took = ms(entry.answered_at.real) - ms(entry.received_at.real);
  const summary = make("summary", {},
    make("span", { className: "number" }, String(entry.number)),
    make("time", { title: `${stamp(ms(entry.answered_at.virtual))} UTC, virtual` }, stamp(ms(entry.answered_at.virtual)).slice(11)),
    make("span", { className: "leg" }, entry.leg),
    make("span", { className: "method", title: entry.path },
      entry.leg === "storage" ? `${entry.method} ${entry.path.split("/").at(-1)}` : entry.method),
    isWrong(entry) ? null : chip(entry.status),
    make("span", { className: "took" }, span(Math.max(0, took))),
    isWrong(entry) || entry.fault ? make("span", { className: "wrong" }, ...troublesOf(entry)) : null);
  const details = make("details", {}, summary);
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(...opened(entry));
  });
  return make("li", {}, details);
}

function troublesOf(entry) {
  const said = [entry.error_code, entry.message, entry.fault ? `met ${entry.fault}` : ""].filter(Boolean).join(" · ");
  return [isWrong(entry) ? chip(entry.status) : null, said].filter(Boolean).flatMap((each) => [each, " "]);
}

function opened(entry) {
  const { text, request, responses, metadata, ...rest } = entry;
  const parts = [...(request ? [["request", request]] : []), ...(responses ?? []).map((one) => ["response", one])];
  parts.push(["call", rest], ["metadata", metadata.map((pair) => pair.join(": "))]);
  return parts.flatMap(([name, value]) => [make("h4", {}, name), json(value)]);
}
