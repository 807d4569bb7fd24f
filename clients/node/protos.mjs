// Before tsc: copies the project's proto files to proto/, and writes their types to src/proto/.
// The proto files live in protos/aistudio_protos/proto; nothing is edited here.
import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

rmSync(here("proto"), { recursive: true, force: true });
rmSync(here("dist"), { recursive: true, force: true });
rmSync(here("src/proto"), { recursive: true, force: true });
cpSync(here("../../protos/aistudio_protos/proto"), here("proto"), { recursive: true });
cpSync(here("google"), here("proto/google"), { recursive: true });
cpSync(here("node_modules/protobufjs/google/api"), here("proto/google/api"), { recursive: true });

// How messages look: as `LOADING` in src/services.ts has it.
execFileSync(
  process.execPath,
  [
    here("node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js"),
    "--longs=String", "--enums=String", "--defaults", "--oneofs", "--json",
    "--grpcLib=@grpc/grpc-js",
    "--importFileExtension=.js",
    `--includeDirs=${here("proto")}`,
    `--outDir=${here("src/proto")}`,
    "yandex/cloud/ai/dataset/v1/dataset_service.proto",
    "yandex/cloud/ai/tuning/v1/tuning_service.proto",
    "yandex/cloud/ai/foundation_models/v1/text_generation/text_generation_service.proto",
    "yandex/cloud/operation/operation_service.proto",
    "yandex/cloud/endpoint/api_endpoint_service.proto",
    "google/rpc/error_details.proto",
  ],
  { stdio: ["ignore", "ignore", "inherit"] },
);
