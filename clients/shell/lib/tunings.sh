# shellcheck shell=bash disable=SC2034 # what is set here is read in other files
# Verbs of tunings; see calls.sh. A tuning is known by the id of its operation, which is the task's as well, or
# tells it.

TUNINGS=yandex.cloud.ai.tuning.v1.TuningService

operation() { jq -c '{operation_id: .tuning_id}' <<<"$WITH"; }

# of_task METHOD FIELD: a call about the task that FIELD names. If there is none of that id, its operation is
# left in BEGUN, as far as there is one, and the call is about the task that it tells.
of_task() {
  local failure other
  BEGUN=''
  call "$TUNINGS/$1" "$(jq -c "{$2: .tuning_id}" <<<"$WITH")" && return
  is_missing || return 1
  failure=$FAILURE
  if call "$OPERATIONS/Get" "$(operation)"; then
    BEGUN=$REPLY
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
  LEFT='a tuning may have been started; a list of the tunings shows it: look before you start another'
  if ! call "$TUNINGS/Tune" "$(jq -c --arg folder "$FOLDER_ID" '
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
    ' <<<"$WITH")"; then
    is_lost && and_left
    LEFT=''
    return 1
  fi
  LEFT=''
  shown '{tuning_id: .id, status: (.metadata.status // "CREATED" | tostring)}'
}

# An operation is kept for weeks, a task for good.
tuning_wait() {
  LEFT="tuning $(given tuning_id) goes on"
  if ! awaited "$(operation)"; then
    is_missing || { and_left; return; }
    LEFT=''
    tuning_ended
    return
  fi
  LEFT=''
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
  [ -n "$BEGUN" ] && is_missing || return 1
  REPLY=$BEGUN
  shown '.metadata // {} | tuning'
}

tuning_list() {
  pages "$TUNINGS/List" "$(jq -c --arg folder_id "$FOLDER_ID" \
    '{$folder_id, page_size: (.page_size // 0)}' <<<"$WITH")" &&
    OK=$(jq -cs '{tuning_ids: [.[].tuningTasks[]?.taskId]}' <<<"$REPLY")
}

tuning_cancel() { call "$OPERATIONS/Cancel" "$(operation)" && OK='{}'; }

tuning_metrics() {
  if ! of_task GetMetricsUrl task_id; then
    is_missing || return 1
    OK='{"found":false}'
    return
  fi
  fetch "$(jq -r .loadUrl <<<"$REPLY")" "$(given file)" && OK='{"found":true}'
}

tuning_options() {
  # shellcheck disable=SC2016 # a variable of jq
  of_task GetOptions task_id &&
    shown '{tuning_id: $with.tuning_id, base_model_uri: .baseModelUri, dataset_ids: [.trainDatasets[]?.datasetId]}'
}
