// The control API, and the stream of what changes. The token goes out in a header, never in a URL.

import { find } from "./dom.js";

const PREFIX = "/_mock/v1";
const KEPT = "aistudio-mock-token";
const PAUSES = [500, 1000, 2000, 5000, 10000];

export class Refusal extends Error {}

/** A response that is no refusal; asks for the token where the server does. */
async function answered(path, options = {}) {
  for (;;) {
    const token = sessionStorage.getItem(KEPT);
    const headers = token ? { ...options.headers, Authorization: `Bearer ${token}` } : options.headers;
    const response = await fetch(PREFIX + path, { ...options, headers, cache: "no-store" });
    if (response.ok) return response;
    if (response.status !== 401) throw new Refusal((await response.json()).message);
    await tokenAsked();
  }
}

export const get = async (path) => (await answered(path)).json();

export const send = async (method, path, body) =>
  (await answered(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })).json();

export const folder = (id, rest = "") => `/folders/${encodeURIComponent(id)}${rest}`;

/** Saves what a GET answers as a file. */
export async function download(path, name) {
  const url = URL.createObjectURL(await (await answered(path)).blob());
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

let asking = null;

/** Resolves when somebody has given a token; one dialog for everyone who waits. */
function tokenAsked() {
  const door = find("door");
  asking ??= new Promise((resolve) => {
    find("token").value = "";
    door.addEventListener("cancel", (event) => event.preventDefault());
    door.addEventListener("close", () => {
      sessionStorage.setItem(KEPT, find("token").value.trim());
      asking = null;
      resolve();
    }, { once: true });
    door.showModal();
  });
  return asking;
}

/**
 * Tells `hear(name, data)` what changes in a folder, until `signal` is aborted; goes on where it was after a
 * connection that was lost. `live(state)` is told how the stream is. An EventSource could not send the token.
 */
export async function watch(id, hear, live, signal) {
  let after = null;
  for (let failures = 0; !signal.aborted; ) {
    try {
      const response = await answered(folder(id, after === null ? "/events" : `/events?after=${after}`), { signal });
      live("live");
      failures = 0;
      for await (const event of eventsOf(response.body)) {
        if (event.id) after = Number(event.id);
        if (event.name === "watching" && (after === null || event.data.calls < after)) after = event.data.calls;
        hear(event.name, event.data);
        if (event.name === "gone") return;
      }
    } catch (problem) {
      if (signal.aborted) return;
      if (problem instanceof Refusal) { hear("gone", {}); return; }
    }
    live("lost");
    await pause(PAUSES[Math.min(failures++, PAUSES.length - 1)], signal);
  }
}

/** The events of a stream, as they come. */
async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (text + value).split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const fields = Object.fromEntries(part.split("\n").map((line) => line.split(/: (.*)/s, 2)));
      if (fields.event) yield { name: fields.event, id: fields.id, data: JSON.parse(fields.data) };
    }
  }
}

const pause = (length, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, length);
  signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
});
