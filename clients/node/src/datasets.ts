/** Datasets: create, upload, validate, and what else is done with them. */
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";

import type { Connection } from "./connection.js";
import {
  AIStudioError, Interrupted, InvalidDataset, NONCE_LABEL, OperationFailed, OutcomeUnknown, RpcError, UsageError,
  codeName, type RowErrors,
} from "./errors.js";
import { MAYBE_DONE, found } from "./lost.js";
import { awaited, held, type WaitOptions } from "./operations.js";
import { pages } from "./paging.js";
import { inParallel, pieces } from "./parts.js";
import type { DatasetInfo__Output as DatasetInfo } from "./proto/yandex/cloud/ai/dataset/v1/DatasetInfo.js";
import type { ValidateDatasetResponse__Output as Outcome } from "./proto/yandex/cloud/ai/dataset/v1/ValidateDatasetResponse.js";
import type { ValidationError__Output as WireError } from "./proto/yandex/cloud/ai/dataset/v1/ValidationError.js";
import { put } from "./storage.js";

export interface Dataset {
  readonly id: string;
  readonly name: string;
  /** READY, or another name of the enum; the number of a value that this client does not know. */
  readonly status: string;
  readonly taskType: string;
  readonly description: string;
  /** Without the client's own {@link NONCE_LABEL}. */
  readonly labels: Readonly<Record<string, string>>;
  /** Undefined until the service has counted. */
  readonly rows: number | undefined;
  /** Of the converted file, not of the upload. */
  readonly sizeBytes: number | undefined;
  readonly createdBy: string;
  readonly errors: readonly RowErrors[];
}

export interface Upload extends WaitOptions {
  readonly name: string;
  readonly taskType: string;
  readonly description?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Bytes of a part; a file that is longer is sent in parts. 5 MiB at least. */
  readonly partSize?: number | undefined;
  /** Sends in parts even what fits into one. */
  readonly inParts?: boolean | undefined;
  /** Parts that are sent at the same time. */
  readonly parallel?: number | undefined;
}

const PART = 100 << 20;
const SIX_HOURS = 6 * 3600;
/** Seconds for clearing up, which the caller's signal does not stop. */
const CLEANUP = 10;

export class Datasets {
  constructor(private readonly connection: Connection) {}

  /**
   * Makes a dataset of a file and validates it. A draft that could not be filled is deleted, or the error says
   * that it is left; once the validation has begun the dataset stays, and the error says how to go on.
   *
   * Throws UsageError, InvalidDataset, StorageError, RpcError, TimedOut, Interrupted.
   */
  async upload(path: string, upload: Upload): Promise<Dataset> {
    const size = await sizeOf(path);
    const { signal } = upload;
    const id = await this.create(upload, signal);
    let operationId: string;
    try {
      await this.fill(id, path, size, upload);
      operationId = await this.validate(id, signal);
    } catch (failure) {
      throw await this.cleanedUp(id, failure);
    }
    return this.validated(id, operationId, upload);
  }

  /** Waits for a validation. Throws InvalidDataset, OperationFailed, TimedOut, Interrupted. */
  async validated(id: string, operationId: string, options: WaitOptions = {}): Promise<Dataset> {
    const attach = `see datasets show ${id}`;
    const timeout = options.timeout ?? SIX_HOURS;
    const operation = await awaited(this.connection, operationId, attach, { ...options, timeout });
    if (operation.error) {
      const { code, message } = operation.error;
      throw new OperationFailed(operationId, codeName(code), `validation of ${id} broke down: ${message}`);
    }
    const outcome = held<Outcome>(operation.response, "ValidateDatasetResponse");
    if (outcome && !outcome.isValid) throw new InvalidDataset(id, rowErrors(outcome.errors));
    const dataset = await this.get(id, options.signal);
    // An operation that does not say how it ended: the dataset does.
    if (!outcome && dataset.status !== "READY") throw new InvalidDataset(id, dataset.errors);
    return dataset;
  }

  async get(datasetId: string, signal?: AbortSignal): Promise<Dataset> {
    const { dataset } = await this.connection.call("datasets", "Describe", { datasetId }, { signal });
    return shown(dataset!);
  }

  /** Every dataset of the folder; `nameContains` is the service's filter. */
  async *list(nameContains = ""): AsyncGenerator<Dataset> {
    for await (const dataset of this.wireList(nameContains)) yield shown(dataset);
  }

  /** Changes what is given and nothing else; `labels: {}` removes them all. */
  async update(
    datasetId: string,
    changes: { name?: string; description?: string; labels?: Record<string, string> },
  ): Promise<Dataset> {
    const paths = (["name", "description", "labels"] as const).filter((field) => changes[field] !== undefined);
    if (paths.length === 0) return this.get(datasetId);
    const request = { datasetId, updateMask: { paths: [...paths] }, ...changes };
    const { dataset } = await this.connection.call("datasets", "Update", request);
    return shown(dataset!);
  }

  async delete(datasetId: string): Promise<void> {
    await this.connection.call("datasets", "Delete", { datasetId });
  }

  /** Create, once. When the answer is lost, the draft is looked for by its label, and never asked for again. */
  private async create(upload: Upload, signal?: AbortSignal): Promise<string> {
    const nonce = randomBytes(8).toString("hex");
    const request = {
      folderId: this.connection.settings.folderId,
      name: upload.name,
      taskType: upload.taskType,
      uploadFormat: "jsonlines",
      description: upload.description ?? "",
      labels: { ...upload.labels, [NONCE_LABEL]: nonce },
    };
    try {
      return (await this.connection.call("datasets", "Create", request, { signal })).datasetId;
    } catch (failure) {
      const interrupted = failure instanceof Interrupted;
      if (!interrupted && !(failure instanceof RpcError && MAYBE_DONE.has(failure.code))) throw failure;
      const draft = await found(this.connection, () => this.wireList(upload.name), nonce);
      if (interrupted) throw draft ? await this.cleanedUp(draft.datasetId, failure) : failure;
      if (!draft) throw new OutcomeUnknown(failure as RpcError, nonce, "datasets list");
      return draft.datasetId;
    }
  }

  private async fill(datasetId: string, path: string, size: number, upload: Upload): Promise<void> {
    const { signal } = upload;
    const { settings } = this.connection;
    const partSize = upload.partSize ?? PART;
    if (size <= partSize && !upload.inParts) {
      const request = { datasetId, sizeBytes: size };
      const { uploadUrl } = await this.connection.call("datasets", "GetUploadDraftUrl", request, { signal });
      await put(uploadUrl, { path, start: 0, size }, settings, signal);
      return;
    }
    const request = { datasetId, sizeBytes: size, parts: Math.ceil(size / partSize) };
    const { multipartUploadUrls: urls } = await this.connection.call(
      "datasets", "StartMultipartUploadDraft", request, { signal },
    );
    const parts = pieces(path, size, urls.length, partSize);
    const etags = await inParallel(parts, upload.parallel ?? 4, (part, index) => put(urls[index]!, part, settings, signal));
    const uploadedParts = etags.map((etag, index) => ({ partNum: index + 1, etag }));
    await this.connection.call("datasets", "FinishMultipartUploadDraft", { datasetId, uploadedParts }, { signal });
  }

  /** Validate, once. When the answer is lost, the service is asked which operation the dataset has. */
  private async validate(datasetId: string, signal?: AbortSignal): Promise<string> {
    try {
      return (await this.connection.call("datasets", "Validate", { datasetId }, { signal })).id;
    } catch (failure) {
      if (!(failure instanceof RpcError && MAYBE_DONE.has(failure.code))) throw failure;
      const request = { datasetId: [datasetId] };
      const { datasetIdToOperationId: ids } = await this.connection.call("datasets", "ListOperationsIds", request, { signal });
      const operationId = ids[datasetId];
      if (!operationId) throw failure;
      return operationId;
    }
  }

  private async cleanedUp(datasetId: string, failure: unknown): Promise<unknown> {
    try {
      await this.connection.call("datasets", "Delete", { datasetId }, { timeout: CLEANUP });
    } catch {
      const left = `the draft ${datasetId} is left: datasets delete ${datasetId}`;
      if (failure instanceof AIStudioError) failure.message += `; ${left}`;
    }
    return failure;
  }

  private wireList(nameContains: string): AsyncGenerator<DatasetInfo> {
    const request = { folderId: this.connection.settings.folderId, datasetNamePattern: nameContains };
    return pages(
      async (pageToken) => {
        const page = await this.connection.call("datasets", "List", { ...request, pageToken });
        return { items: page.datasets, nextPageToken: page.nextPageToken };
      },
      (dataset) => dataset.datasetId,
    );
  }
}

async function sizeOf(path: string): Promise<number> {
  const { size } = await stat(path).catch((problem: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read: ${problem.code}`);
  });
  if (size === 0) throw new UsageError(`${path} is empty; a dataset needs at least one row`);
  return size;
}

function shown(dataset: DatasetInfo): Dataset {
  const { [NONCE_LABEL]: _, ...labels } = dataset.labels;
  return {
    id: dataset.datasetId,
    name: dataset.name,
    status: String(dataset.status),
    taskType: dataset.taskType,
    description: dataset.description,
    labels,
    rows: Number(dataset.rows) || undefined,
    sizeBytes: Number(dataset.sizeBytes) || undefined,
    createdBy: dataset.createdBy || dataset.createdById,
    errors: rowErrors(dataset.validationError),
  };
}

function rowErrors(errors: readonly WireError[]): RowErrors[] {
  return errors.map((one) => ({
    error: one.error,
    description: one.errorDescription,
    rows: one.rowNumbers.map(Number),
  }));
}
