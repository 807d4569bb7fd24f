#!/usr/bin/env bash
# Your client behind the suite's verbs, in bash with jq: copy this, and call your client where grpcurl is called.
#
#     aistudio-conformance adapter lint -- bash my_client.sh
#
# What a verb takes and gives is in docs/reference/adapter-protocol.md. A verb is a function: it finds its
# arguments, a JSON object, in WITH, and prints what your client shows, or what it told its user, and returns 1.
set -uo pipefail

VERBS='["dataset.get"]'

dataset_get() {
  local shown
  # shellcheck disable=SC2016 # grpcurl expands it
  # Yours instead of grpcurl. The credentials are in the environment: a command line can be seen by everybody.
  if shown=$(grpcurl -plaintext -max-time 20 -expand-headers -H 'Authorization: ${AUTHORIZATION}' \
    -d "$(jq -c '{dataset_id}' <<<"$WITH")" "$GRPC" yandex.cloud.ai.dataset.v1.DatasetService/Describe 2>&1); then
    jq -c '.dataset | {dataset_id: .datasetId, status: (.status | tostring)}' <<<"$shown"
  else
    jq -cn --arg message "$shown" '{$message}'
    return 1
  fi
}

hello() { jq -cn --argjson verbs "$VERBS" '{name: "my client", version: "0.1", language: "bash", $verbs, protocol: 1}'; }

answer() { jq -cn --argjson id "$ID" --arg field "$1" --argjson value "$2" '{$id, ($field): $value}'; }

while IFS= read -r line; do
  ID=$(jq .id <<<"$line") DO=$(jq -r .do <<<"$line") WITH=$(jq -c '.with // {}' <<<"$line")
  case $DO in
    begin) # where the service is, in which folder (folder_id), and who you are
      GRPC=$(jq -r .grpc <<<"$WITH")
      AUTHORIZATION=$(jq -r '.credentials | {"api-key": "Api-Key", "iam-token": "Bearer"}[.kind] // "" | . + " "' <<<"$WITH")
      AUTHORIZATION+=$(jq -r '.credentials.value' <<<"$WITH")
      export AUTHORIZATION
      answer ok '{}' ;;
    end) answer ok '{}' ;;
    hello) answer ok "$(hello)" ;;
    dataset.get) if shown=$(dataset_get </dev/null); then answer ok "$shown"; else answer error "$shown"; fi ;;
    *) answer unsupported "\"nothing for $DO\"" ;;
  esac
done
