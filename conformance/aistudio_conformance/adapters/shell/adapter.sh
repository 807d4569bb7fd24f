#!/usr/bin/env bash
# A client made of grpcurl and curl, as the how-to pages have it, behind the suite's lines of JSON. Needs jq too.
#
# Every verb is a function. It finds its arguments in WITH, and either leaves the answer in OK and returns 0,
# or leaves what the user is told in FAILURE and returns 1. Each of the three is a JSON object.
set -uo pipefail

DATASETS=yandex.cloud.ai.dataset.v1.DatasetService
TUNINGS=yandex.cloud.ai.tuning.v1.TuningService
OPERATIONS=yandex.cloud.operation.OperationService
TEXTS=yandex.cloud.ai.foundation_models.v1.TextGenerationService
TEXTS_LATER=yandex.cloud.ai.foundation_models.v1.TextGenerationAsyncService
BUDGET=20  # seconds for one call with all its attempts

for tool in grpcurl curl jq; do
  command -v "$tool" >/dev/null && continue
  echo "this client is made of grpcurl, curl and jq; there is no $tool on PATH" >&2
  exit 3
done
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
trap 'exit 130' INT

# Neither stdin nor stdout is within reach of the programs below.
exec 3<&0 0</dev/null 4>&1 1>&2

# --- what is said and shown ----------------------------------------------------------------------------------

given() { jq -r --arg field "$1" '.[$field] // empty' <<<"$WITH"; }

refuse() { # MESSAGE [CODE [ERRORS]]
  FAILURE=$(jq -cn --arg message "$1" --arg code "${2:-}" --argjson errors "${3:-null}" \
    '{$message} + if $code == "" then {} else {$code} end + if $errors == null then {} else {$errors} end')
  return 1
}

# What is shown of a dataset and of a task, with an unknown status as its number, and of validation errors.
SHOWN='
  def dataset: {
    dataset_id: .datasetId, name, status: (.status | tostring), description, labels: (.labels // {}),
    rows: (.rows // null | if . then tonumber else . end),
    size_bytes: (.sizeBytes // null | if . then tonumber else . end),
    created_by: (.createdBy // .createdById)
  } | with_entries(select(.value != null));
  def task: {
    tuning_id: .taskId, status: (.status | tostring), model_uri: .targetModelUri, source_model_uri: .sourceModelUri
  } | with_entries(select(.value != null));
  def errors: [.[]? | {error: (.error // ""), rows: [.rowNumbers[]? | tonumber]}];
'

shown() { OK=$(jq -c "$SHOWN $1" <<<"$REPLY"); }

# --- calls --------------------------------------------------------------------------------------------------------

CODES=(OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED
  RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS
  UNAUTHENTICATED)
UNAVAILABLE=$((64 + 14)) # as an exit code of grpcurl

is_read() {
  case $1 in
    */Get | */Describe | */List | */GetMetricsUrl | */GetUploadDraftUrl) return 0 ;;
    *) return 1 ;;
  esac
}

# call SERVICE/METHOD REQUEST: leaves the reply in REPLY. Only what reads is tried again, and only when UNAVAILABLE.
call() {
  local method=$1 request=$2 status ends=$((SECONDS + BUDGET)) pause
  for pause in 0.1 0.2 0.4 0.8 last; do
    REPLY=$(grpcurl "${FLAGS[@]}" -max-time $((ends - SECONDS)) -d @ "$ADDRESS" "$method" \
      <<<"$request" 2>"$WORK/stderr")
    status=$?
    [ $status = 0 ] && return 0
    [ $pause != last ] && [ $status = $UNAVAILABLE ] && is_read "$method" && ((SECONDS + 1 < ends)) || break
    sleep "$pause"
  done
  local message code=''
  message=$(jq -r '.message // empty' "$WORK/stderr" 2>/dev/null) || message=$(cat "$WORK/stderr")
  ((status > 64)) && code=${CODES[status - 64]:-}
  refuse "${message:-$method failed without a message}" "$code"
}

# put FILE URL: the URL goes in on stdin, for what stands on a command line can be seen by everybody.
put() {
  local status
  status=$(printf 'url = "%s"\n' "$2" | curl --silent --show-error --globoff --path-as-is --config - \
    --request PUT --upload-file "$1" --max-time 600 --output "$WORK/body" --write-out '%{http_code}')
  [ "$status" = 200 ] && return
  refuse "the storage did not take the file: $status $(sed -n 's:.*<Code>\([^<]*\)<.*:\1:p' "$WORK/body")"
}

# awaited OPERATION_ID: leaves the operation in REPLY once it is done.
awaited() {
  while :; do
    call $OPERATIONS/Get "$(jq -cn --arg id "$1" '{operation_id: $id}')" || return 1
    [ "$(jq .done <<<"$REPLY")" = true ] && return 0
    sleep "$POLL_INTERVAL"
  done
}

# pages SERVICE/METHOD REQUEST FIELD: leaves the items of all pages in REPLY.
pages() {
  local items='[]' token='' seen=$'\n'
  while :; do
    call "$1" "$(jq -c --arg token "$token" '. + {page_token: $token}' <<<"$2")" || return 1
    items=$(jq -c --argjson before "$items" --arg field "$3" '$before + (.[$field] // [])' <<<"$REPLY")
    token=$(jq -r '.nextPageToken // empty' <<<"$REPLY")
    [ -z "$token" ] && break
    case $seen in *$'\n'"$token"$'\n'*) refuse "the service gave one page token twice"; return 1 ;; esac
    seen+=$token$'\n'
  done
  REPLY=$items
}

failed_operation() {
  local code
  code=$(jq -r '.error.code // empty' <<<"$REPLY")
  refuse "$(jq -r '.error.message // "the operation failed without a message"' <<<"$REPLY")" \
    "${code:+${CODES[code]:-$code}}"
}

# --- datasets -----------------------------------------------------------------------------------------------------

dataset_id() { jq -cn --arg id "$1" '{dataset_id: $id}'; }

dataset_upload() {
  local file id
  file=$(given file)
  [ -r "$file" ] || { refuse "$file cannot be read"; return; }
  [ -s "$file" ] || { refuse "$file is empty; a dataset needs at least one row"; return; }
  call $DATASETS/Create "$(jq -c --arg folder_id "$FOLDER_ID" '
    {$folder_id, name, task_type, upload_format: "jsonlines"}
    + {description: (.description // ""), labels: (.labels // {})}' <<<"$WITH")" || return
  id=$(jq -r .datasetId <<<"$REPLY")
  if ! fill "$id" "$file"; then
    local told=$FAILURE
    call $DATASETS/Delete "$(dataset_id "$id")" ||
      told=$(jq -c --arg id "$id" '.message += "; the draft \($id) is left"' <<<"$told")
    FAILURE=$told
    return 1
  fi
  awaited "$(jq -r .id <<<"$REPLY")" && require_valid "$id" && WITH=$(dataset_id "$id") dataset_get
}

# fill ID FILE: leaves the validation, begun, in REPLY.
fill() {
  local size
  size=$(($(wc -c <"$2")))
  call $DATASETS/GetUploadDraftUrl "$(jq -cn --arg dataset_id "$1" --arg size_bytes "$size" '$ARGS.named')" &&
    put "$2" "$(jq -r .uploadUrl <<<"$REPLY")" &&
    call $DATASETS/Validate "$(dataset_id "$1")"
}

require_valid() {
  local outcome told
  [ "$(jq 'has("error")' <<<"$REPLY")" = true ] && { failed_operation; return; }
  outcome=$(jq -c 'select(.response["@type"] // "" | endswith(".ValidateDatasetResponse")) | .response' <<<"$REPLY")
  if [ -z "$outcome" ]; then # it does not say how it ended; the dataset does
    call $DATASETS/Describe "$(dataset_id "$1")" || return
    outcome=$(jq -c '.dataset | {isValid: (.status == "READY"), errors: .validationError}' <<<"$REPLY")
  fi
  [ "$(jq .isValid <<<"$outcome")" = true ] && return
  told=$(jq -r '[.errors[]? | "\(.error): \(.errorDescription)"] | join("; ")' <<<"$outcome")
  refuse "dataset $1 is not valid: ${told:-the service gives no details}" "" \
    "$(jq -c "$SHOWN .errors | errors" <<<"$outcome")"
}

dataset_get() {
  call $DATASETS/Describe "$(dataset_id "$(given dataset_id)")" &&
    shown '.dataset | dataset + (.validationError // [] | errors | if . == [] then {} else {errors: .} end)'
}

dataset_list() {
  pages $DATASETS/List "$(jq -c --arg folder_id "$FOLDER_ID" \
    '{$folder_id, dataset_name_pattern: (.name_contains // "")}' <<<"$WITH")" datasets &&
    shown '{dataset_ids: [.[].datasetId]}'
}

# The mask names what is given; empty labels are given too. grpcurl takes a mask as a message, not as text.
dataset_update() {
  [ "$(jq 'length' <<<"$WITH")" = 1 ] && { dataset_get; return; }
  call $DATASETS/Update "$(jq -c '. + {update_mask: {paths: (del(.dataset_id) | keys_unsorted)}}' <<<"$WITH")" &&
    shown '.dataset | dataset'
}

dataset_delete() {
  call $DATASETS/Delete "$(dataset_id "$(given dataset_id)")" && OK='{}'
}

# --- tunings: the task's id is the operation's --------------------------------------------------------------------

tuning_id() { jq -c '{tuning_task_id: .tuning_id}' <<<"$WITH"; }

tuning_start() {
  call $TUNINGS/Tune "$(jq -c --arg folder "$FOLDER_ID" '
    {
      completion: ["gpt", "text_to_text_completion"],
      multilabel: ["cls", "text_classification_multilabel"],
      multiclass: ["cls", "text_classification_multiclass"],
      pair: ["emb", "text_embedding_pair_params"],
      triplet: ["emb", "text_embedding_triplet_params"]
    }[.kind // "completion"] as [$scheme, $params]
    | {
        base_model_uri: "\($scheme)://\($folder)/\(.base_model // "yandexgpt-lite")/latest",
        train_datasets: [{dataset_id, weight: 1}],
        name: (.name // ""),
        ($params): {}
      }
      + (if .validation_dataset_id then {validation_dataset: {dataset_id: .validation_dataset_id, weight: 1}}
         else {} end)
    ' <<<"$WITH")" &&
    shown '{tuning_id: .id, status: (.metadata.status // "CREATED" | tostring)}'
}

tuning_wait() {
  awaited "$(given tuning_id)" || return
  case $(jq -r 'if has("error") then .error.code // 0 else "ended" end' <<<"$REPLY") in
    ended)
      call $TUNINGS/Describe "$(tuning_id)" || return
      [ "$(jq '.tuningTask | .status != "COMPLETED" or (.targetModelUri // "") != ""' <<<"$REPLY")" = true ] ||
        { refuse "tuning $(given tuning_id) is COMPLETED, and the service names no model"; return; }
      shown '.tuningTask | task'
      ;;
    1) OK=$(jq -c '{tuning_id, status: "CANCELED"}' <<<"$WITH") ;;
    *) failed_operation ;;
  esac
}

tuning_get() { call $TUNINGS/Describe "$(tuning_id)" && shown '.tuningTask | task'; }

tuning_list() {
  pages $TUNINGS/List "$(jq -c --arg folder_id "$FOLDER_ID" \
    '{$folder_id, page_size: (.page_size // 0)}' <<<"$WITH")" tuningTasks &&
    shown '{tuning_ids: [.[].taskId]}'
}

tuning_cancel() { call $TUNINGS/Cancel "$(tuning_id)" && OK='{}'; }

tuning_metrics() {
  if ! call $TUNINGS/GetMetricsUrl "$(jq -c '{task_id: .tuning_id}' <<<"$WITH")"; then
    [ "$(jq -r .code <<<"$FAILURE")" = NOT_FOUND ] || return 1
    OK='{"found":false}'
    return
  fi
  jq -r '"url = \"\(.loadUrl)\""' <<<"$REPLY" | curl --silent --show-error --fail --globoff --path-as-is --config - \
    --max-time 600 --output "$(given file)" || { refuse "the storage did not give the metrics"; return; }
  OK='{"found":true}'
}

# --- models -------------------------------------------------------------------------------------------------------

question() { # OPTIONS
  jq -c --argjson options "$1" \
    '{model_uri, completion_options: $options, messages: [{role: "user", text}]}' <<<"$WITH"
}

model_complete() { completion '{}'; }

model_stream() { completion '{"stream":true}'; }

model_complete_async() {
  call $TEXTS_LATER/Completion "$(question '{}')" && awaited "$(jq -r .id <<<"$REPLY")" || return
  [ "$(jq 'has("error")' <<<"$REPLY")" = true ] && { failed_operation; return; }
  REPLY=$(jq -c .response <<<"$REPLY")
  final_text
}

completion() { # OPTIONS
  call $TEXTS/Completion "$(question "$1")" && final_text
}

final_text() {
  OK=$(jq -cs '[.[].alternatives[]? | select(.status | tostring | endswith("_FINAL"))] | last
    | if . then {text: (.message.text // "")} else empty end' <<<"$REPLY")
  [ -n "$OK" ] || refuse "$(given model_uri) gave no final text"
}

# --- the conversation ---------------------------------------------------------------------------------------------

VERBS='dataset.upload dataset.get dataset.list dataset.update dataset.delete
  tuning.start tuning.wait tuning.get tuning.list tuning.cancel tuning.metrics model.complete
  model.stream model.complete_async'

hello() {
  OK=$(jq -cn --arg verbs "$VERBS" --arg version "$(grpcurl -version 2>&1 | awk '{ print $2 }')" \
    '{name: "grpcurl and curl", $version, language: "shell", verbs: ($verbs | [splits("\\s+")]), protocol: 1}')
}

begin() {
  FOLDER_ID=$(given folder_id)
  POLL_INTERVAL=$(given poll_interval)
  ADDRESS=$(given grpc)
  FLAGS=(-format-error -plaintext)
  if [ -z "$ADDRESS" ]; then
    ADDRESS=$(given tls)
    FLAGS=(-format-error -cacert "$(given ca)")
  fi
  # From the environment, for the same reason as `put`.
  AUTHORIZATION=$(jq -r '.credentials | {"iam-token": "Bearer", "api-key": "Api-Key"}[.kind] as $scheme
    | if $scheme then "\($scheme) \(.value)" else empty end' <<<"$WITH")
  export AUTHORIZATION
  [ -n "$AUTHORIZATION" ] && FLAGS+=(-expand-headers -H 'Authorization: ${AUTHORIZATION}')
  OK='{}'
}

end() {
  unset ADDRESS AUTHORIZATION
  OK='{}'
}

answer() { # ID FIELD VALUE
  jq -cn --argjson id "$1" --arg field "$2" --argjson value "$3" '{$id, ($field): $value}' >&4
}

as_json() { jq -cn --arg text "$1" '$text'; }

while IFS= read -r line <&3; do
  if ! asked=$(jq -ces '
    select(length == 1) | .[0] | objects | select((.id | type) == "number" and (.do | type) == "string")
    ' <<<"$line" 2>/dev/null); then
    answer 0 trouble '"this line is no ask of the protocol"'
    continue
  fi
  id=$(jq .id <<<"$asked")
  do=$(jq -r .do <<<"$asked")
  WITH=$(jq -c '.with // {} | with_entries(select(.value != null))' <<<"$asked")
  case " ${VERBS//$'\n'/ } hello begin end " in
    *" $do "*) ;;
    *) answer "$id" unsupported "$(as_json "this client has nothing for $do")"; continue ;;
  esac
  if [ -z "${ADDRESS:-}" ] && [[ $do == *.* ]]; then
    answer "$id" trouble "$(as_json "$do was asked for before begin")"
    continue
  fi
  OK='' FAILURE=''
  if "${do/./_}"; then
    answer "$id" ok "${OK:-null}"
  elif [ -n "$FAILURE" ]; then
    answer "$id" error "$FAILURE"
  else
    answer "$id" trouble "$(as_json "$do ended in the middle; stderr says more")"
  fi
done
