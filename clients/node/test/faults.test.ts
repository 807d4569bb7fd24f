/** What goes wrong, as the mock makes it go wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { InvalidDataset, Interrupted, OperationFailed, OutcomeUnknown, StorageError } from "../src/index.js";
import { Folder, GENERATION, all, file } from "./mock.js";

const drafts = async (folder: Folder) => (await all(folder.client.datasets.list())).length;

test("a Create whose answer is lost is found by its label, and not sent again", async () => {
  const folder = await Folder.make();
  await folder.fault({ method: "DatasetService/Create", status: "UNAVAILABLE", lost: true });
  const dataset = await folder.client.datasets.upload(file(), { ...GENERATION, labels: { a: "b" } });
  assert.equal(dataset.status, "READY");
  assert.deepEqual(dataset.labels, { a: "b" });
  assert.equal((await folder.calls("DatasetService/Create")).length, 1);
});

test("a Tune whose answer is lost is found by its label, and not sent again", async () => {
  const folder = await Folder.make();
  const dataset = await folder.client.datasets.upload(file(), GENERATION);
  await folder.fault({ method: "TuningService/Tune", status: "UNAVAILABLE", lost: true });
  const tuning = await folder.client.tunings.start({ datasetId: dataset.id });
  assert.equal((await folder.client.tunings.wait(tuning.id)).status, "COMPLETED");
  assert.equal((await folder.calls("TuningService/Tune")).length, 1);
});

test("a Tune that made nothing is told as unknown, with the label to look for, and not sent again", async () => {
  const folder = await Folder.make();
  const dataset = await folder.client.datasets.upload(file(), GENERATION);
  await folder.fault({ method: "TuningService/Tune", status: "UNAVAILABLE", times: null });
  await assert.rejects(folder.client.tunings.start({ datasetId: dataset.id }), (failure: OutcomeUnknown) => {
    assert.ok(failure instanceof OutcomeUnknown);
    return /tunings list/.test(failure.message) && failure.message.includes(failure.nonce);
  });
  assert.equal((await folder.calls("TuningService/Tune")).length, 1);
});

test("a Validate whose answer is lost is gone on with", async () => {
  const folder = await Folder.make();
  await folder.fault({ method: "DatasetService/Validate", status: "UNAVAILABLE", lost: true });
  assert.equal((await folder.client.datasets.upload(file(), GENERATION)).status, "READY");
  assert.equal((await folder.calls("DatasetService/Validate")).length, 1);
});

test("a Delete whose answer is lost is a Delete", async () => {
  const folder = await Folder.make();
  const dataset = await folder.client.datasets.upload(file(), GENERATION);
  await folder.fault({ method: "DatasetService/Delete", status: "UNAVAILABLE", lost: true });
  await folder.client.datasets.delete(dataset.id);
  assert.equal(await drafts(folder), 0);
});

test("a read is sent again when the service is away, no sooner than it asks", async () => {
  const folder = await Folder.make();
  const dataset = await folder.client.datasets.upload(file(), GENERATION);
  await folder.fault({ method: "DatasetService/Describe", status: "UNAVAILABLE", retry_after: 1.5 });
  const began = performance.now();
  assert.equal((await folder.client.datasets.get(dataset.id)).status, "READY");
  assert.ok(performance.now() - began >= 1500);
});

test("a time to come back that lies past the deadline is not waited for", async () => {
  const folder = await Folder.make();
  await folder.fault({ method: "DatasetService/Describe", status: "UNAVAILABLE", retry_after: 3600, times: null });
  await assert.rejects(folder.client.datasets.get("fds00000000000000000"), { code: "UNAVAILABLE", exitCode: 3 });
  assert.equal((await folder.calls("DatasetService/Describe")).length, 1);
});

test("a quota that is exceeded is told at once", async () => {
  const folder = await Folder.make();
  await folder.fault({ method: "DatasetService/Create", status: "RESOURCE_EXHAUSTED", message: "no room", times: null });
  await assert.rejects(folder.client.datasets.upload(file(), GENERATION), { code: "RESOURCE_EXHAUSTED", details: "no room" });
  assert.equal((await folder.calls("DatasetService/Create")).length, 1);
});

test("a storage that is busy is asked again", async () => {
  const folder = await Folder.make();
  await folder.fault({ object: "PUT", status: "SlowDown" });
  assert.equal((await folder.client.datasets.upload(file(), GENERATION)).status, "READY");
});

test("a file that the storage has otherwise than it was sent is sent again", async () => {
  const folder = await Folder.make();
  await folder.fault({ object: "PUT", headers: { ETag: `"${"0".repeat(32)}"` } });
  assert.equal((await folder.client.datasets.upload(file(), GENERATION)).status, "READY");
  assert.equal((await folder.calls("PUT")).length, 2);
});

test("parts whose joining was not answered are joined", async () => {
  const folder = await Folder.make();
  const method = "DatasetService/FinishMultipartUploadDraft";
  await folder.fault({ method, status: "UNAVAILABLE", lost: true });
  const parts = { partSize: 5 << 20, inParts: true };
  assert.equal((await folder.client.datasets.upload(file(), { ...GENERATION, ...parts })).status, "READY");
  assert.deepEqual((await folder.calls(method)).map((one) => one.status), ["UNAVAILABLE", "FAILED_PRECONDITION"]);
});

test("a storage that refuses is not, and the draft is deleted", async () => {
  const folder = await Folder.make();
  await folder.fault({ object: "PUT", status: "SignatureDoesNotMatch", times: null });
  await assert.rejects(folder.client.datasets.upload(file(), GENERATION), (failure: StorageError) => {
    assert.ok(!failure.message.includes("X-Amz"), failure.message);
    return failure instanceof StorageError && failure.status === 403 && failure.code === "SignatureDoesNotMatch";
  });
  assert.equal((await folder.calls("PUT")).length, 1);
  assert.equal(await drafts(folder), 0);
});

test("a draft that cannot be deleted is named", async () => {
  const folder = await Folder.make();
  await folder.fault({ object: "PUT", status: "AccessDenied", times: null });
  await folder.fault({ method: "DatasetService/Delete", status: "PERMISSION_DENIED", times: null });
  await assert.rejects(folder.client.datasets.upload(file(), GENERATION), /the draft fds\w{17} is left: datasets delete fds/);
});

test("an interrupted upload deletes its draft", async () => {
  const folder = await Folder.make();
  await folder.fault({ object: "PUT", latency: 30 });
  const controller = new AbortController();
  const upload = folder.client.datasets.upload(file(), { ...GENERATION, signal: controller.signal });
  while ((await folder.calls("DatasetService/GetUploadDraftUrl")).length === 0);
  controller.abort();
  await assert.rejects(upload, Interrupted);
  assert.equal(await drafts(folder), 0);
});

test("bad rows are told with their numbers", async () => {
  const folder = await Folder.make();
  const upload = folder.client.datasets.upload(file('{"response": "?"}\n'), GENERATION);
  await assert.rejects(upload, (failure: InvalidDataset) => failure.errors.some((one) => one.rows.length === 1));
});

test("a page token that comes twice ends a list with an error", async () => {
  const folder = await Folder.make();
  const dataset = await folder.client.datasets.upload(file(), GENERATION);
  for (const name of ["one", "two", "three"]) await folder.client.tunings.start({ datasetId: dataset.id, name });
  await folder.fault({ method: "TuningService/List", after: 1, times: null, page_token: "repeated" });
  await assert.rejects(all(folder.client.tunings.list(1)), /one page token twice/);
});

test("a status of the future is shown as its number", async () => {
  const folder = await Folder.make();
  const dataset = await folder.client.datasets.upload(file(), GENERATION);
  await folder.fault({ method: "DatasetService/Describe", set: { "dataset.status": 77 } });
  assert.equal((await folder.client.datasets.get(dataset.id)).status, "77");
});

test("a tuning that fails is told with the service's reasons", async () => {
  const folder = await Folder.make();
  await folder.plan({ outcome: "fail", status: "INTERNAL", message: "no luck", errors: ["node 7 is down"] });
  const dataset = await folder.client.datasets.upload(file(), GENERATION);
  const { id } = await folder.client.tunings.start({ datasetId: dataset.id });
  await assert.rejects(folder.client.tunings.wait(id), (failure: OperationFailed) => {
    assert.match(failure.message, /no luck; node 7 is down/);
    return failure.code === "INTERNAL";
  });
});
