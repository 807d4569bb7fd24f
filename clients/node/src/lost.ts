/** After a lost answer: looking for what may have been made, by the label that only it has. */
import type { Connection } from "./connection.js";
import { NONCE_LABEL } from "./errors.js";
import { pause, pollPauses } from "./waiting.js";

/** Codes after which it is not known whether a call was carried out. */
export const MAYBE_DONE = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "UNKNOWN", "INTERNAL"]);

/** A list may be seconds behind. */
const LOOKS = 5;

/** What was made, or undefined if it does not show, or if nobody answers. `list` is begun anew at each look. */
export async function found<T extends { labels: Record<string, string> }>(
  connection: Connection,
  list: () => AsyncGenerator<T>,
  nonce: string,
): Promise<T | undefined> {
  const pauses = pollPauses(connection.settings.polling);
  for (let look = 1; ; look += 1) {
    try {
      for await (const one of list()) if (one.labels[NONCE_LABEL] === nonce) return one;
    } catch {
      return undefined;
    }
    if (look >= LOOKS) return undefined;
    await pause(pauses.next().value);
  }
}
