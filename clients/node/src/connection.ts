/** Calls of the service: all attempts of one under one deadline, repeated only where that does no harm. */
import { randomUUID } from "node:crypto";
import { inspect } from "node:util";

import * as grpc from "@grpc/grpc-js";

import { AIStudioError, Interrupted, RpcError } from "./errors.js";
import type { CompletionResponse__Output } from "./proto/yandex/cloud/ai/foundation_models/v1/CompletionResponse.js";
import { retryAfter, SERVICE_NAMES, SERVICES } from "./services.js";
import type { Settings } from "./settings.js";
import { backoff, pause } from "./waiting.js";

type Name = keyof typeof SERVICES;
type Client<S extends Name> = InstanceType<(typeof SERVICES)[S]>;
/** The methods of a service that answer with one message, each with what it takes and gives. */
type Unary<S extends Name, M> = M extends keyof Client<S>
  ? Client<S>[M] extends (request: infer Q, done: grpc.requestCallback<infer A>) => unknown
    ? { request: Q; answer: A }
    : never
  : never;
type Untyped = (
  request: unknown,
  metadata: grpc.Metadata,
  options: grpc.CallOptions,
  done: grpc.requestCallback<unknown>,
) => grpc.ClientUnaryCall;

/**
 * What may be sent again after UNAVAILABLE: what only reads, and what leaves the same behind twice.
 * Not Create, Tune and Validate, which begin something; not Cancel, which is refused the second time.
 */
const REPEATABLE = new Set([
  "Describe", "List", "Get", "GetUploadDraftUrl", "GetMetricsUrl", "ListErrors", "ListOperationsIds",
  "StartMultipartUploadDraft", "FinishMultipartUploadDraft", "Update", "Delete",
]);
const ATTEMPTS = 5;

/** Which address of the endpoint list a service has. */
const ENDPOINT_IDS: Readonly<Record<Exclude<Name, "endpoints">, string>> = {
  datasets: "ai-foundation-models",
  tunings: "ai-foundation-models",
  operations: "ai-foundation-models", // those of datasets and tunings are kept there
  texts: "ai-foundation-models",
};

export interface CallOptions {
  /** Seconds for all attempts; `callTimeout` of the settings by default. */
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
}

export class Connection {
  readonly #clients = new Map<string, grpc.Client>();
  #addresses: Promise<ReadonlyMap<string, string>> | undefined;

  constructor(readonly settings: Settings) {}

  /** The answer to one call. Throws RpcError, Interrupted. */
  async call<S extends Name, M extends string & keyof Client<S>>(
    service: S,
    method: M,
    request: Unary<S, M>["request"],
    options: CallOptions = {},
  ): Promise<Unary<S, M>["answer"]> {
    const deadline = this.#deadline(options);
    const metadata = this.#metadata(service);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const client = await this.#client(service, deadline, options.signal);
        return (await this.#attempt(client, service, method, request, metadata, deadline, options.signal)) as Unary<
          S,
          M
        >["answer"];
      } catch (failure) {
        if (attempt > 1 && isDoneAlready(method, failure)) return {} as Unary<S, M>["answer"];
        if (attempt >= ATTEMPTS || !isRepeated(method, failure)) throw failure;
        const seconds = Math.max(failure.retryAfter ?? 0, backoff(attempt));
        if (Date.now() + seconds * 1000 >= deadline.getTime()) throw failure;
        await pause(seconds, options.signal);
      }
    }
  }

  /** The messages of a completion. Not begun again once one has come: they would come twice. */
  async *completion(
    request: Parameters<Client<"texts">["Completion"]>[0],
    options: CallOptions = {},
  ): AsyncGenerator<CompletionResponse__Output> {
    const deadline = this.#deadline(options);
    const metadata = this.#metadata("texts");
    const client = (await this.#client("texts", deadline, options.signal)) as Client<"texts">;
    for (let attempt = 1; ; attempt += 1) {
      let begun = false;
      const stream = client.Completion(request, metadata, { deadline });
      const abort = () => stream.cancel();
      options.signal?.addEventListener("abort", abort);
      try {
        for await (const message of stream) {
          begun = true;
          yield message as CompletionResponse__Output;
        }
        return;
      } catch (problem) {
        if (options.signal?.aborted) throw new Interrupted();
        const failure = rpcError("texts", "Completion", problem as grpc.ServiceError, metadata);
        const seconds = Math.max(failure.retryAfter ?? 0, backoff(attempt));
        const late = Date.now() + seconds * 1000 >= deadline.getTime();
        if (begun || attempt >= ATTEMPTS || late || !isTransient(failure)) throw failure;
        await pause(seconds, options.signal);
      } finally {
        options.signal?.removeEventListener("abort", abort);
        stream.cancel();
      }
    }
  }

  /** Ends every connection; the process can then end, too. */
  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  /** Secrets are not shown, whoever prints this. */
  [inspect.custom](): string {
    return `Connection { endpoint: ${this.settings.endpoint}, folder: ${this.settings.folderId} }`;
  }

  #attempt(
    client: grpc.Client,
    service: Name,
    method: string,
    request: unknown,
    metadata: grpc.Metadata,
    deadline: Date,
    signal?: AbortSignal,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new Interrupted());
      const rpc = (client as unknown as Record<string, Untyped>)[method]!.bind(client);
      const abort = () => call.cancel();
      const call = rpc(request, metadata, { deadline }, (problem, answer) => {
        signal?.removeEventListener("abort", abort);
        if (!problem) resolve(answer);
        else if (signal?.aborted) reject(new Interrupted());
        else reject(rpcError(service, method, problem, metadata));
      });
      signal?.addEventListener("abort", abort);
    });
  }

  #deadline(options: CallOptions): Date {
    return new Date(Date.now() + (options.timeout ?? this.settings.callTimeout) * 1000);
  }

  /** One id for all attempts of a call; credentials for all but the endpoint list. */
  #metadata(service: Name): grpc.Metadata {
    const metadata = new grpc.Metadata();
    metadata.set("x-client-request-id", randomUUID());
    const { credentials } = this.settings;
    if (credentials && service !== "endpoints") {
      const scheme = credentials.kind === "api-key" ? "Api-Key" : "Bearer";
      metadata.set("authorization", `${scheme} ${credentials.value}`);
    }
    return metadata;
  }

  async #client(service: Name, deadline: Date, signal?: AbortSignal): Promise<grpc.Client> {
    const address =
      service === "endpoints" ? this.settings.endpoint : await this.#address(ENDPOINT_IDS[service], deadline, signal);
    const key = `${service} ${address}`;
    const known = this.#clients.get(key);
    if (known) return known;
    const channel = this.settings.plaintext
      ? grpc.credentials.createInsecure()
      : grpc.credentials.createSsl(this.settings.ca);
    const client = new SERVICES[service](address, channel, {
      "grpc.enable_retries": 0, // ours know what may be repeated
      "grpc.primary_user_agent": "aistudio-client-node/0.1.0",
    });
    this.#clients.set(key, client);
    return client;
  }

  async #address(id: string, deadline: Date, signal?: AbortSignal): Promise<string> {
    this.#addresses ??= this.#discovered(deadline, signal);
    this.#addresses.catch(() => (this.#addresses = undefined)); // the next call asks again
    const address = (await this.#addresses).get(id);
    if (!address) throw new AIStudioError(`${this.settings.endpoint} lists no endpoint ${id}`);
    return address;
  }

  async #discovered(deadline: Date, signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const timeout = (deadline.getTime() - Date.now()) / 1000;
    const { endpoints } = await this.call("endpoints", "List", {}, { timeout, signal });
    return new Map(endpoints.map((one) => [one.id, one.address]));
  }
}

function rpcError(service: Name, method: string, problem: grpc.ServiceError, metadata: grpc.Metadata): RpcError {
  return new RpcError({
    method: `${SERVICE_NAMES[service]}/${method}`,
    code: problem.code,
    details: problem.details,
    requestId: String(problem.metadata?.get("x-request-id")[0] ?? metadata.get("x-client-request-id")[0]),
    retryAfter: problem.metadata && retryAfter(problem.metadata),
  });
}

/** UNAVAILABLE; RESOURCE_EXHAUSTED only when the service says when to come back: a quota does not pass. */
function isTransient(failure: RpcError): boolean {
  return (
    failure.code === "UNAVAILABLE" || (failure.code === "RESOURCE_EXHAUSTED" && failure.retryAfter !== undefined)
  );
}

function isRepeated(method: string, failure: unknown): failure is RpcError {
  if (!(failure instanceof RpcError) || !isTransient(failure)) return false;
  // Refused for now, with a time to come back, it was not carried out; any call may be sent again then.
  return REPEATABLE.has(method) || failure.code === "RESOURCE_EXHAUSTED";
}

/** A Delete or a Finish whose first answer was lost is refused the second time: it has been done. */
function isDoneAlready(method: string, failure: unknown): boolean {
  if (!(failure instanceof RpcError)) return false;
  if (method === "Delete") return failure.code === "NOT_FOUND";
  // Whether it was, Validate tells.
  return method === "FinishMultipartUploadDraft" && failure.code === "FAILED_PRECONDITION";
}
