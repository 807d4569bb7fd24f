#!/usr/bin/env bash
# A client made of grpcurl and curl, as the how-to pages have it, behind the suite's lines of JSON. Needs jq too.
#
# Every verb is a function. It finds its arguments in WITH, and either leaves the answer in OK and returns 0,
# or leaves what the user is told in FAILURE and returns 1. Each of the three is a JSON object on one line.
# A start of jq can take as long as a call, so there is one for each thing that is needed of a reply, and no more.
set -uo pipefail

DATASETS=yandex.cloud.ai.dataset.v1.DatasetService
TUNINGS=yandex.cloud.ai.tuning.v1.TuningService
OPERATIONS=yandex.cloud.operation.OperationService
TEXTS=yandex.cloud.ai.foundation_models.v1.TextGenerationService
TEXTS_LATER=yandex.cloud.ai.foundation_models.v1.TextGenerationAsyncService
CLASSES=yandex.cloud.ai.foundation_models.v1.text_classification.TextClassificationService
VECTORS=yandex.cloud.ai.foundation_models.v1.EmbeddingsService
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

given() { # FIELD
  jq -r --arg field "$1" '.[$field] // empty' <<<"$WITH"
}

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
  def tuning: {
    tuning_id: $with.tuning_id, status, model_uri: .targetModelUri, source_model_uri: .sourceModelUri
  } | with_entries(select(.value != null)) | if .status then .status |= tostring else . end;
  def errors: [.[]? | {error: (.error // ""), rows: [.rowNumbers[]? | tonumber]}];
'

shown() { # WHAT, in the words of jq
  OK=$(jq -c --argjson with "$WITH" "$SHOWN $1" <<<"$REPLY")
}

# --- calls --------------------------------------------------------------------------------------------------------

CODES=(OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED
  RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS
  UNAUTHENTICATED)
UNAVAILABLE=$((64 + 14)) # as an exit code of grpcurl

is_read() {
  case $1 in
    */Get | */Describe | */List | */ListTypes | */ListUploadSchemas | */GetOptions) return 0 ;;
    */GetMetricsUrl | */GetUploadDraftUrl) return 0 ;;
    *) return 1 ;;
  esac
}

is_missing() { [[ $FAILURE == *'"code":"NOT_FOUND"'* ]]; }

# call SERVICE/METHOD REQUEST: leaves the reply in REPLY. Only what reads is tried again, and only when UNAVAILABLE.
# grpcurl tells the service's request id only together with the credentials, so the request gets one from here.
call() {
  local method=$1 request=$2 status ends=$((SECONDS + BUDGET)) pause request_id
  request_id=$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen)
  for pause in 0.1 0.2 0.4 0.8 last; do
    REPLY=$(grpcurl "${FLAGS[@]}" -H "x-client-request-id: $request_id" -max-time $((ends - SECONDS)) \
      -d @ "$ADDRESS" "$method" <<<"$request" 2>"$WORK/stderr")
    status=$?
    [ $status = 0 ] && return 0
    [ $pause != last ] && [ $status = $UNAVAILABLE ] && is_read "$method" && ((SECONDS + 1 < ends)) || break
    sleep "$pause"
  done
  local message code=''
  message=$(jq -r '.message // empty' "$WORK/stderr" 2>/dev/null) || message=$(cat "$WORK/stderr")
  ((status > 64)) && code=${CODES[status - 64]:-}
  refuse "${message:-$method failed without a message}"$'\n'"request id: $request_id" "$code"
}

# put FILE URL: the URL goes in on stdin, for what stands on a command line can be seen by everybody.
put() {
  local status
  status=$(printf 'url = "%s"\n' "$2" | curl --silent --show-error --globoff --path-as-is --config - \
    --request PUT --upload-file "$1" --max-time 600 --output "$WORK/body" --write-out '%{http_code}')
  [ "$status" = 200 ] && return
  refuse "the storage did not take the file: $status $(sed -n 's:.*<Code>\([^<]*\)<.*:\1:p' "$WORK/body")"
}

# awaited OPERATION: leaves the operation in REPLY once it is done. grpcurl indents what is at the top by two.
awaited() {
  while call $OPERATIONS/Get "$1"; do
    [[ $REPLY == *$'\n  "done": true'* ]] && return
    sleep "$POLL_INTERVAL"
  done
  return 1
}

# begun: the operation in REPLY, as it is asked for.
begun() { jq -c '{operation_id: .id}' <<<"$REPLY"; }

# pages SERVICE/METHOD REQUEST: leaves the replies of all pages in REPLY, one after the other.
pages() {
  local request=$2 replies='' seen=$'\n'
  while [ -n "$request" ]; do
    case $seen in *$'\n'"$request"$'\n'*) refuse "the service gave one page token twice"; return 1 ;; esac
    seen+=$request$'\n'
    call "$1" "$request" || return 1
    replies+=$REPLY$'\n'
    request=$(jq -c --argjson first "$2" '.nextPageToken // "" | select(. != "") | $first + {page_token: .}' \
      <<<"$REPLY")
  done
  REPLY=$replies
}

failed_operation() {
  local code
  code=$(jq -r '.error.code // empty' <<<"$REPLY")
  refuse "$(jq -r '.error.message // "the operation failed without a message"' <<<"$REPLY")" \
    "${code:+${CODES[code]:-$code}}"
}

# --- datasets -----------------------------------------------------------------------------------------------------

dataset_id() { jq -c '{dataset_id}' <<<"$WITH"; }

dataset_upload() {
  local file dataset told
  file=$(given file)
  [ -r "$file" ] || { refuse "$file cannot be read"; return; }
  [ -s "$file" ] || { refuse "$file is empty; a dataset needs at least one row"; return; }
  call $DATASETS/Create "$(jq -c --arg folder_id "$FOLDER_ID" '
    {$folder_id, name, task_type, upload_format: "jsonlines"}
    + {description: (.description // ""), labels: (.labels // {})}' <<<"$WITH")" || return
  dataset=$(jq -c '{dataset_id: .datasetId}' <<<"$REPLY")
  if ! fill "$dataset" "$file"; then
    told=$FAILURE
    call $DATASETS/Delete "$dataset" ||
      told=$(jq -c --argjson draft "$dataset" '.message += "; the draft \($draft.dataset_id) is left"' <<<"$told")
    FAILURE=$told
    return 1
  fi
  awaited "$(begun)" && require_valid "$dataset" && described "$dataset"
}

# fill DATASET FILE: leaves the validation, begun, in REPLY.
fill() {
  local sized
  sized="${1%\}}, \"size_bytes\": $(($(wc -c <"$2")))}"
  call $DATASETS/GetUploadDraftUrl "$sized" &&
    put "$2" "$(jq -r .uploadUrl <<<"$REPLY")" &&
    call $DATASETS/Validate "$1"
}

# require_valid DATASET: by the operation in REPLY.
require_valid() {
  local outcome told
  outcome=$(jq -c 'if has("error") then "failed"
    else .response | select(.["@type"] // "" | endswith(".ValidateDatasetResponse")) end' <<<"$REPLY")
  [ "$outcome" = '"failed"' ] && { failed_operation; return; }
  if [ -z "$outcome" ]; then # it does not say how it ended; the dataset does
    call $DATASETS/Describe "$1" || return
    outcome=$(jq -c '.dataset | {isValid: (.status == "READY"), errors: .validationError}' <<<"$REPLY")
  fi
  [[ $outcome == *'"isValid":true'* ]] && return
  told=$(jq -r '[.errors[]? | "\(.error): \(.errorDescription)"] | join("; ")' <<<"$outcome")
  refuse "dataset $(jq -r .dataset_id <<<"$1") is not valid: ${told:-the service gives no details}" "" \
    "$(jq -c --argjson with null "$SHOWN .errors | errors" <<<"$outcome")"
}

described() { # DATASET
  call $DATASETS/Describe "$1" &&
    shown '.dataset | dataset + (.validationError // [] | errors | if . == [] then {} else {errors: .} end)'
}

dataset_get() { described "$(dataset_id)"; }

dataset_list() {
  pages $DATASETS/List "$(jq -c --arg folder_id "$FOLDER_ID" \
    '{$folder_id, dataset_name_pattern: (.name_contains // "")}' <<<"$WITH")" &&
    OK=$(jq -cs '{dataset_ids: [.[].datasets[]?.datasetId]}' <<<"$REPLY")
}

# The mask names what is given; empty labels are given too. grpcurl takes a mask as a message, not as text.
dataset_update() {
  [ "$(jq 'length' <<<"$WITH")" = 1 ] && { dataset_get; return; }
  call $DATASETS/Update "$(jq -c '. + {update_mask: {paths: (del(.dataset_id) | keys_unsorted)}}' <<<"$WITH")" &&
    shown '.dataset | dataset'
}

dataset_delete() {
  call $DATASETS/Delete "$(dataset_id)" && OK='{}'
}

dataset_types() {
  call $DATASETS/ListTypes "$(jq -cn --arg folder_id "$FOLDER_ID" '{$folder_id}')" && shown '{task_types: (.types // [])}'
}

dataset_schemas() {
  call $DATASETS/ListUploadSchemas "$(jq -c --arg folder_id "$FOLDER_ID" '{task_type, $folder_id}' <<<"$WITH")" &&
    shown '{schemas: ([.schemas[]? | {key: .uploadFormat, value: .schema}] | from_entries)}'
}

# --- tunings: by the id of the operation, which is the task's as well, or tells it ---------------------------------

operation() { jq -c '{operation_id: .tuning_id}' <<<"$WITH"; }

# of_task METHOD FIELD: a call about the task that FIELD names. If there is none of that id, its operation is
# left in OPERATION, as far as there is one, and the call is about the task that it tells.
of_task() {
  local failure other
  OPERATION=''
  call "$TUNINGS/$1" "$(jq -c "{$2: .tuning_id}" <<<"$WITH")" && return
  is_missing || return 1
  failure=$FAILURE
  if call $OPERATIONS/Get "$(operation)"; then
    OPERATION=$REPLY
    other=$(jq -c --argjson with "$WITH" \
      ".metadata.tuningTaskId // empty | select(. != \$with.tuning_id) | {$2: .}" <<<"$REPLY")
    [ -n "$other" ] && { call "$TUNINGS/$1" "$other"; return; }
  fi
  FAILURE=$failure
  return 1
}

# What is given of the hyper-parameters is on the wire, each in its field, and nothing else.
tuning_start_with() { tuning_start; }

tuning_start() {
  call $TUNINGS/Tune "$(jq -c --arg folder "$FOLDER_ID" '
    def given: with_entries(select(.value != null));
    {
      completion: ["gpt", "text_to_text_completion"],
      multilabel: ["cls", "text_classification_multilabel"],
      multiclass: ["cls", "text_classification_multiclass"],
      pair: ["emb", "text_embedding_pair_params"],
      triplet: ["emb", "text_embedding_triplet_params"]
    }[.kind // "completion"] as [$scheme, $params]
    | {
        seed, lr, embedding_dims,
        lora: ({rank: .lora_rank, alpha: .lora_alpha} | given),
        scheduler: ((if .scheduler then {(.scheduler): {}} else {} end) + ({warmup_ratio} | given)),
        optimizer: {adamw: ({beta1, beta2} | given)}
      } as $numbers
    | {
        base_model_uri: "\($scheme)://\($folder)/\(.base_model // "yandexgpt-lite")/latest",
        train_datasets: (if .dataset_id == "" then [] else [{dataset_id, weight: 1}] end),
        name: (.name // ""),
        ($params): ($numbers | given | with_entries(select(.value != {} and .value != {adamw: {}})))
      }
      + (if .validation_dataset_id then {validation_dataset: {dataset_id: .validation_dataset_id, weight: 1}}
         else {} end)
    ' <<<"$WITH")" &&
    shown '{tuning_id: .id, status: (.metadata.status // "CREATED" | tostring)}'
}

# An operation is kept for weeks, a task for good.
tuning_wait() {
  if ! awaited "$(operation)"; then
    is_missing || return 1
    tuning_ended
    return
  fi
  case $(jq -r 'if has("error") then .error.code // 0 else "ended" end' <<<"$REPLY") in
    ended) tuning_ended ;;
    1) OK=$(jq -c '{tuning_id, status: "CANCELED"}' <<<"$WITH") ;;
    *) failed_operation ;;
  esac
}

tuning_ended() {
  of_task Describe tuning_task_id && shown '.tuningTask | tuning' || return 1
  case $OK in
    *'"status":"CANCELED"'* | *'"status":"COMPLETED"'*'"model_uri":"'*) ;;
    *) refuse "$(jq -r '"tuning \(.tuning_id) is \(.status), and the service names no model"' <<<"$OK")" ;;
  esac
}

# A young task has an operation only, and is told from that.
tuning_get() {
  of_task Describe tuning_task_id && { shown '.tuningTask | tuning'; return; }
  [ -n "$OPERATION" ] && is_missing || return 1
  REPLY=$OPERATION
  shown '.metadata // {} | tuning'
}

tuning_list() {
  pages $TUNINGS/List "$(jq -c --arg folder_id "$FOLDER_ID" \
    '{$folder_id, page_size: (.page_size // 0)}' <<<"$WITH")" &&
    OK=$(jq -cs '{tuning_ids: [.[].tuningTasks[]?.taskId]}' <<<"$REPLY")
}

tuning_cancel() { call $OPERATIONS/Cancel "$(operation)" && OK='{}'; }

tuning_metrics() {
  if ! of_task GetMetricsUrl task_id; then
    is_missing || return 1
    OK='{"found":false}'
    return
  fi
  jq -r '"url = \"\(.loadUrl)\""' <<<"$REPLY" | curl --silent --show-error --fail --globoff --path-as-is --config - \
    --max-time 600 --output "$(given file)" || { refuse "the storage did not give the metrics"; return; }
  OK='{"found":true}'
}

tuning_options() {
  of_task GetOptions task_id &&
    shown '{tuning_id: $with.tuning_id, base_model_uri: .baseModelUri, dataset_ids: [.trainDatasets[]?.datasetId]}'
}

# --- models -------------------------------------------------------------------------------------------------------

question() { # OPTIONS
  jq -c --argjson options "$1" \
    '{model_uri, completion_options: $options, messages: [{role: "user", text}]}' <<<"$WITH"
}

model_complete() { completion '{}'; }

model_stream() { completion '{"stream":true}'; }

model_complete_async() {
  call $TEXTS_LATER/Completion "$(question '{}')" && awaited "$(begun)" || return
  [ "$(jq 'has("error")' <<<"$REPLY")" = true ] && { failed_operation; return; }
  REPLY=$(jq -c .response <<<"$REPLY")
  final_text
}

model_classify() {
  call $CLASSES/Classify "$(jq -c '{model_uri, text}' <<<"$WITH")" &&
    shown '{labels: ([.predictions[]? | {key: .label, value: (.confidence // 0)}] | from_entries)}'
}

model_embed() {
  call $VECTORS/TextEmbedding "$(jq -c '{model_uri, text} + if .dim then {dim} else {} end' <<<"$WITH")" &&
    shown '{vector: (.embedding // [])}'
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
  dataset.types dataset.schemas tuning.start tuning.start_with tuning.wait tuning.get tuning.list tuning.cancel
  tuning.metrics tuning.options model.complete model.stream model.complete_async model.classify model.embed'

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
  printf '{"id":%s,"%s":%s}\n' "$@" >&4
}

as_json() { jq -cn --arg text "$1" '$text'; }

while IFS= read -r line <&3; do
  if ! asked=$(jq -ers '
    select(length == 1) | .[0] | objects | select((.id | type) == "number" and (.do | type) == "string")
    | .id, (.with // {} | with_entries(select(.value != null)) | tojson), .do
    ' <<<"$line" 2>/dev/null); then
    answer 0 trouble '"this line is no ask of the protocol"'
    continue
  fi
  { read -r id; read -r WITH; read -r do; } <<<"$asked"
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
