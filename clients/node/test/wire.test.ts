/** What is seen on the wire when all goes well. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect, promisify } from "node:util";

import { fromEnvironment, checked, DEFAULTS } from "../src/index.js";
import { Folder, GENERATION, GRPC, ROWS, file } from "./mock.js";

test("from a file to the answer of the tuned model", async () => {
  const folder = await Folder.make({ time: "poll" });
  const { client } = folder;
  const dataset = await client.datasets.upload(file(), GENERATION);
  assert.deepEqual([dataset.status, dataset.rows], ["READY", 3]);
  const { id } = await client.tunings.start({ datasetId: dataset.id, name: "persona" });
  const tuning = await client.tunings.wait(id);
  assert.equal(await client.complete(tuning.modelUri!, "Who are you?"), "Zina");
  const archive = file("");
  assert.equal(await client.tunings.metrics(id, archive), true);
  assert.ok(statSync(archive).size > 0);
});

test("every call has a deadline, and only those of the service have credentials", async () => {
  const folder = await Folder.make();
  await folder.client.datasets.upload(file(), GENERATION);
  const calls = await folder.calls();
  const storage = calls.filter((one) => one.leg === "storage");
  assert.equal(storage.length, 1);
  for (const call of calls.filter((one) => one.leg === "grpc")) assert.ok(call.deadline! > 0 && call.deadline! <= 21, call.method);
  for (const call of storage) assert.ok(!call.metadata.some(([name]) => name.toLowerCase() === "authorization"));
  const { bytes, announced, chunked } = storage[0]!.body!;
  assert.deepEqual([bytes, announced, chunked], [ROWS.length, ROWS.length, false]);
});

test("a file in parts arrives whole", async () => {
  const folder = await Folder.make();
  const big = Buffer.from(ROWS.repeat(Math.ceil((11 << 20) / ROWS.length)));
  const dataset = await folder.client.datasets.upload(file(big), { ...GENERATION, partSize: 5 << 20 });
  assert.equal(dataset.status, "READY");
  const sent = (await folder.calls("PUT")).map((one) => one.body!.bytes);
  assert.deepEqual(sent.sort((a, b) => b - a), [5 << 20, 5 << 20, big.length - (10 << 20)]);
});

test("nothing that is printed has the key in it", async () => {
  const folder = await Folder.make();
  assert.ok(!inspect(folder.client, { depth: 9 }).includes(folder.apiKey));
});

test("settings that cannot work are refused before a call", () => {
  const given = { ...DEFAULTS, folderId: "b1g", plaintext: true, endpoint: "example.com:443" };
  assert.throws(() => checked(given), /in the clear/);
  assert.throws(() => fromEnvironment({}, { YC_FOLDER_ID: "b1g", YC_API_KEY: "aje123" }), /secret/);
  assert.throws(() => fromEnvironment({}, {}), /YC_FOLDER_ID/);
});

const CLI = fileURLToPath(new URL("../src/cli.js", import.meta.url));

async function cli(folder: Folder, ...args: string[]) {
  const env = { ...process.env, YC_FOLDER_ID: folder.id, YC_API_KEY: folder.apiKey, YC_API_ENDPOINT: GRPC };
  const own = ["--plaintext", "--poll-interval", "0.01"];
  return promisify(execFile)(process.execPath, [CLI, ...args, ...own], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
  );
}

test("the command line does it, too, and its exit codes tell", async () => {
  const folder = await Folder.make();
  const uploaded = await cli(folder, "datasets", "upload", file(), "--name", "mine", "--json");
  assert.equal(uploaded.code, 0, uploaded.stderr);
  const { id } = JSON.parse(uploaded.stdout) as { id: string };
  assert.match((await cli(folder, "datasets", "list")).stdout, new RegExp(id));
  assert.equal((await cli(folder, "datasets", "show", "fds00000000000000000")).code, 1);
  assert.equal((await cli(folder, "datasets", "paint")).code, 2);
  const tuned = await cli(folder, "tunings", "start", id, "--wait");
  assert.match(tuned.stdout, /COMPLETED/, tuned.stderr);
});
