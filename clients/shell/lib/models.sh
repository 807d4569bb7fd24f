# shellcheck shell=bash disable=SC2034 # what is set here is read in other files
# Verbs of models; see calls.sh.

TEXTS=yandex.cloud.ai.foundation_models.v1.TextGenerationService
TEXTS_LATER=yandex.cloud.ai.foundation_models.v1.TextGenerationAsyncService
CLASSES=yandex.cloud.ai.foundation_models.v1.text_classification.TextClassificationService
VECTORS=yandex.cloud.ai.foundation_models.v1.EmbeddingsService

question() { # OPTIONS
  jq -c --argjson options "$1" \
    '{model_uri, completion_options: $options, messages: [{role: "user", text}]}' <<<"$WITH"
}

model_complete() { completion '{}'; }

model_stream() { completion '{"stream":true}'; }

model_complete_async() {
  call "$TEXTS_LATER/Completion" "$(question '{}')" || return
  LEFT="operation $(top id) has the answer for three days"
  AT=$OPERATION_ADDRESS awaited "$(begun)" || { and_left; return; }
  LEFT=''
  [ "$(jq 'has("error")' <<<"$REPLY")" = true ] && { failed_operation; return; }
  REPLY=$(jq -c .response <<<"$REPLY")
  final_text
}

model_classify() {
  call "$CLASSES/Classify" "$(jq -c '{model_uri, text}' <<<"$WITH")" &&
    shown '{labels: ([.predictions[]? | {key: .label, value: (.confidence // 0)}] | from_entries)}'
}

model_embed() {
  call "$VECTORS/TextEmbedding" "$(jq -c '{model_uri, text} + if .dim then {dim} else {} end' <<<"$WITH")" &&
    shown '{vector: (.embedding // [])}'
}

completion() { # OPTIONS
  call "$TEXTS/Completion" "$(question "$1")" && final_text
}

final_text() {
  OK=$(jq -cs '[.[].alternatives[]? | select(.status | tostring | endswith("_FINAL"))] | last
    | if . then {text: (.message.text // "")} else empty end' <<<"$REPLY")
  [ -n "$OK" ] || refuse "$(given model_uri) gave no final text"
}
