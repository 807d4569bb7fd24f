/** The services of the contract, loaded from the proto files that lie beside the compiled code. */
import { fileURLToPath } from "node:url";

import * as grpc from "@grpc/grpc-js";
import { loadSync, type AnyExtension, type MessageTypeDefinition, type Options } from "@grpc/proto-loader";

import type { Duration__Output } from "./proto/google/protobuf/Duration.js";
import type { Status__Output } from "./proto/google/rpc/Status.js";
import type { ProtoGrpcType as Datasets } from "./proto/dataset_service.js";
import type { ProtoGrpcType as Endpoints } from "./proto/api_endpoint_service.js";
import type { ProtoGrpcType as Operations } from "./proto/operation_service.js";
import type { ProtoGrpcType as Texts } from "./proto/text_generation_service.js";
import type { ProtoGrpcType as Tunings } from "./proto/tuning_service.js";

const PROTOS = fileURLToPath(new URL("../../proto", import.meta.url));

/**
 * How messages look. `enums: String` keeps a value that this contract does not know as its number; `json`
 * opens an Any of a known type and leaves another as it is; 64-bit numbers are text, for they may not fit.
 */
const LOADING: Options = {
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
  json: true,
  includeDirs: [PROTOS],
};
const definition = loadSync(
  [
    "yandex/cloud/ai/dataset/v1/dataset_service.proto",
    "yandex/cloud/ai/tuning/v1/tuning_service.proto",
    "yandex/cloud/ai/foundation_models/v1/text_generation/text_generation_service.proto",
    "yandex/cloud/operation/operation_service.proto",
    "yandex/cloud/endpoint/api_endpoint_service.proto",
    "google/rpc/status.proto",
    "google/rpc/error_details.proto",
  ],
  LOADING,
);

type Loaded = Datasets & Endpoints & Operations & Texts & Tunings;
const { yandex } = grpc.loadPackageDefinition(definition) as unknown as Loaded;
const Status = definition["google.rpc.Status"] as MessageTypeDefinition<object, Status__Output>;

/** One constructor for each service; its methods are those of the proto files. */
export const SERVICES = {
  datasets: yandex.cloud.ai.dataset.v1.DatasetService,
  tunings: yandex.cloud.ai.tuning.v1.TuningService,
  operations: yandex.cloud.operation.OperationService,
  texts: yandex.cloud.ai.foundation_models.v1.TextGenerationService,
  endpoints: yandex.cloud.endpoint.ApiEndpointService,
} as const;

export const SERVICE_NAMES: Readonly<Record<keyof typeof SERVICES, string>> = {
  datasets: "DatasetService",
  tunings: "TuningService",
  operations: "OperationService",
  texts: "TextGenerationService",
  endpoints: "ApiEndpointService",
};

/** Seconds that the service asks to wait before the next attempt; undefined when it does not say. */
export function retryAfter(trailers: grpc.Metadata): number | undefined {
  const [packed] = trailers.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(packed)) return undefined;
  for (const detail of Status.deserialize(packed).details as Array<AnyExtension & { retryDelay?: Duration__Output }>) {
    if (detail["@type"] !== "type.googleapis.com/google.rpc.RetryInfo") continue;
    const delay = detail.retryDelay;
    return Number(delay?.seconds ?? 0) + (delay?.nanos ?? 0) / 1e9;
  }
  return undefined;
}
