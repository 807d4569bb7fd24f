#!/usr/bin/env bash
# The client of grpcurl, curl and jq (clients/shell) behind the suite's lines of JSON.
# `lib` beside this file is that of the client.
# shellcheck disable=SC2034 # what the client reads is set here
set -uo pipefail

for part in calls datasets tunings models; do
  # shellcheck disable=SC1090 # each is checked by itself
  source "${BASH_SOURCE[0]%/*}/lib/$part.sh" || exit 3
done
need_tools
trap 'exit 130' INT
BUDGET=20

# Neither stdin nor stdout is within reach of the programs below.
exec 3<&0 0</dev/null 4>&1 1>&2

# --- the conversation ---------------------------------------------------------------------------------------------

VERBS='dataset.upload dataset.upload_parts dataset.get dataset.list dataset.update dataset.delete
  dataset.types dataset.schemas tuning.start tuning.start_with tuning.wait tuning.get tuning.list tuning.cancel
  tuning.metrics tuning.options model.complete model.stream model.complete_async model.classify model.embed'

hello() {
  OK=$(jq -cn --arg verbs "$VERBS" --arg version "$(grpcurl -version 2>&1 | awk '{ print $2 }')" \
    '{name: "grpcurl and curl", $version, language: "shell", verbs: ($verbs | [splits("\\s+")]), protocol: 1}')
}

begin() {
  local place address tls ca who
  place=$(jq -r '(.credentials | {"iam-token": "Bearer", "api-key": "Api-Key"}[.kind] as $scheme
    | if $scheme then "\($scheme) \(.value)" else "" end) as $who
    | .folder_id, .poll_interval, .grpc, .tls, .ca, $who | . // ""' <<<"$WITH")
  {
    read -r FOLDER_ID
    read -r POLLS
    read -r address
    read -r tls
    read -r ca
    read -r who
  } <<<"$place"
  if [ -n "$address" ]; then
    connect "$address" -plaintext
  else
    connect "$tls" -cacert "$ca"
  fi
  [ -z "$who" ] || identify "${who%% *}" "${who#* }"
  OK='{}'
}

end() {
  unset ADDRESS AUTHORIZATION
  OK='{}'
}

answer() { # ID FIELD VALUE
  printf '{"id":%s,"%s":%s}\n' "$@" >&4
}

as_json() { jq -cn --arg text "$1" '$ARGS.named.text'; }

while IFS= read -r line <&3; do
  if ! asked=$(jq -ers '
    select(length == 1) | .[0] | objects | select((.id | type) == "number" and (.do | type) == "string")
    | .id, (.with // {} | with_entries(select(.value != null)) | tojson), .do
    ' <<<"$line" 2>/dev/null); then
    answer 0 trouble '"this line is no ask of the protocol"'
    continue
  fi
  { read -r id; read -r WITH; read -r verb; } <<<"$asked"
  case " ${VERBS//$'\n'/ } hello begin end " in
    *" $verb "*) ;;
    *) answer "$id" unsupported "$(as_json "this client has nothing for $verb")"; continue ;;
  esac
  if [ -z "${ADDRESS:-}" ] && [[ $verb == *.* ]]; then
    answer "$id" trouble "$(as_json "$verb was asked for before begin")"
    continue
  fi
  OK='' FAILURE=''
  if "${verb/./_}"; then
    answer "$id" ok "${OK:-null}"
  elif [ -n "$FAILURE" ]; then
    answer "$id" error "$FAILURE"
  else
    answer "$id" trouble "$(as_json "$verb ended in the middle; stderr says more")"
  fi
done
