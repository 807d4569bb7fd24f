#!/usr/bin/env node
// Your client behind the suite's verbs, in Node: copy this, put your client in place of the two lines that say so.
//
//     aistudio-conformance adapter lint -- node my_client.mjs
//
// What a verb takes and gives is in docs/reference/adapter-protocol.md. Leave out what your client has nothing for.
import { createInterface } from "node:readline";

let place; // where the service is, in which folder, and who you are: of this case

/** What your client throws when it tells its user that something failed. */
class MyClientError extends Error {}

const VERBS = {
  "dataset.get": async ({ dataset_id }) => {
    // Yours: const dataset = await myClient.describe(dataset_id);
    throw new MyClientError(`your client is not asked yet for ${dataset_id} at ${place.tls}`);
    // return { dataset_id: dataset.id, status: dataset.status };
  },
};

const ASKED = {
  hello: () => ({ name: "my client", version: "0.1", language: "Node", verbs: Object.keys(VERBS), protocol: 1 }),
  begin: (given) => ((place = given), {}), // make your client here
  end: () => ((place = undefined), {}), // and close it here
  ...VERBS,
};

for await (const line of createInterface({ input: process.stdin })) {
  const ask = JSON.parse(line);
  let answer;
  try {
    answer = Object.hasOwn(ASKED, ask.do)
      ? { ok: await ASKED[ask.do](ask.with ?? {}) }
      : { unsupported: `nothing for ${ask.do}` };
  } catch (failure) {
    const { message, code } = failure; // code: the name of a status code, if your client tells one
    answer = failure instanceof MyClientError ? { error: { message, code } } : { trouble: String(failure) };
  }
  console.log(JSON.stringify({ id: ask.id, ...answer })); // stdout is for answers only; stderr is yours
}
