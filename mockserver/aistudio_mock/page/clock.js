// The folder's clock as the browser knows it: an affine map of the browser's own, until the server says otherwise.

import { find, make, ms, span, stamp } from "./dom.js";

const MODES = [
  ["skip", "skip", "polling an operation finishes it"],
  ["poll", "poll", "each poll shows the next phase"],
  ["manual", "manual", "stands still until told"],
  ["real", "real", "as real time"],
  ["10x", "10×", "ten times real time"],
  ["60x", "60×", "a minute a second"],
  ["3600x", "3600×", "an hour a second"],
];
const STEPS = [["+1 min", 60], ["+10 min", 600], ["+1 h", 3600], ["+1 day", 86400]];

export class Clock {
  #base = 0;
  #since = 0;
  rate = 0;
  mode = "";

  /** As an event or an answer of the control API tells it. */
  set(told) {
    this.#base = ms(told.now);
    this.#since = performance.now();
    this.rate = told.rate ?? 0;
    this.mode = told.polling !== "keep" ? told.polling : this.rate === 0 ? "manual" : this.rate === 1 ? "real" : `${this.rate}x`;
  }

  /** Virtual time, in milliseconds since the epoch. */
  get now() {
    return this.#base + this.rate * (performance.now() - this.#since);
  }

  /** Milliseconds of the browser's until a moment; Infinity where the clock stands still. */
  until(moment) {
    return this.rate ? (moment - this.now) / this.rate : Infinity;
  }
}

/** Fills in what moves the clock. `act(verb, body)` asks the server to. */
export function prepare(act) {
  find("mode").append(...MODES.map(([value, text]) => make("option", { value }, text)));
  find("mode").addEventListener("change", (event) => act("mode", { time: event.target.value }));
  find("advance").append(...STEPS.map(([text, seconds]) =>
    make("button", { type: "button", onclick: () => act("advance", { seconds }) }, text)));
}

/** Shows how the clock goes. */
export function show(clock) {
  const select = find("mode");
  if (![...select.options].some((option) => option.value === clock.mode)) {
    select.append(make("option", { value: clock.mode }, clock.mode.replace("x", "×")));
  }
  select.value = clock.mode;
  const known = MODES.find(([value]) => value === clock.mode);
  find("going").textContent = known ? known[2] : `${clock.rate} s a second`;
}

let shown = "";

/** Shows what time it is, and when the next mark comes: called for every picture that the browser draws. */
export function tick(clock, next) {
  const text = `${stamp(clock.now)} UTC`;
  const due = next === null ? "Nothing is to come" : `To the next mark, in ${span(next - clock.now)}`;
  if (text + due === shown) return;
  shown = text + due;
  find("now").textContent = text;
  find("next").textContent = due;
  find("next").disabled = next === null;
}
