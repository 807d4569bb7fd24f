/** Presigned URLs: used exactly as they are given, without credentials, with the exact length of what is sent. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import * as http from "node:http";
import * as https from "node:https";
import { pipeline } from "node:stream/promises";
import * as tls from "node:tls";

import { Interrupted, StorageError } from "./errors.js";
import type { Settings } from "./settings.js";
import { backoff, pause } from "./waiting.js";

/** A piece of a file: `size` bytes from `start` on. */
export interface Piece {
  readonly path: string;
  readonly start: number;
  readonly size: number;
}

const ATTEMPTS = 5;
const TRANSIENT = new Set([0, 408, 429, 500, 502, 503, 504]);

/** Sends a piece by PUT, and again when the storage is busy or has stored something else. Gives the ETag. */
export async function put(url: string, piece: Piece, settings: Settings, signal?: AbortSignal): Promise<string> {
  return repeated(async () => {
    const md5 = createHash("md5");
    const headers = { "content-length": piece.size };
    const { response, body } = await sent(url, "PUT", headers, settings, signal, async (request) => {
      const file = createReadStream(piece.path, { start: piece.start, end: piece.start + piece.size - 1 });
      file.on("data", (block) => md5.update(block));
      await pipeline(file, request);
    });
    const text = (await collected(body)).toString();
    if (response.statusCode !== 200) throw refused("did not take the file", response, text);
    const etag = response.headers.etag ?? "";
    const [told, wanted] = [etag.replaceAll('"', ""), md5.digest("hex")];
    if (told === wanted) return etag;
    // As good as lost on the way: the next attempt replaces it.
    throw new StorageError(`the storage has other bytes than were sent: ETag ${told || "none"}, MD5 ${wanted}`, 0, "");
  }, signal);
}

/** Saves what a URL gives as `path`, which appears when it is whole. */
export async function download(url: string, path: string, settings: Settings, signal?: AbortSignal): Promise<void> {
  const partial = `${path}.part`;
  try {
    await repeated(async () => {
      const { response, body } = await sent(url, "GET", {}, settings, signal, async (request) => request.end());
      if (response.statusCode !== 200) {
        throw refused("did not give the file", response, (await collected(body)).toString());
      }
      await pipeline(body, createWriteStream(partial)).catch((problem: Error) => {
        throw unanswered(problem, signal);
      });
    }, signal);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

async function repeated<T>(attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt();
    } catch (failure) {
      if (!(failure instanceof StorageError) || !TRANSIENT.has(failure.status) || number >= ATTEMPTS) throw failure;
      await pause(Math.max(failure.retryAfter ?? 0, backoff(number)), signal);
    }
  }
}

/** Sends a request to the URL, character by character as it is: its signature covers the spelling. */
async function sent(
  url: string,
  method: string,
  headers: http.OutgoingHttpHeaders,
  settings: Settings,
  signal: AbortSignal | undefined,
  write: (request: http.ClientRequest) => Promise<unknown>,
): Promise<{ response: http.IncomingMessage; body: http.IncomingMessage }> {
  const [, scheme, authority, path] = /^(https?):\/\/([^/?]+)(.*)$/.exec(url) ?? [];
  if (!scheme || !authority || !path) throw new StorageError("the service gave something that is no URL", 0, "");
  const { hostname, port } = new URL(`${scheme}://${authority}`);
  const timeout = AbortSignal.timeout(settings.transferTimeout * 1000);
  const library = scheme === "https" ? https : http;
  const request = library.request({
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port || undefined,
    path,
    method,
    headers: { ...headers, host: authority },
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    ...(scheme === "https" && settings.ca ? { ca: [...tls.rootCertificates, settings.ca] } : {}),
  });
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.on("response", resolve).on("error", reject);
  });
  try {
    // An answer may come before everything is sent: it counts, and a broken pipe after it does not.
    const response = await Promise.race([answered, write(request).then(() => answered, () => answered)]);
    return { response, body: response };
  } catch (problem) {
    throw unanswered(problem as Error, signal);
  }
}

async function collected(body: http.IncomingMessage): Promise<Buffer> {
  const blocks: Buffer[] = [];
  for await (const block of body) blocks.push(block as Buffer);
  return Buffer.concat(blocks);
}

function unanswered(problem: Error, signal?: AbortSignal): Error {
  if (signal?.aborted) return new Interrupted();
  // Without the URL: whoever has it can use it.
  return new StorageError(`the storage gave no answer: ${(problem as NodeJS.ErrnoException).code ?? problem.name}`, 0, "");
}

function refused(what: string, response: http.IncomingMessage, body: string): StorageError {
  const code = /<Code>([^<]*)</.exec(body)?.[1] ?? "";
  const after = Number(response.headers["retry-after"]);
  return new StorageError(
    `the storage ${what}: ${response.statusCode} ${code || response.statusMessage}`,
    response.statusCode ?? 0,
    code,
    Number.isFinite(after) ? after : undefined,
  );
}
