/** Pauses: between attempts, and between polls. */
import { setTimeout as sleep } from "node:timers/promises";

import { Interrupted } from "./errors.js";
import type { Settings } from "./settings.js";

/** Resolves after so many seconds. Throws Interrupted as soon as the signal is aborted. */
export async function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(seconds * 1000, undefined, signal ? { signal } : {});
  } catch (problem) {
    throw signal?.aborted ? new Interrupted() : problem;
  }
}

/** Seconds before attempt `attempt` + 1: doubling from a quarter, at most 8, half of it drawn by chance. */
export function backoff(attempt: number, chance = Math.random()): number {
  const whole = Math.min(0.25 * 2 ** (attempt - 1), 8);
  return whole * (0.5 + 0.5 * chance);
}

/** Seconds between polls: fast at first, then longer and longer, and never more often than that. */
export function* pollPauses(polling: Settings["polling"]): Generator<number, never> {
  for (let seconds = polling.first; ; seconds = Math.min(seconds * polling.factor, polling.longest)) {
    yield seconds;
  }
}
