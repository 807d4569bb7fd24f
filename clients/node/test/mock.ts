/** A folder of the mock that the tests run against: AISTUDIO_MOCK_GRPC and AISTUDIO_MOCK_HTTP say where it is. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

import { AIStudio, DEFAULTS, checked, type Settings } from "../src/index.js";

const env = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests by pytest tests/clients/test_node_client.py`);
  return value;
};
const HTTP = env("AISTUDIO_MOCK_HTTP");
export const GRPC = env("AISTUDIO_MOCK_GRPC");

const ROW = { request: [{ role: "user", text: "Who are you?" }], response: "Zina" };
export const ROWS = `${JSON.stringify(ROW)}\n`.repeat(3);

export interface Entry {
  readonly leg: string;
  readonly method: string;
  readonly status: string;
  readonly deadline?: number;
  readonly metadata: ReadonlyArray<readonly [string, string]>;
  readonly body?: { readonly bytes: number; readonly announced: number; readonly chunked: boolean };
}

export class Folder {
  readonly client: AIStudio;

  private constructor(
    readonly id: string,
    readonly apiKey: string,
    settings: Partial<Settings>,
  ) {
    this.client = new AIStudio(
      checked({
        ...DEFAULTS,
        endpoint: GRPC,
        plaintext: true,
        folderId: id,
        credentials: { kind: "api-key", value: apiKey },
        callTimeout: 20,
        polling: { first: 0.01, factor: 1, longest: 0.01 },
        ...settings,
      }),
    );
    after(() => this.client.close());
  }

  /** A fresh one; nobody else's objects are in it. */
  static async make(options: object = {}, settings: Partial<Settings> = {}): Promise<Folder> {
    const made = (await control("POST", "/folders", options)) as { id: string; api_key: string };
    return new Folder(made.id, made.api_key, settings);
  }

  async fault(fields: object): Promise<void> {
    await control("POST", `/folders/${this.id}/faults`, fields);
  }

  async plan(fields: object): Promise<void> {
    await control("POST", `/folders/${this.id}/plan`, fields);
  }

  /** The calls of a method, oldest first; of all, if none is named. */
  async calls(method = ""): Promise<Entry[]> {
    const { entries } = (await control("GET", `/folders/${this.id}/journal`)) as { entries: Entry[] };
    return entries.filter((one) => !method || one.method === method);
  }
}

async function control(method: string, path: string, fields?: object): Promise<unknown> {
  const body = fields ? { body: JSON.stringify(fields) } : {};
  const response = await fetch(`${HTTP}/_mock/v1${path}`, { method, ...body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
  return JSON.parse(text);
}

/** A file with this content, in a directory of its own. */
export function file(content: string | Buffer = ROWS): string {
  const path = join(mkdtempSync(join(tmpdir(), "aistudio-node-")), "train.jsonl");
  writeFileSync(path, content);
  return path;
}

export const GENERATION = { name: "mine", taskType: "TextToTextGeneration" };

/** Everything that a list gives. */
export async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}
