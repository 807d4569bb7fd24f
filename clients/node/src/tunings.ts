/**
 * Tunings: started once, waited for until the operation is done. A task's id is its operation's, or so it is
 * today; where it is another, the operation tells it, and either id does everywhere here.
 */
import { randomBytes } from "node:crypto";

import type { Connection } from "./connection.js";
import {
  AIStudioError, Interrupted, NONCE_LABEL, OperationFailed, OutcomeUnknown, RpcError, codeName,
} from "./errors.js";
import { MAYBE_DONE, found } from "./lost.js";
import { awaited, held, type WaitOptions } from "./operations.js";
import { pages } from "./paging.js";
import type { TuningMetadata__Output as Progress } from "./proto/yandex/cloud/ai/tuning/v1/TuningMetadata.js";
import type { TuningTask__Output as TuningTask } from "./proto/yandex/cloud/ai/tuning/v1/TuningTask.js";
import { download } from "./storage.js";

export interface Tuning {
  readonly id: string;
  readonly name: string;
  /** COMPLETED, or another name of the enum; the number of a value that this client does not know. */
  readonly status: string;
  /** Of the tuned model; undefined until there is one. */
  readonly modelUri: string | undefined;
  readonly sourceModelUri: string | undefined;
}

/** Each kind: the scheme of its base model, the base model unless another is named, and the field of its parameters. */
export const KINDS = {
  completion: { scheme: "gpt", base: "yandexgpt-lite", params: "textToTextCompletion" },
  multilabel: { scheme: "cls", base: "yandexgpt-lite", params: "textClassificationMultilabel" },
  multiclass: { scheme: "cls", base: "yandexgpt-lite", params: "textClassificationMulticlass" },
  pair: { scheme: "emb", base: "text-embeddings", params: "textEmbeddingPairParams" },
  triplet: { scheme: "emb", base: "text-embeddings", params: "textEmbeddingTripletParams" },
} as const;

export interface Order {
  readonly datasetId: string;
  readonly validationDatasetId?: string | undefined;
  readonly kind?: keyof typeof KINDS | undefined;
  /** A name such as yandexgpt-lite, or a whole URI. */
  readonly baseModel?: string | undefined;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Fields of the kind's parameters as the proto file has them; what is left out is the service's business. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

const ENDED = new Set(["COMPLETED", "FAILED", "CANCELED"]);
const THREE_DAYS = 72 * 3600;

export class Tunings {
  constructor(private readonly connection: Connection) {}

  /**
   * Tune, once: a second one would have to be paid for, too. When the answer is lost, the tuning is looked
   * for by its label; OutcomeUnknown when it does not show.
   */
  async start(order: Order, signal?: AbortSignal): Promise<Tuning> {
    const nonce = randomBytes(8).toString("hex");
    try {
      const operation = await this.connection.call("tunings", "Tune", this.request(order, nonce), { signal });
      const progress = held<Progress>(operation.metadata, "TuningMetadata");
      const status = String(progress?.status ?? "CREATED");
      return { id: operation.id, name: order.name ?? "", status, modelUri: undefined, sourceModelUri: undefined };
    } catch (failure) {
      const interrupted = failure instanceof Interrupted;
      if (!interrupted && !(failure instanceof RpcError && MAYBE_DONE.has(failure.code))) throw failure;
      const task = await found(this.connection, () => this.wireList(0), nonce);
      if (interrupted) {
        throw task ? new Interrupted(`interrupted; tuning ${task.taskId} was started: tunings cancel ${task.taskId}`) : failure;
      }
      if (!task) throw new OutcomeUnknown(failure as RpcError, nonce, "tunings list");
      return { ...shown(task), id: task.operationId || task.taskId };
    }
  }

  /** The end of a tuning: COMPLETED or CANCELED. Throws OperationFailed for one that failed, TimedOut, Interrupted. */
  async wait(id: string, options: WaitOptions = {}): Promise<Tuning> {
    const timeout = options.timeout ?? THREE_DAYS;
    const attach = `tunings wait ${id} goes on waiting, tunings cancel ${id} stops it`;
    let tuning: Tuning;
    try {
      const operation = await awaited(this.connection, id, attach, { ...options, timeout });
      if (operation.error && operation.error.code !== 1) {
        const { code, message } = operation.error;
        throw new OperationFailed(id, codeName(code), await this.told(id, message));
      }
      tuning = await this.get(id, options.signal);
    } catch (failure) {
      if (!isMissing(failure)) throw failure;
      // Operations are kept for weeks, tasks for good; or this is the task's id, and the operation has another.
      const task = await this.describe(id, options.signal);
      if (task.operationId && task.operationId !== id && !ENDED.has(String(task.status))) {
        return this.wait(task.operationId, options);
      }
      tuning = shown(task);
    }
    if (tuning.status === "CANCELED" || (tuning.status === "COMPLETED" && tuning.modelUri)) return tuning;
    throw new AIStudioError(`tuning ${id} is ${tuning.status}, and the service names no model`);
  }

  /** One tuning. A young one may have an operation only, and is told from that. */
  async get(id: string, signal?: AbortSignal): Promise<Tuning> {
    try {
      return { ...shown(await this.ofTask(id, (taskId) => this.describe(taskId, signal))), id };
    } catch (failure) {
      const progress = isMissing(failure) ? await this.progress(id, signal) : undefined;
      if (!progress) throw failure;
      return { id, name: "", status: String(progress.status), modelUri: undefined, sourceModelUri: undefined };
    }
  }

  /** Every task of the folder, newest first as the service has them. */
  async *list(pageSize = 0): AsyncGenerator<Tuning> {
    for await (const task of this.wireList(pageSize)) yield shown(task);
  }

  /** Asks a tuning to stop; `wait` tells what came of it. */
  async cancel(id: string): Promise<void> {
    await this.ofTask(id, (tuningTaskId) => this.connection.call("tunings", "Cancel", { tuningTaskId }));
  }

  /** Saves the archive of metrics; false when there is none yet. */
  async metrics(id: string, path: string, signal?: AbortSignal): Promise<boolean> {
    try {
      const { loadUrl } = await this.ofTask(id, (taskId) =>
        this.connection.call("tunings", "GetMetricsUrl", { taskId }, { signal }),
      );
      await download(loadUrl, path, this.connection.settings, signal);
      return true;
    } catch (failure) {
      if (isMissing(failure)) return false;
      throw failure;
    }
  }

  private request(order: Order, nonce: string) {
    const { scheme, base, params } = KINDS[order.kind ?? "completion"];
    const model = order.baseModel ?? base;
    const validation = order.validationDatasetId;
    return {
      baseModelUri: model.includes("://") ? model : `${scheme}://${this.connection.settings.folderId}/${model}/latest`,
      trainDatasets: [{ datasetId: order.datasetId, weight: 1 }],
      ...(validation ? { validationDataset: { datasetId: validation, weight: 1 } } : {}),
      name: order.name ?? "",
      description: order.description ?? "",
      labels: { ...order.labels, [NONCE_LABEL]: nonce },
      [params]: order.parameters ?? {},
    };
  }

  private async describe(tuningTaskId: string, signal?: AbortSignal): Promise<TuningTask> {
    return (await this.connection.call("tunings", "Describe", { tuningTaskId }, { signal })).tuningTask!;
  }

  /** What the operation of that id says of its task; undefined when it says nothing, or there is none. */
  private async progress(operationId: string, signal?: AbortSignal): Promise<Progress | undefined> {
    try {
      const operation = await this.connection.call("operations", "Get", { operationId }, { signal });
      return held<Progress>(operation.metadata, "TuningMetadata");
    } catch (failure) {
      if (isMissing(failure)) return undefined;
      throw failure;
    }
  }

  /** Asks by the given id, and if that is none of a task, by the one that the operation tells. */
  private async ofTask<T>(id: string, ask: (taskId: string) => Promise<T>): Promise<T> {
    try {
      return await ask(id);
    } catch (failure) {
      const other = isMissing(failure) ? (await this.progress(id))?.tuningTaskId : undefined;
      if (!other || other === id) throw failure;
      return ask(other);
    }
  }

  private async told(id: string, message: string): Promise<string> {
    const { tuningError } = await this.ofTask(id, (tuningTaskId) =>
      this.connection.call("tunings", "ListErrors", { tuningTaskId }),
    );
    const more = tuningError.map((one) => one.message).filter((one) => one && one !== message);
    return `tuning ${id} failed: ${[message || "without a message", ...more].join("; ")}`;
  }

  private wireList(pageSize: number): AsyncGenerator<TuningTask> {
    const request = { folderId: this.connection.settings.folderId, pageSize };
    return pages(
      async (pageToken) => {
        const page = await this.connection.call("tunings", "List", { ...request, pageToken });
        return { items: page.tuningTasks, nextPageToken: page.nextPageToken };
      },
      (task) => task.taskId,
    );
  }
}

function isMissing(failure: unknown): boolean {
  return failure instanceof RpcError && failure.code === "NOT_FOUND";
}

function shown(task: TuningTask): Tuning {
  return {
    id: task.taskId,
    name: task.name,
    status: String(task.status),
    modelUri: task.targetModelUri || undefined,
    sourceModelUri: task.sourceModelUri || undefined,
  };
}
