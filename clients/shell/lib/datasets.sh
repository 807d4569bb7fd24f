# shellcheck shell=bash disable=SC2034 # what is set here is read in other files
# Verbs of datasets; see calls.sh.

DATASETS=yandex.cloud.ai.dataset.v1.DatasetService

dataset_id() { jq -c '{dataset_id}' <<<"$WITH"; }

id_in() { # DATASET, as jq -c writes it
  local id=${1#*:\"}
  printf '%s\n' "${id%\"*}"
}

dataset_upload() { uploaded in_one; }

dataset_upload_parts() { uploaded in_parts; }

# uploaded HOW: a READY dataset of a file. It is in DRAFT until somebody is told of it, so that Ctrl-C deletes it.
uploaded() {
  local dataset status
  filled "$1" || return
  dataset=$DRAFT
  validation "$dataset" || { give_up; return; }
  awaited "$(begun)"
  status=$?
  DRAFT='' LEFT="the validation of $(id_in "$dataset") goes on"
  [ $status = 0 ] || { and_left; return; }
  LEFT=''
  require_valid "$dataset" && described "$dataset"
}

# dataset_draft: as far as its bytes are there; dataset_validate goes on with it.
dataset_draft() {
  local how=in_one
  [ -n "$(given part_size)" ] && how=in_parts
  filled $how && described "$DRAFT" && DRAFT=''
}

# filled HOW: a draft that holds the file, in DRAFT.
filled() {
  local file
  file=$(given file)
  [ -r "$file" ] || { refuse "$file cannot be read"; return; }
  [ -s "$file" ] || { refuse "$file is empty; a dataset needs at least one row"; return; }
  drafted || return
  "$1" "$DRAFT" "$file" || give_up
}

# give_up: deletes the draft; the failure stays what it was, and says so when the draft stays as well.
give_up() {
  local told=$FAILURE
  LEFT="the draft $(id_in "$DRAFT") is left"
  if removed "$DRAFT"; then FAILURE=$told; else FAILURE=$told; and_left; fi
  DRAFT='' LEFT=''
  return 1
}

# drafted: a new draft, in DRAFT.
drafted() {
  local request name
  request=$(jq -c --arg folder_id "$FOLDER_ID" '
    {name, $folder_id, task_type, upload_format: "jsonlines"}
    + {description: (.description // ""), labels: (.labels // {})}' <<<"$WITH")
  name=${request#*:\"}
  LEFT="a draft ${name%%\"*} may have been made; a list of the datasets shows it"
  if ! call "$DATASETS/Create" "$request"; then
    is_lost && and_left
    LEFT=''
    return 1
  fi
  DRAFT="{\"dataset_id\":\"$(top datasetId)\"}"
  LEFT=''
}

removed() { # DATASET: gone is gone, if an answer was lost before
  call "$DATASETS/Delete" "$1" || { ((ATTEMPTS > 1)) && is_missing; }
}

in_one() { # DATASET FILE
  call "$DATASETS/GetUploadDraftUrl" "${1%\}}, \"size_bytes\": $(size_of "$2")}" &&
    put "$2" "$(jq -r .uploadUrl <<<"$REPLY")"
}

# The service says how many parts there are, whatever it was asked for; without a size of a part it is asked for none.
in_parts() { # DATASET FILE
  local size part_size count urls url etags='' number=0
  size=$(size_of "$2")
  part_size=$(given part_size)
  count=$((part_size ? (size + part_size - 1) / part_size : 0))
  call "$DATASETS/StartMultipartUploadDraft" "${1%\}}, \"size_bytes\": $size, \"parts\": $count}" || return
  urls=$(jq -r '.multipartUploadUrls[]?' <<<"$REPLY")
  [ -n "$urls" ] || { refuse "the service gave no URL for any part"; return; }
  number=$(($(wc -l <<<"$urls")))
  [ $number = $count ] || part_size=$(((size + number - 1) / number))
  number=0
  while read -r url; do
    dd if="$2" of="$WORK/part" bs="$part_size" skip=$number count=1 2>"$WORK/stderr" ||
      { refuse "$2 cannot be read: $(tail -n 1 "$WORK/stderr")"; return; }
    put "$WORK/part" "$url" || return
    number=$((number + 1))
    etags+=$ETAG$'\n'
  done <<<"$urls"
  rm -f "$WORK/part"
  finished "$1" "$etags"
}

# After a lost answer the second Finish is refused; if the first failed too, the validation tells.
finished() { # DATASET ETAGS
  call "$DATASETS/FinishMultipartUploadDraft" "$(jq -Rnc --argjson draft "$1" \
    '$draft + {uploaded_parts: [inputs | {part_num: input_line_number, etag: .}]}' <<<"${2%$'\n'}")" && return
  ((ATTEMPTS > 1)) && has_code FAILED_PRECONDITION NOT_FOUND INVALID_ARGUMENT
}

size_of() { echo $(($(wc -c <"$1"))); } # FILE

# validation DATASET: leaves the operation in REPLY. When the answer is lost, the operation is looked for.
validation() {
  local told operation
  call "$DATASETS/Validate" "$1" && return
  is_lost || return
  told=$FAILURE
  call "$DATASETS/ListOperationsIds" "$(jq -c '{dataset_id: [.dataset_id]}' <<<"$1")" &&
    operation=$(jq -r '.datasetIdToOperationId // {} | first(.[]) // empty' <<<"$REPLY")
  [ -n "${operation:-}" ] && call "$OPERATIONS/Get" "{\"operation_id\": \"$operation\"}" && return
  FAILURE=$told
  return 1
}

dataset_validate() {
  local dataset
  dataset=$(dataset_id)
  validation "$dataset" || return
  LEFT="the validation of $(given dataset_id) goes on"
  awaited "$(begun)" || { and_left; return; }
  LEFT=''
  require_valid "$dataset" && described "$dataset"
}

# require_valid DATASET: by the operation in REPLY.
require_valid() {
  local outcome told
  outcome=$(jq -c 'if has("error") then "failed"
    else .response | select(.["@type"] // "" | endswith(".ValidateDatasetResponse")) end' <<<"$REPLY")
  [ "$outcome" = '"failed"' ] && { failed_operation; return; }
  if [ -z "$outcome" ]; then # it does not say how it ended; the dataset does
    call "$DATASETS/Describe" "$1" || return
    outcome=$(jq -c '.dataset | {isValid: (.status == "READY"), errors: .validationError}' <<<"$REPLY")
  fi
  [[ $outcome == *'"isValid":true'* ]] && return
  told=$(jq -r '[.errors[]? | "\(.error): \(.errorDescription)"] | join("; ")' <<<"$outcome")
  refuse "dataset $(id_in "$1") is not valid: ${told:-the service gives no details}" "" \
    "$(jq -c --argjson with null "$SHOWN .errors | errors" <<<"$outcome")"
}

described() { # DATASET
  call "$DATASETS/Describe" "$1" &&
    shown '.dataset | dataset + (.validationError // [] | errors | if . == [] then {} else {errors: .} end)'
}

dataset_get() { described "$(dataset_id)"; }

dataset_list() {
  pages "$DATASETS/List" "$(jq -c --arg folder_id "$FOLDER_ID" \
    '{$folder_id, dataset_name_pattern: (.name_contains // "")}' <<<"$WITH")" &&
    OK=$(jq -cs '{dataset_ids: [.[].datasets[]?.datasetId]}' <<<"$REPLY")
}

# The mask names what is given; empty labels are given too. grpcurl takes a mask as a message, not as text.
dataset_update() {
  [ "$(jq 'length' <<<"$WITH")" = 1 ] && { dataset_get; return; }
  call "$DATASETS/Update" "$(jq -c '. + {update_mask: {paths: (del(.dataset_id) | keys_unsorted)}}' <<<"$WITH")" &&
    shown '.dataset | dataset'
}

dataset_delete() {
  removed "$(dataset_id)" && OK='{}'
}

dataset_types() {
  call "$DATASETS/ListTypes" "$(jq -cn --arg folder_id "$FOLDER_ID" '{$folder_id}')" &&
    shown '{task_types: (.types // [])}'
}

dataset_schemas() {
  call "$DATASETS/ListUploadSchemas" "$(jq -c --arg folder_id "$FOLDER_ID" '{task_type, $folder_id}' <<<"$WITH")" &&
    shown '{schemas: ([.schemas[]? | {key: .uploadFormat, value: .schema}] | from_entries)}'
}
