/** Where the service is, who the caller is, and how patient the client is. */
import { readFileSync } from "node:fs";

import { UsageError } from "./errors.js";

export interface Settings {
  readonly folderId: string;
  /** API key (its secret) or IAM token; undefined sends none. */
  readonly credentials?: { readonly kind: "api-key" | "iam-token"; readonly value: string } | undefined;
  /** host:port of the endpoint list, which tells where everything else is. */
  readonly endpoint: string;
  /** PEM of the certificate authority to trust; undefined trusts the system's. */
  readonly ca?: Buffer | undefined;
  /** No TLS: for this machine only, because the credentials are then sent in the clear. */
  readonly plaintext: boolean;
  /** Seconds for one call with all its attempts, pauses included. */
  readonly callTimeout: number;
  /** Seconds for one attempt to send or fetch a file or a part. */
  readonly transferTimeout: number;
  /** Seconds between polls: the first pause, what each is longer than the one before, and the longest. */
  readonly polling: { readonly first: number; readonly factor: number; readonly longest: number };
}

export const DEFAULTS = {
  endpoint: "api.cloud.yandex.net:443",
  plaintext: false,
  callTimeout: 60,
  transferTimeout: 600,
  polling: { first: 1, factor: 1.5, longest: 60 },
} as const;

/** YC_FOLDER_ID, YC_API_KEY or YC_IAM_TOKEN, YC_API_ENDPOINT; what is given goes first. */
export function fromEnvironment(given: Partial<Settings>, env: NodeJS.ProcessEnv = process.env): Settings {
  const folderId = given.folderId ?? env["YC_FOLDER_ID"];
  if (!folderId) throw new UsageError("no folder: set YC_FOLDER_ID, or give --folder");
  const ca = env["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"];
  return checked({
    ...DEFAULTS,
    endpoint: env["YC_API_ENDPOINT"] || DEFAULTS.endpoint,
    credentials: credentialsOf(env),
    ca: ca && !given.ca && !given.plaintext ? readFileSync(ca) : undefined,
    ...given,
    folderId,
  });
}

/** The same settings. Throws UsageError for those that would fail later, or tell a secret. */
export function checked(settings: Settings): Settings {
  const host = settings.endpoint.replace(/:\d+$/, "");
  if (settings.plaintext && !["localhost", "127.0.0.1", "[::1]"].includes(host)) {
    throw new UsageError(`${host} is another machine; without TLS the credentials would be sent in the clear`);
  }
  const { credentials } = settings;
  if (credentials?.kind === "api-key" && credentials.value.startsWith("aje")) {
    throw new UsageError("this is the API key's id; the key itself is the secret, which begins with AQVN");
  }
  return settings;
}

function credentialsOf(env: NodeJS.ProcessEnv): Settings["credentials"] {
  const { YC_API_KEY: key, YC_IAM_TOKEN: token } = env;
  if (key) return { kind: "api-key", value: key };
  return token ? { kind: "iam-token", value: token } : undefined;
}
