// What is in the folder, as stories: one card for each command's subject, with every timeline that it wrote.

import { chip, find, json, kind, make, ms, relative, span, stamp } from "./dom.js";

const WIDTH = 0.013; // of a character of a tick, where a drawing is 1 wide

/** Stories out of a state that was seen at the end of time: every mark of every timeline is in it. */
export function storiesOf(state) {
  const operations = new Map(state.operations.map((one) => [one.id, one]));
  const stories = [
    ...state.datasets.map((one) => story("dataset", one, operations, (data) => data.dataset_id === one.id)),
    ...state.tunings.map((one) => story("tuning", one, operations, (data) => data.tuning_task_id === one.id)),
    ...state.batches.map((one) => story("batch", one, operations, (data) => data.task_id === one.id)),
  ];
  for (const one of operations.values()) stories.push({ what: "operation", id: one.id, subject: one, tracks: [track("operation", one)] });
  for (const one of stories) {
    one.moments = inOrder(one.tracks.flatMap((each) => each.marks.map((mark) => mark.at)));
  }
  return stories.sort((a, b) => ms(b.subject.created_at) - ms(a.subject.created_at));
}

function story(what, subject, operations, isOfIt) {
  const tracks = [track(what, subject)];
  for (const one of [...operations.values()]) {
    if (one.id === subject.operation_id || isOfIt(one.metadata ?? {})) {
      operations.delete(one.id);
      tracks.push(track("operation", one));
    }
  }
  return { what, id: subject.id, subject, tracks };
}

function track(what, subject) {
  return { what, id: subject.id, marks: subject.history.map((mark) => ({ status: mark.status, at: ms(mark.at) })) };
}

/** The status at a moment: of the last mark that has happened by then. */
export const statusAt = (marks, at) => (marks.findLast((mark) => mark.at <= at) ?? marks[0])?.status ?? "";

const inOrder = (moments) => [...new Set(moments)].sort((a, b) => a - b);

/** Every moment at which anything in these stories happens, in order. */
export const momentsOf = (stories) => inOrder(stories.flatMap((one) => one.moments));

/**
 * Where moments are on a line of length 1. Between two marks time goes evenly; how much room a gap has grows with
 * the logarithm of its length, so that a validation of a minute is seen beside a draft of a week.
 */
export function scaleOf(moments) {
  const room = (length) => 1 + Math.log10(1 + Math.max(0, length) / 1000);
  const gaps = moments.slice(1).map((at, index) => room(at - moments[index]));
  const after = gaps.length ? Math.max(1.5, Math.max(...gaps) / 2) : 3;
  const whole = gaps.reduce((sum, gap) => sum + gap, after);
  const starts = [0];
  for (const gap of gaps) starts.push(starts.at(-1) + gap / whole);
  return (at) => {
    const index = moments.findLastIndex((moment) => moment <= at);
    if (index < 0) return 0;
    if (index < gaps.length) {
      return starts[index] + ((at - moments[index]) / (moments[index + 1] - moments[index])) * (gaps[index] / whole);
    }
    const beyond = room(at - moments[index]) - 1;
    return starts[index] + (1 - starts[index]) * (beyond / (beyond + 3));
  };
}

/** The card of a story. `parts` of it are kept, so that time can pass without drawing it anew. */
export function cardOf(one, actions) {
  const status = make("span", {});
  const scale = scaleOf(one.moments);
  const future = make("div", { className: "future" });
  const line = make("div", { className: "line" });
  const present = make("div", { className: "line present" });
  const when = make("p", { className: "when" });
  const more = make("details", {}, make("summary", {}, "Marks and fields"));
  const facts = make("p", { className: "facts" });
  const card = make("article", { className: "card", dataset: { id: one.id } },
    make("h3", {}, status, make("span", { className: "name" }, one.subject.name || one.id), make("span", { className: "what" }, one.what)),
    facts,
    make("div", { className: "drawing" }, ...one.tracks.map((each) => trackOf(each, scale)), ticksOf(one.moments, scale),
      make("div", { className: "over" }, future, present, line)),
    when, more);
  more.addEventListener("toggle", () => { if (more.open) fill(more, card, actions); });
  card.parts = { one, scale, status, future, line, present, when, more, facts, actions };
  return card;
}

function trackOf(each, scale) {
  const changes = each.marks.filter((mark, index) => mark.status !== each.marks[index - 1]?.status);
  const spans = changes.map((mark, index) => {
    const begin = scale(mark.at);
    const end = index + 1 < changes.length ? scale(changes[index + 1].at) : 1;
    if (end - begin < 0.001) return null;
    const bar = make("span", { className: "bar", dataset: { kind: kind(mark.status) }, title: `${mark.status} from ${stamp(mark.at)} UTC` },
      make("b", {}, mark.status));
    bar.style.left = `${begin * 100}%`;
    bar.style.width = `${(end - begin) * 100}%`;
    return bar;
  });
  return make("div", { className: "track" }, make("span", { className: "of" }, each.what), make("div", { className: "bars" }, ...spans));
}

function ticksOf(moments, scale) {
  let free = 0; // where the tick before has ended
  const ticks = moments.map((at, index) => {
    const place = scale(at);
    const text = index ? `+${span(at - moments[0])}` : stamp(at).slice(11);
    if (place < free || place + text.length * WIDTH > 1.02) return null;
    free = place + (text.length + 1) * WIDTH;
    const tick = make("span", { title: `${stamp(at)} UTC` }, text);
    tick.style.left = `${place * 100}%`;
    return tick;
  });
  return make("div", { className: "ticks", ariaHidden: "true" }, ...ticks);
}

/** Shows a card as it is at `at`, where the clock shows `now`. */
export function pass(card, at, now) {
  const { one, scale, status, future, line, present, when } = card.parts;
  const word = statusAt(one.tracks[0].marks, at);
  if (status.textContent !== word) status.replaceChildren(chip(word));
  card.hidden = at < one.moments[0];
  const place = `${scale(at) * 100}%`;
  line.style.left = place;
  future.style.left = place;
  present.hidden = at === now;
  if (at !== now) present.style.left = `${scale(now) * 100}%`;
  const words = one.tracks.map((each) => `${each.what} ${statusAt(each.marks, at)}`);
  const coming = one.moments.find((moment) => moment > at);
  const then = coming === undefined ? `, since ${span(at - one.moments.at(-1))}` : `; the next mark ${relative(coming, at)}`;
  const text = words.join(", ") + then + (at === now ? "" : ` (looking ${relative(at, now)})`);
  if (when.textContent !== text) when.textContent = text;
}

/** Puts in what only the server can say of a moment: rows, errors, the model. */
export function tell(card, subject, operations) {
  card.seen = { subject, operations };
  card.parts.facts.replaceChildren(...factsOf(card.parts.one, subject, card.parts.actions));
  if (card.parts.more.open) fill(card.parts.more, card, card.parts.actions);
}

function factsOf(one, subject, actions) {
  const size = subject.size_bytes ? `${subject.rows} rows, ${subject.size_bytes} bytes` : "";
  const words = [subject.task_type, size, subject.source_model_uri, subject.target_model_uri, subject.model_uri].filter(Boolean);
  const troubles = [
    ...(subject.errors ?? []), ...(subject.error ? [subject.error.message] : []),
    ...(subject.validation_errors ?? []).map((each) => `${each.error}: rows ${each.rows.slice(0, 10).join(", ")}`),
  ];
  return [
    make("code", {}, one.id), ...words.flatMap((word) => [" · ", word]), " · ",
    make("button", { type: "button", className: "link", onclick: () => actions.calls(one.id) }, "its calls"),
    ...(one.what === "tuning" ? [" · ", make("button", { type: "button", className: "link", onclick: () => actions.metrics(one.id) }, "its metrics")] : []),
    ...troubles.map((text) => make("span", { className: "trouble" }, text)),
  ];
}

function fill(more, card, actions) {
  const { one } = card.parts;
  const now = actions.now();
  const rows = one.tracks.flatMap((each) => each.marks.map((mark) => ({ ...mark, what: each.what }))).sort((a, b) => a.at - b.at);
  const table = make("table", {}, ...rows.map((row) => make("tr", { className: row.at > now ? "coming" : "" },
    make("td", {}, `${stamp(row.at)} UTC`), make("td", {}, relative(row.at, now)), make("td", {}, row.what), make("td", {}, chip(row.status)))));
  const seen = card.seen ?? { subject: one.subject, operations: [] };
  more.replaceChildren(more.firstChild, table, ...[seen.subject, ...seen.operations].map(json));
}
