// One folder of a running mock: what is told of it is shown, what is clicked is asked of the control API.

import * as api from "./api.js";
import * as clocks from "./clock.js";
import { find, iso, make, relative, stamp, written } from "./dom.js";
import * as journal from "./journal.js";
import { cardOf, momentsOf, pass, storiesOf, tell } from "./stories.js";

const END = "9999-12-31T23:59:59Z"; // every mark that is written has happened by then
const DRAWN = 100; // stories at most, the newest
const PAST = 200; // calls from before that the journal begins with

const clock = new clocks.Clock();
let id = "";
let watching = new AbortController();
let moments = []; // every mark of every story, in order
let looking = null; // the moment that is looked at; null is now
let due = 0; // the timer of the next mark
let held = null; // calls that wait for those before them

const at = () => looking ?? clock.now;
const path = (rest) => api.folder(id, rest);

/** Does it; what the server refuses is told to whoever clicked. */
async function attempt(what) {
  find("told").hidden = true;
  try {
    return await what();
  } catch (problem) {
    say(problem instanceof api.Refusal ? problem.message : "The mock does not answer.");
  }
}

function say(text) {
  find("told").textContent = text;
  find("told").hidden = false;
}

/**
 * A function that runs `what` at once, or once more after the run that is under way: never twice at a time, and no more
 * than half of the time, however fast things change. Where it fails the folder or the mock is gone: the stream tells so.
 */
function inTurn(what) {
  let running = false;
  let again = false;
  return async function turn() {
    if (running) { again = true; return; }
    running = true;
    again = false;
    const begun = performance.now();
    try { await what(); } catch { /* see above */ }
    if (again) await new Promise((resolve) => setTimeout(resolve, performance.now() - begun));
    running = false;
    if (again) turn();
  };
}

/** The whole story, then the fields as they are at the moment that is looked at. */
const refresh = inTurn(async () => {
  const of = id;
  const whole = await api.get(path(`/state?at=${END}`));
  if (of !== id) return;
  draw(storiesOf(whole));
  await fields();
});

const look = inTurn(() => fields());

async function fields() {
  const of = id;
  const state = await api.get(path(looking === null ? "/state" : `/state?at=${iso(looking)}`));
  if (of !== id) return;
  const subjects = new Map([...state.operations, ...state.datasets, ...state.tunings, ...state.batches].map((one) => [one.id, one]));
  const operations = new Map(state.operations.map((one) => [one.id, one]));
  for (const card of find("cards").children) {
    const { one } = card.parts;
    const subject = subjects.get(one.id);
    if (subject) tell(card, subject, one.tracks.slice(1).map((each) => operations.get(each.id)).filter(Boolean));
  }
}

function draw(all) {
  const fresh = all.slice(0, DRAWN);
  const before = new Map([...find("cards").children].map((card) => [card.dataset.id, card]));
  const unchanged = (card, one) => card && JSON.stringify(card.parts.one.tracks) === JSON.stringify(one.tracks);
  const actions = { calls: journal.only, metrics, now: at };
  moments = momentsOf(all);
  find("cards").replaceChildren(...fresh.map((one) => {
    const old = before.get(one.id);
    if (unchanged(old, one)) return old;
    const card = cardOf(one, actions);
    card.parts.more.open = old?.parts.more.open ?? false;
    return card;
  }));
  find("nothing").hidden = all.length > 0;
  find("hidden").textContent = all.length > DRAWN ? `${all.length - DRAWN} older ones are not drawn; the control API's state has them.` : "";
  pose();
}

/** The next moment at which anything happens; null when nothing will. */
const next = () => moments.find((at) => at > clock.now) ?? null;

/** Everything that depends on what time it is. */
function pose() {
  const now = clock.now;
  for (const card of find("cards").children) pass(card, looking ?? now, now);
  clocks.tick(clock, next());
  find("here").disabled = looking === null || looking <= now;
  find("asof").textContent = looking === null ? "" : `at ${stamp(looking)} UTC, ${relative(looking, now)}`;
  if (looking === null) {
    find("slider").value = placeOf(now);
    if (document.activeElement !== find("moment")) find("moment").value = stamp(now);
  }
}

/** Once a mark is due, what only the server knows of it is asked for. */
function arm() {
  clearTimeout(due);
  const wait = next() === null ? Infinity : clock.until(next());
  if (wait < 2 ** 31) due = setTimeout(() => { look(); arm(); }, Math.max(20, wait + 5));
}

let drawn = 0;
function frame(time) {
  if (clock.rate && time - drawn > 50) {
    drawn = time;
    pose();
  }
  requestAnimationFrame(frame);
}

// The slider goes from mark to mark, each as far from the next as any other: time is not even, but what happens is.
function stops() {
  return moments.length ? [...moments, Math.max(moments.at(-1), clock.now) + 60000] : [clock.now, clock.now + 3600000];
}

function placeOf(moment) {
  const all = stops();
  const index = all.findLastIndex((one) => one <= moment);
  if (index < 0) return 0;
  if (index >= all.length - 1) return 1000;
  return ((index + (moment - all[index]) / (all[index + 1] - all[index])) / (all.length - 1)) * 1000;
}

function momentAt(place) {
  const all = stops();
  const index = Math.min(Math.floor((place / 1000) * (all.length - 1)), all.length - 2);
  const rest = (place / 1000) * (all.length - 1) - index;
  return (all[index] + rest * (all[index + 1] - all[index]));
}

function lookAt(moment) {
  looking = moment === null ? null : Math.ceil(moment); // what the server can be asked for
  document.body.classList.toggle("looking", looking !== null);
  find("back").disabled = looking === null;
  if (looking !== null && document.activeElement !== find("moment")) find("moment").value = stamp(looking);
  if (looking !== null && document.activeElement !== find("slider")) find("slider").value = placeOf(looking);
  pose();
  look();
}

function showFaults(standings) {
  find("clear").hidden = standings.length === 0;
  find("faults").replaceChildren(...standings.map((one) => {
    const { id: name, seen, hits, method, object, ...does } = one;
    const said = Object.entries(does).filter(([, value]) => value !== null).map(([key, value]) => (value === true ? key : `${key} ${JSON.stringify(value)}`));
    return make("li", {}, make("code", {}, name), ` on ${method ?? object}: ${said.join(", ")} `,
      make("span", { className: "hits", dataset: { kind: hits ? "bad" : "still" } }, `met ${hits} of ${seen}`));
  }));
}

/** Begins the journal with the calls until number `last`; those that come meanwhile are held. */
async function begin(last) {
  const mine = held = [];
  journal.empty();
  const past = await api.get(path(`/journal?after=${Math.max(0, last - PAST)}`)).catch(() => ({ entries: [] }));
  if (held !== mine) return; // it began anew since
  held = null;
  journal.add(...past.entries, ...mine);
}

const HEARD = {
  watching: (told) => begin(told.calls),
  clock(told) {
    clock.set(told);
    clocks.show(clock);
    pose();
    arm();
    look();
  },
  faults: (told) => showFaults(told.faults),
  state: () => refresh().then(arm),
  call: (entry) => (held ? held.push(entry) : journal.add(entry)),
  gone() {
    const lost = id;
    attempt(choose).then(() => say(`Folder ${lost} is not there any more.`));
  },
};

function live(state) {
  const words = { live: "live", lost: "the mock does not answer; trying again", waiting: "connecting" };
  find("live").dataset.is = state;
  find("live").textContent = words[state];
}

/** Shows a folder: the one asked for, if there is one of that id, else the server's own. */
async function choose(wanted) {
  watching.abort();
  watching = new AbortController();
  const [server, folders] = await Promise.all([api.get("/server"), listFolders()]);
  id = folders.some((one) => one.id === wanted) ? wanted : server.folder_id;
  find("folder").value = id;
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  looking = null;
  draw([]);
  find("nothing").hidden = true; // nobody has said so yet
  lookAt(null);
  live("waiting");
  api.watch(id, (name, data) => HEARD[name]?.(data), live, watching.signal);
}

async function listFolders() {
  const { folders } = await api.get("/folders");
  find("folder").replaceChildren(...folders.map((one) => make("option", { value: one.id }, one.id)));
  find("folder").value = id;
  return folders;
}

const moveClock = (verb, body) => attempt(async () => {
  await api.send("POST", path(`/clock/${verb}`), body);
  lookAt(null);
});

const setClock = (moment) => moveClock("set", { now: iso(moment) });

const metrics = (tuning) => attempt(async () => {
  const { url } = await api.get(path(`/metrics?tuning=${encodeURIComponent(tuning)}`));
  location.assign(url);
});

async function showPresets() {
  const { presets } = await api.get("/presets");
  const select = find("presets");
  const say = () => { find("what").textContent = presets.find((one) => one.name === select.value).what; };
  select.append(...presets.map((one) => make("option", {}, one.name)));
  select.addEventListener("change", say);
  say();
}

function prepare() {
  clocks.prepare(moveClock);
  journal.prepare();
  find("next").addEventListener("click", () => setClock(next()));
  find("here").addEventListener("click", () => setClock(looking));
  find("back").addEventListener("click", () => lookAt(null));
  find("slider").addEventListener("input", (event) => lookAt(momentAt(Number(event.target.value))));
  find("moment").addEventListener("change", (event) => {
    const moment = written(event.target.value);
    event.target.setCustomValidity(Number.isNaN(moment) ? "Write a moment such as 2025-12-11 02:18:54" : "");
    if (event.target.reportValidity()) lookAt(moment);
  });
  find("folder").addEventListener("change", (event) => attempt(() => choose(event.target.value)));
  find("folder").addEventListener("pointerdown", () => attempt(listFolders));
  find("preset").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => api.send("POST", path("/faults:load"), { faults: [{ preset: find("presets").value }] }));
  });
  find("clear").addEventListener("click", () => attempt(() => api.send("DELETE", path("/faults"))));
  find("save").addEventListener("click", () => attempt(() => api.download(path("/saved"), `${id}.json`)));
  find("reset").addEventListener("click", () => find("sure").showModal());
  find("sure").addEventListener("close", (event) => {
    if (event.target.returnValue === "yes") attempt(() => api.send("POST", path("/reset"), {}));
    event.target.returnValue = "";
  });
  find("document").addEventListener("click", (event) => {
    event.preventDefault(); // a link cannot send the token
    attempt(() => api.download("/openapi.json", "control-api.openapi.json"));
  });
}

prepare();
await attempt(async () => {
  await choose(decodeURIComponent(location.hash.slice(1)));
  await showPresets();
});
requestAnimationFrame(frame);
