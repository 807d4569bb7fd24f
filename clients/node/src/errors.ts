/**
 * Everything that this client throws on purpose:
 *
 *   AIStudioError          the message is for people, and says what to do
 *   ├─ UsageError          asked for in a way that cannot work; nothing was sent
 *   ├─ RpcError            the service refused a call, or could not be reached
 *   │  └─ OutcomeUnknown   the answer was lost, and what was asked for may exist
 *   ├─ StorageError        a presigned URL did not take, or did not give, a file
 *   ├─ InvalidDataset      the service found bad rows
 *   ├─ OperationFailed     a tuning failed, or a validation broke down
 *   ├─ TimedOut            a wait is over, and what was waited for goes on
 *   └─ Interrupted         the caller's signal was aborted
 */
import { status as Code } from "@grpc/grpc-js";

/** The root of the tree. `exitCode` is what the command line ends with. */
export class AIStudioError extends Error {
  readonly exitCode: number = 1;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

export class UsageError extends AIStudioError {
  override readonly exitCode = 2;
}

/** What the caller can do about a status code. */
const ADVICE: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: "check YC_API_KEY (the secret, not its id) or YC_IAM_TOKEN, which lives for 12 hours",
  PERMISSION_DENIED: "check the folder and the roles in it: ai.datasets.editor and ai.models.editor, or ai.editor",
  UNAVAILABLE: "check the endpoint and the network, then try again",
  DEADLINE_EXCEEDED: "the service did not answer in time; try again, or allow more time",
};
const ENVIRONMENT = new Set(["UNAUTHENTICATED", "UNAVAILABLE", "DEADLINE_EXCEEDED"]);

export interface RpcFailure {
  readonly method: string;
  readonly code: number;
  readonly details: string;
  readonly requestId: string;
  /** Seconds, from the service's RetryInfo. */
  readonly retryAfter?: number | undefined;
}

export class RpcError extends AIStudioError {
  override readonly exitCode: number;
  readonly method: string;
  /** The status code's name: NOT_FOUND. */
  readonly code: string;
  /** The service's own words. */
  readonly details: string;
  /** For the support of the service. */
  readonly requestId: string;
  readonly retryAfter: number | undefined;

  constructor(failure: RpcFailure, told?: string) {
    const code = codeName(failure.code);
    const advice = told ?? ADVICE[code];
    super(
      `${failure.method}: ${code}: ${failure.details || "no message"}${advice ? `; ${advice}` : ""}` +
        ` (request ${failure.requestId})`,
    );
    this.method = failure.method;
    this.code = code;
    this.details = failure.details;
    this.requestId = failure.requestId;
    this.retryAfter = failure.retryAfter;
    this.exitCode = ENVIRONMENT.has(code) ? 3 : 1;
  }
}

/** `nonce` is the value of the label {@link NONCE_LABEL} that the thing has, if it exists. */
export class OutcomeUnknown extends RpcError {
  override readonly exitCode = 1;

  constructor(lost: RpcError, readonly nonce: string, howToLook: string) {
    super(
      { ...lost, code: Code[lost.code as keyof typeof Code] },
      `the answer was lost, and nothing with the label ${NONCE_LABEL}=${nonce} was found; it may still ` +
        `appear, so it was not asked for again: look with ${howToLook}`,
    );
  }
}

/** Marks what a Create or a Tune has made, so that it is found when the answer is lost. */
export const NONCE_LABEL = "aistudio-client-nonce";

export class StorageError extends AIStudioError {
  constructor(
    message: string,
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    /** S3 error code, such as SlowDown. */
    readonly code: string,
    readonly retryAfter?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface RowErrors {
  readonly error: string;
  readonly description: string;
  readonly rows: readonly number[];
}

export class InvalidDataset extends AIStudioError {
  constructor(readonly datasetId: string, readonly errors: readonly RowErrors[]) {
    const told = errors.map((one) => `\n  rows ${shown(one.rows)}: ${one.error}: ${one.description}`);
    super(
      `dataset ${datasetId} is not valid${told.join("") || "; the service gives no details"}` +
        `\nmend the rows and upload the file anew; datasets delete ${datasetId} removes this one`,
    );
  }
}

export class OperationFailed extends AIStudioError {
  constructor(readonly operationId: string, readonly code: string, message: string) {
    super(message);
  }
}

export class TimedOut extends AIStudioError {
  override readonly exitCode = 3;
}

export class Interrupted extends AIStudioError {
  override readonly exitCode = 130;

  constructor(message = "interrupted") {
    super(message);
  }
}

/** The name of a status code; of a number that is none, the number. */
export function codeName(code: number): string {
  return Code[code] ?? String(code);
}

function shown(rows: readonly number[]): string {
  const few = rows.slice(0, 10).join(", ");
  return rows.length > 10 ? `${few} and ${rows.length - 10} more` : few || "?";
}
