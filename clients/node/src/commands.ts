/** The commands of the command line: what each takes, and the lines that it gives. */
import { UsageError, type AIStudio, type Order, type WaitOptions } from "./index.js";
import { KINDS } from "./tunings.js";

export const OPTIONS = {
  help: { type: "boolean", short: "h" },
  json: { type: "boolean" },
  plaintext: { type: "boolean" },
  wait: { type: "boolean" },
  folder: { type: "string" },
  endpoint: { type: "string" },
  ca: { type: "string" },
  "poll-interval": { type: "string" },
  name: { type: "string" },
  "task-type": { type: "string" },
  description: { type: "string" },
  label: { type: "string", multiple: true },
  "part-size": { type: "string" },
  kind: { type: "string" },
  model: { type: "string" },
  output: { type: "string" },
} as const;

export type Values = {
  [K in keyof typeof OPTIONS]?: (typeof OPTIONS)[K] extends { multiple: true }
    ? string[]
    : (typeof OPTIONS)[K]["type"] extends "boolean"
      ? boolean
      : string;
};
/** A record; `text` is how it is shown to people, if that is not its values. */
type Line = { readonly text?: string } & object;

interface Command {
  readonly takes: readonly string[];
  run(client: AIStudio, args: string[], values: Values, signal: AbortSignal): AsyncIterable<Line>;
}

const MIB = 1 << 20;

export const COMMANDS: Readonly<Record<string, Command>> = {
  "datasets upload": {
    takes: ["FILE"],
    async *run(client, [file], values, signal) {
      yield await client.datasets.upload(file!, {
        name: required(values.name, "--name"),
        taskType: values["task-type"] ?? "TextToTextGeneration",
        description: values.description,
        labels: labels(values.label ?? []),
        partSize: values["part-size"] ? Number(values["part-size"]) * MIB : undefined,
        ...watched(signal),
      });
    },
  },
  "datasets list": { takes: [], run: (client, _, values) => client.datasets.list(values.name) },
  "datasets show": {
    takes: ["ID"],
    async *run(client, [id]) {
      yield await client.datasets.get(id!);
    },
  },
  "datasets delete": {
    takes: ["ID"],
    async *run(client, [id]) {
      await client.datasets.delete(id!);
    },
  },
  "tunings start": {
    takes: ["DATASET_ID"],
    async *run(client, [datasetId], values, signal) {
      const order: Order = {
        datasetId: datasetId!, kind: kind(values.kind), baseModel: values.model, name: values.name,
        description: values.description, labels: labels(values.label ?? []),
      };
      const tuning = await client.tunings.start(order, signal);
      yield values.wait ? await client.tunings.wait(tuning.id, watched(signal)) : tuning;
    },
  },
  "tunings list": { takes: [], run: (client) => client.tunings.list() },
  "tunings show": {
    takes: ["ID"],
    async *run(client, [id]) {
      yield await client.tunings.get(id!);
    },
  },
  "tunings wait": {
    takes: ["ID"],
    async *run(client, [id], _, signal) {
      yield await client.tunings.wait(id!, watched(signal));
    },
  },
  "tunings cancel": {
    takes: ["ID"],
    async *run(client, [id]) {
      await client.tunings.cancel(id!);
    },
  },
  "tunings metrics": {
    takes: ["ID"],
    async *run(client, [id], values, signal) {
      const file = required(values.output, "--output");
      const found = await client.tunings.metrics(id!, file, signal);
      yield { found, text: found ? file : `tuning ${id} has no metrics yet` };
    },
  },
  "models complete": {
    takes: ["URI", "TEXT"],
    async *run(client, [uri, text], _, signal) {
      yield { text: await client.complete(uri!, text!, signal) };
    },
  },
};

function required(value: string | undefined, option: string): string {
  if (!value) throw new UsageError(`${option} is missing`);
  return value;
}

function labels(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((one) => {
      const at = one.indexOf("=");
      if (at < 1) throw new UsageError(`--label ${one}: write KEY=VALUE`);
      return [one.slice(0, at), one.slice(at + 1)];
    }),
  );
}

function kind(given: string | undefined): keyof typeof KINDS | undefined {
  if (given !== undefined && !(given in KINDS)) {
    throw new UsageError(`--kind ${given}: there are ${Object.keys(KINDS).join(", ")}`);
  }
  return given as keyof typeof KINDS | undefined;
}

/** On a terminal, how long it has been going on. */
function watched(signal: AbortSignal): WaitOptions {
  if (!process.stderr.isTTY) return { signal };
  const onPoll: WaitOptions["onPoll"] = (operation, elapsed) => {
    const line = `operation ${operation.id}: ${operation.done ? "done" : "goes on"}, ${elapsed.toFixed(0)} s`;
    process.stderr.write(`\r\x1b[K${line}${operation.done ? "\n" : ""}`);
  };
  return { signal, onPoll };
}
