// The Node client (clients/node) behind the suite's lines of JSON.
//
// It is looked for in $AISTUDIO_CLIENT_NODE, in the node_modules of the working directory, and in this checkout.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

const { AIStudio, AIStudioError, DEFAULTS, checked } = await import(pathToFileURL(clientModule()).href);

function clientModule() {
  const given = process.env.AISTUDIO_CLIENT_NODE;
  const beside = fileURLToPath(new URL("../../../../clients/node/dist/src/index.js", import.meta.url));
  try {
    return given ? `${given}/dist/src/index.js` : createRequire(`${process.cwd()}/`).resolve("aistudio-client-node");
  } catch {
    if (existsSync(beside)) return beside;
  }
  console.error("there is no Node client: run `npm ci && npm run build` in clients/node, or name its folder in AISTUDIO_CLIENT_NODE");
  process.exit(3);
}

let client; // of the case

const CALL_TIMEOUT = 20;

class Unsupported extends Error {}

const VERBS = {
  "dataset.upload": async (ask) => dataset(await client.datasets.upload(ask.file, order(ask))),
  "dataset.upload_parts": async (ask) => {
    if (!ask.part_size) throw new Unsupported("the client says how many parts there are");
    return dataset(await client.datasets.upload(ask.file, { ...order(ask), partSize: ask.part_size, inParts: true }));
  },
  "dataset.get": async (ask) => dataset(await client.datasets.get(ask.dataset_id)),
  "dataset.list": async (ask) => ({ dataset_ids: await ids(client.datasets.list(ask.name_contains ?? "")) }),
  "dataset.update": async ({ dataset_id, ...changes }) => dataset(await client.datasets.update(dataset_id, changes)),
  "dataset.delete": async (ask) => (await client.datasets.delete(ask.dataset_id), {}),
  "tuning.start": async (ask) =>
    tuning(
      await client.tunings.start({
        datasetId: ask.dataset_id, kind: ask.kind, baseModel: ask.base_model, name: ask.name,
        validationDatasetId: ask.validation_dataset_id,
      }),
    ),
  "tuning.start_with": async (ask) =>
    tuning(
      await client.tunings.start({
        datasetId: ask.dataset_id, kind: ask.kind, baseModel: ask.base_model, name: ask.name,
        parameters: parameters(ask),
      }),
    ),
  "tuning.wait": async (ask) => tuning(await client.tunings.wait(ask.tuning_id)),
  "tuning.get": async (ask) => tuning(await client.tunings.get(ask.tuning_id)),
  "tuning.list": async (ask) => ({ tuning_ids: await ids(client.tunings.list(ask.page_size ?? 0)) }),
  "tuning.cancel": async (ask) => (await client.tunings.cancel(ask.tuning_id), {}),
  "tuning.metrics": async (ask) => ({ found: await client.tunings.metrics(ask.tuning_id, ask.file) }),
  "model.complete": async (ask) => ({ text: await client.complete(ask.model_uri, ask.text) }),
};

const ABOUT_CASES = {
  hello: () => ({ name: "aistudio-client-node", version: "0.1.0", language: "TypeScript", verbs: Object.keys(VERBS), protocol: 1 }),
  begin(place) {
    const seconds = place.poll_interval ?? 0.01;
    const { kind, value } = place.credentials;
    client = new AIStudio(
      checked({
        ...DEFAULTS,
        folderId: place.folder_id,
        credentials: kind === "none" ? undefined : { kind, value },
        endpoint: place.tls || place.grpc,
        ca: place.tls ? readFileSync(place.ca) : undefined,
        plaintext: !place.tls,
        callTimeout: CALL_TIMEOUT,
        polling: { first: seconds, factor: 1, longest: seconds },
      }),
    );
    return {};
  },
  end() {
    client?.close();
    client = undefined;
    return {};
  },
};

/** What is given, by the names of the proto file; what is not given is left out. */
function parameters({ seed, lr, lora_rank, lora_alpha, scheduler, warmup_ratio, beta1, beta2, embedding_dims }) {
  return given({
    seed, lr, embeddingDims: embedding_dims,
    lora: given({ rank: lora_rank, alpha: lora_alpha }),
    scheduler: given({ ...(scheduler && { [scheduler]: {} }), warmupRatio: warmup_ratio }),
    optimizer: given({ adamw: given({ beta1, beta2 }) }),
  });
}

function given(fields) {
  const set = Object.entries(fields).filter(([, value]) => value !== undefined);
  return set.length ? Object.fromEntries(set) : undefined;
}

const order = ({ name, task_type, description, labels }) => ({ name, taskType: task_type, description, labels });

function dataset(shown) {
  const { id, name, status, description, labels, rows, sizeBytes, createdBy } = shown;
  const errors = shown.errors.length ? rowErrors(shown.errors) : undefined;
  return { dataset_id: id, name, status, description, labels, rows, size_bytes: sizeBytes, created_by: createdBy, errors };
}

function tuning({ id, status, modelUri, sourceModelUri }) {
  return { tuning_id: id, status, model_uri: modelUri, source_model_uri: sourceModelUri };
}

const rowErrors = (errors) => errors.map(({ error, rows }) => ({ error, rows }));

async function ids(list) {
  const found = [];
  for await (const one of list) found.push(one.id);
  return found;
}

async function answered(ask) {
  const given = Object.fromEntries(Object.entries(ask.with ?? {}).filter(([, value]) => value !== null));
  if (Object.hasOwn(ABOUT_CASES, ask.do)) return { ok: await ABOUT_CASES[ask.do](given) };
  if (!Object.hasOwn(VERBS, ask.do)) return { unsupported: `this client has nothing for ${ask.do}` };
  if (!client) return { trouble: `${ask.do} was asked for before begin` };
  try {
    return { ok: await VERBS[ask.do](given) };
  } catch (failure) {
    if (failure instanceof Unsupported) return { unsupported: failure.message };
    if (!(failure instanceof AIStudioError)) throw failure;
    const { message, code } = failure;
    const errors = failure.errors ? rowErrors(failure.errors) : undefined;
    return { error: { message, code: code || undefined, errors } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  let ask;
  try {
    ask = JSON.parse(line);
    if (typeof ask?.id !== "number" || typeof ask.do !== "string") throw new TypeError("no ask");
  } catch {
    console.log(JSON.stringify({ id: 0, trouble: "this line is no ask of the protocol" }));
    continue;
  }
  const answer = await answered(ask).catch((bug) => (console.error(bug), { trouble: String(bug) }));
  console.log(JSON.stringify({ id: ask.id, ...answer }));
}
client?.close();
