/** A client of the fine-tuning API: `new AIStudio(fromEnvironment({}))`. */
import { Connection } from "./connection.js";
import { Datasets } from "./datasets.js";
import { AIStudioError } from "./errors.js";
import type { Settings } from "./settings.js";
import { Tunings } from "./tunings.js";

export * from "./errors.js";
export type { Dataset, Upload } from "./datasets.js";
export type { WaitOptions } from "./operations.js";
export { DEFAULTS, checked, fromEnvironment, type Settings } from "./settings.js";
export { KINDS, type Order, type Tuning } from "./tunings.js";

const COMPLETION_TIMEOUT = 180;

export class AIStudio {
  readonly #connection: Connection;
  readonly datasets: Datasets;
  readonly tunings: Tunings;

  constructor(settings: Settings) {
    this.#connection = new Connection(settings);
    this.datasets = new Datasets(this.#connection);
    this.tunings = new Tunings(this.#connection);
  }

  /** The answer of a model, tuned or not, to one message of a user. */
  async complete(modelUri: string, text: string, signal?: AbortSignal): Promise<string> {
    const request = { modelUri, completionOptions: {}, messages: [{ role: "user", text }] };
    let answer: string | undefined;
    for await (const { alternatives } of this.#connection.completion(request, { timeout: COMPLETION_TIMEOUT, signal })) {
      const final = alternatives.find((one) => String(one.status).endsWith("_FINAL"));
      if (final) answer = final.message?.text ?? "";
    }
    if (answer === undefined) throw new AIStudioError(`${modelUri} gave no final text`);
    return answer;
  }

  /** Ends every connection, so that the process can end. */
  close(): void {
    this.#connection.close();
  }
}
