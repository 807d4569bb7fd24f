#!/usr/bin/env bash
# A client of AI Studio's fine-tuning API made of grpcurl, curl and jq: `aistudio.sh --help`.
set -uo pipefail

HERE=${BASH_SOURCE[0]%/*}
[ "$HERE" != "${BASH_SOURCE[0]}" ] || HERE=.
for part in calls datasets tunings models; do
  # shellcheck disable=SC1090 # each is checked by itself
  source "$HERE/lib/$part.sh"
done

usage() {
  cat <<'END'
usage: aistudio.sh COMMAND [ARGUMENT…] [OPTION…]

  upload FILE        make a dataset of a file of JSON Lines, and validate it
                     --name NAME · --task-type TYPE · --description TEXT · --label KEY=VALUE (repeatable)
                     --part-size MIB: in parts, as is done by itself above 64 MiB · --draft: do not validate it
  validate DATASET   validate a draft, and wait for the end of it
  datasets           list the datasets of the folder: --name PART
  dataset DATASET    show one
  delete DATASET     delete one
  tune DATASET       start a tuning: --kind completion|multiclass|multilabel|pair|triplet · --base-model NAME
                     --validation DATASET · --name NAME · --wait
  wait TUNING        wait for the model of a tuning
  tunings            list the tunings of the folder
  tuning TUNING      show one
  cancel TUNING      ask one to stop
  metrics TUNING FILE.zip
                     save the archive for TensorBoard
  complete MODEL TEXT
                     ask a model, by its URI or the name of a base model: --stream · --later

  --json             print the answer as JSON
  --folder-id ID     else YC_FOLDER_ID
  --endpoint H:P     the endpoint list; else YC_API_ENDPOINT, else api.cloud.yandex.net:443
  --ca FILE          trust these certificates (PEM); else what SSL_CERT_FILE and the system say
  --plaintext        without TLS; for localhost only

Who you are is YC_API_KEY (the secret, AQVN…) or YC_IAM_TOKEN (t1.…).

Example:
  export YC_FOLDER_ID=b1g… YC_API_KEY=AQVN…
  dataset=$(./aistudio.sh upload train.jsonl --json | jq -r .dataset_id)
  ./aistudio.sh tune "$dataset" --wait

Exit code: 0 done · 1 what was asked for failed · 2 wrong usage · 3 no service, or no access to it · 130 Ctrl-C.
END
}

USAGE_ERROR=2 ENVIRONMENT=3 INTERRUPTED=130
PARTS_FROM=64 # MiB from which on a file is sent in parts by itself

say() { printf 'aistudio.sh: %s\n' "$*" >&2; }

wrong_usage() {
  say "$*; see aistudio.sh --help"
  exit $USAGE_ERROR
}

# --- what is asked ------------------------------------------------------------------------------------------------

# takes COMMAND: its arguments, and after the bar its options.
takes() {
  case $1 in
    upload) echo 'FILE|--name --task-type --description --label --part-size --draft' ;;
    validate | dataset | delete) echo 'DATASET|' ;;
    datasets) echo '|--name' ;;
    tune) echo 'DATASET|--kind --base-model --validation --name --wait' ;;
    wait | tuning | cancel) echo 'TUNING|' ;;
    tunings) echo '|' ;;
    metrics) echo 'TUNING FILE.zip|' ;;
    complete) echo 'MODEL TEXT|--stream --later' ;;
    *) return 1 ;;
  esac
}

# read_arguments COMMAND ARGUMENT…: the positional ones into ARGUMENTS, the others into WITH and into variables.
read_arguments() {
  local taken
  COMMAND=$1 ARGUMENTS=() WITH='{}' HOW='' AS_JSON='' PLAINTEXT='' CA=''
  FOLDER_ID=${YC_FOLDER_ID:-} ENDPOINT=${YC_API_ENDPOINT:-api.cloud.yandex.net:443}
  taken=$(takes "$COMMAND") || wrong_usage "there is no command $COMMAND"
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --json) AS_JSON=yes && shift && continue ;;
      --plaintext) PLAINTEXT=yes && shift && continue ;;
      --folder-id | --endpoint | --ca) ;;
      --*) [[ " ${taken#*|} " == *" $1 "* ]] || wrong_usage "$COMMAND has no option $1" ;;
      *) ARGUMENTS+=("$1") && shift && continue ;;
    esac
    case $1 in
      --draft | --wait | --stream | --later) HOW=${1#--} && shift && continue ;;
    esac
    [ $# -gt 1 ] || wrong_usage "$1 needs a value"
    take_option "$1" "$2"
    shift 2
  done
  taken=${taken%|*}
  [ ${#ARGUMENTS[@]} = "$(wc -w <<<"$taken" | tr -d ' ')" ] || wrong_usage "$COMMAND takes ${taken:-no arguments}"
}

take_option() { # OPTION VALUE
  case $1 in
    --folder-id) FOLDER_ID=$2 ;;
    --endpoint) ENDPOINT=$2 ;;
    --ca) CA=$2 ;;
    --label)
      [[ $2 == ?*=* ]] || wrong_usage "--label $2: write KEY=VALUE"
      WITH=$(jq -c --arg name "${2%%=*}" --arg value "${2#*=}" '.labels[$name] = $value' <<<"$WITH")
      ;;
    --part-size)
      [[ $2 =~ ^([5-9]|[1-9][0-9]{1,3})$ ]] || wrong_usage '--part-size takes MiB, 5 to 5000'
      with part_size $(($2 << 20))
      ;;
    --validation) with validation_dataset_id "$2" ;;
    *) with "$(tr - _ <<<"${1#--}")" "$2" ;;
  esac
}

with() { # FIELD VALUE
  WITH=$(jq -c --arg field "$1" --arg value "$2" '.[$field] = $value' <<<"$WITH")
}

has() { [ -n "$(given "$1")" ]; } # FIELD

# --- where, and who -----------------------------------------------------------------------------------------------

reach_the_service() {
  local flags=()
  [ -n "$FOLDER_ID" ] || wrong_usage "no folder: set YC_FOLDER_ID, or give --folder-id"
  [[ ${YC_API_KEY:-} == aje* ]] &&
    wrong_usage 'YC_API_KEY is the id of an API key; the secret that was shown with it begins with AQVN'
  [ -n "${YC_API_KEY:-}${YC_IAM_TOKEN:-}" ] || wrong_usage 'no credentials: set YC_API_KEY or YC_IAM_TOKEN'
  [ -z "$CA" ] || { flags=(-cacert "$CA") && export CURL_CA_BUNDLE=$CA; }
  [ -z "$PLAINTEXT" ] || flags=(-plaintext)
  require_local "$ENDPOINT"
  connect "$ENDPOINT" ${flags[@]+"${flags[@]}"}
  discover || return
  require_local "$ADDRESS"
  if [ -n "${YC_API_KEY:-}" ]; then identify Api-Key "$YC_API_KEY"; else identify Bearer "$YC_IAM_TOKEN"; fi
}

# Without TLS the credentials could be read on the way.
require_local() { # HOST:PORT
  [ -n "$PLAINTEXT" ] || return 0
  case ${1%:*} in
    localhost | 127.* | '[::1]') ;;
    *) wrong_usage "--plaintext is for localhost only, and not for $1" ;;
  esac
}

# --- the commands -------------------------------------------------------------------------------------------------

run() {
  case $COMMAND in
    upload) upload ;;
    validate) with dataset_id "${ARGUMENTS[0]}" && dataset_validate ;;
    datasets) WITH=$(jq -c '{name_contains: .name}' <<<"$WITH") && dataset_list ;;
    dataset) with dataset_id "${ARGUMENTS[0]}" && dataset_get ;;
    delete) with dataset_id "${ARGUMENTS[0]}" && dataset_delete ;;
    tune) tune ;;
    wait) with tuning_id "${ARGUMENTS[0]}" && wait_for_model ;;
    tunings) tuning_list ;;
    tuning) with tuning_id "${ARGUMENTS[0]}" && tuning_get ;;
    cancel) with tuning_id "${ARGUMENTS[0]}" && tuning_cancel ;;
    metrics) metrics ;;
    complete) complete ;;
  esac
}

upload() {
  local file=${ARGUMENTS[0]} name
  [ -r "$file" ] || wrong_usage "$file cannot be read"
  name=$(basename "$file")
  name=${name%.*}
  WITH=$(jq -c --arg file "$file" --arg name "${name:0:63}" \
    '{$file, $name, task_type: "TextToTextGeneration"} + .' <<<"$WITH")
  has part_size || (($(size_of "$file") <= PARTS_FROM << 20)) || with part_size $((PARTS_FROM << 20))
  if [ "$HOW" = draft ]; then
    dataset_draft
  elif has part_size; then
    dataset_upload_parts
  else
    dataset_upload
  fi
}

tune() {
  with dataset_id "${ARGUMENTS[0]}"
  tuning_start || return
  [ "$HOW" = wait ] || return 0
  with tuning_id "$(jq -r .tuning_id <<<"$OK")" && wait_for_model
}

wait_for_model() {
  tuning_wait || return
  [[ $OK != *'"status":"CANCELED"'* ]] || refuse "tuning $(given tuning_id) was cancelled" CANCELLED
}

metrics() {
  with tuning_id "${ARGUMENTS[0]}" && with file "${ARGUMENTS[1]}" && tuning_metrics || return
  [[ $OK == *true* ]] || refuse 'there are no metrics yet'
}

complete() {
  local model=${ARGUMENTS[0]}
  [[ $model == */* ]] || model=$model/latest
  [[ $model == *://* ]] || model=gpt://$FOLDER_ID/$model
  with model_uri "$model" && with text "${ARGUMENTS[1]}"
  case $HOW in
    stream) model_stream ;;
    later) model_complete_async ;;
    *) model_complete ;;
  esac
}

# --- what is told -------------------------------------------------------------------------------------------------

tell() {
  if [ -n "$AS_JSON" ]; then
    printf '%s\n' "$OK"
  else
    jq -r 'if .text then .text
      elif .dataset_ids // .tuning_ids then (.dataset_ids // .tuning_ids)[]
      else to_entries[] | "\(.key)  \(.value | if type == "string" then . else tojson end)"
      end' <<<"$OK"
  fi
}

tell_failure() {
  local code
  code=$(jq -r '.code // empty' <<<"$FAILURE")
  say "${code:+$code: }$(jq -r '.message, (.errors[]? | "  \(.error): rows \(.rows | join(", "))")' <<<"$FAILURE")"
  case $code in
    UNAUTHENTICATED) say "check the credentials: an API key's secret begins with AQVN, an IAM token with t1. and ages" ;;
    PERMISSION_DENIED) say 'the account needs a role in this folder: ai.editor, or ai.datasets.editor and ai.models.editor' ;;
    RESOURCE_EXHAUSTED) say 'wait, delete what is not needed any more, or ask for a higher quota' ;;
    UNAVAILABLE) say 'the service may be down, or the endpoint or a proxy be wrong; try again later' ;;
    DEADLINE_EXCEEDED) say 'there was no answer in time; try again later' ;;
  esac
  case $code in UNAUTHENTICATED | PERMISSION_DENIED | UNAVAILABLE) return $ENVIRONMENT ;; *) return 1 ;; esac
}

on_poll() {
  if [ -t 2 ]; then printf '\r\033[Kwaiting, %d s' $SECONDS >&2; fi
}

wipe() {
  if [ -t 2 ]; then printf '\r\033[K' >&2; fi
}

# Ctrl-C: what nobody has been told of is deleted, and what goes on is told. Once more ends it at once.
interrupted() {
  local draft=${DRAFT:-}
  trap 'say "${draft:+$(id_in "$draft") may be left}"; exit $INTERRUPTED' INT TERM
  wipe
  # shellcheck disable=SC2034 # of the call that cleans up
  BUDGET=10
  if [ -n "$draft" ]; then
    if removed "$draft"; then
      say "interrupted; the dataset $(id_in "$draft") was deleted"
    else
      say "interrupted; the dataset $(id_in "$draft") is left: aistudio.sh delete $(id_in "$draft")"
    fi
  elif [ -n "$LEFT" ]; then
    say "interrupted; $LEFT"
  fi
  exit $INTERRUPTED
}

case ${1:-} in
  -h | --help) usage && exit ;;
  '') usage >&2 && exit $USAGE_ERROR ;;
esac
for argument; do
  if [ "$argument" = --help ]; then usage && exit; fi
done
need_tools
trap interrupted INT TERM
OK='' FAILURE='{"message": "it ended in the middle; what stands above says more"}'
read_arguments "$@"
if reach_the_service && run; then
  wipe
  tell
else
  wipe
  tell_failure
fi
