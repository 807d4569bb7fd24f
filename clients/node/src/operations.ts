/** Long-running operations: polled until `done`, whatever their metadata say before. */
import type { AnyExtension } from "@grpc/proto-loader";

import type { Connection } from "./connection.js";
import { Interrupted, RpcError, TimedOut } from "./errors.js";
import type { Operation__Output as Operation } from "./proto/yandex/cloud/operation/Operation.js";
import { pause, pollPauses } from "./waiting.js";

export interface WaitOptions {
  /** Seconds to wait at most. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with each answer, and the seconds since the wait began. */
  readonly onPoll?: ((operation: Operation, elapsed: number) => void) | undefined;
}

/** Polls that may fail in a row: an outage of minutes must not end a wait of hours. */
const OUTAGE = 5;
const GONE = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED"]);

/** The operation once it is done. Throws TimedOut and Interrupted, both with how to go on waiting (`attach`). */
export async function awaited(
  connection: Connection,
  operationId: string,
  attach: string,
  options: WaitOptions & { timeout: number },
): Promise<Operation> {
  const began = Date.now();
  let failures = 0;
  for (const seconds of pollPauses(connection.settings.polling)) {
    try {
      const operation = await connection.call("operations", "Get", { operationId }, { signal: options.signal });
      failures = 0;
      options.onPoll?.(operation, (Date.now() - began) / 1000);
      if (operation.done) return operation;
      if (Date.now() - began + seconds * 1000 > options.timeout * 1000) {
        throw new TimedOut(`operation ${operationId} goes on after ${options.timeout} s; ${attach}`);
      }
      await pause(seconds, options.signal);
    } catch (failure) {
      if (failure instanceof Interrupted) throw new Interrupted(`interrupted; operation ${operationId} goes on: ${attach}`);
      const isOutage = failure instanceof RpcError && GONE.has(failure.code);
      if (!isOutage || (failures += 1) >= OUTAGE) throw failure;
      await pause(seconds, options.signal);
    }
  }
  throw new Error("unreachable");
}

/** What an operation's Any holds, if it is a message of that name; undefined when it is another, or none. */
export function held<T>(any: object | null | undefined, message: string): T | undefined {
  const type = (any as AnyExtension | null | undefined)?.["@type"];
  return typeof type === "string" && type.endsWith(`.${message}`) ? (any as T) : undefined;
}
