# shellcheck shell=bash disable=SC2034 # what is set here is read in other files
# Calls by grpcurl and the storage by curl, as the how-to pages have them, with what those pages leave out: a
# deadline, repeats that do no harm, an id for the support. To be sourced.
#
# Every verb is a function. It finds its arguments in WITH, a JSON object, and either leaves the answer in OK and
# returns 0, or leaves what the user is told in FAILURE and returns 1; both are JSON objects on one line.
#
# Secrets are on no command line, for those can be seen by everybody: the credentials go through the environment,
# presigned URLs through curl's stdin. A start of jq can take as long as a call, so there is one for each thing
# that is needed of a reply, and no more.

OPERATIONS=yandex.cloud.operation.OperationService
ENDPOINTS=yandex.cloud.endpoint.ApiEndpointService

BUDGET=60                     # seconds for one call with all its attempts
POLLS='1 1 2 3 5 8 13 21 30'  # seconds before each poll of an operation; the last ones are all alike
DRAFT=''                      # the dataset that has to go when this ends now, as the request that deletes it
LEFT=''                       # what goes on, or may have been made, when this ends now

# --- where, and who ---------------------------------------------------------------------------------------------

need_tools() {
  local tool
  for tool in grpcurl curl jq; do
    command -v "$tool" >/dev/null && continue
    echo "this client is made of grpcurl, curl and jq; there is no $tool on PATH" >&2
    exit 3
  done
  WORK=$(mktemp -d)
  trap 'rm -rf "$WORK"' EXIT
}

connect() { # HOST:PORT [FLAG OF GRPCURL…]
  ADDRESS=$1 OPERATION_ADDRESS=$1
  FLAGS=(-format-error "${@:2}")
  WHO=()
}

identify() { # SCHEME SECRET
  export AUTHORIZATION="$1 $2"
  # shellcheck disable=SC2016 # grpcurl expands it, so that it is in no list of processes
  WHO=(-expand-headers -H 'Authorization: ${AUTHORIZATION}')
}

# discover: the endpoint list, asked without credentials, says where everything else is.
discover() {
  call "$ENDPOINTS/List" '{}' || return
  local found
  found=$(jq -r 'reduce .endpoints[]? as $one ({}; .[$one.id] = $one.address)
    | .["ai-foundation-models"] // "", .operation // ""' <<<"$REPLY")
  { read -r ADDRESS; read -r OPERATION_ADDRESS; } <<<"$found"
  [ -n "$ADDRESS" ] || refuse "the endpoint list names no ai-foundation-models"
}

# --- what is said -------------------------------------------------------------------------------------------------

given() { # FIELD
  jq -r --arg field "$1" '.[$field] // empty' <<<"$WITH"
}

# top FIELD: an id at the top of REPLY, which grpcurl indents by two; ids have nothing that JSON escapes.
top() {
  local pattern=$'\n  "'$1$'": "([^"]*)"'
  [[ $REPLY =~ $pattern ]] && printf '%s\n' "${BASH_REMATCH[1]}"
}

refuse() { # MESSAGE [CODE [ERRORS]]
  FAILURE=$(jq -cn --arg message "$1" --arg code "${2:-}" --argjson errors "${3:-null}" \
    '{$message} + if $code == "" then {} else {$code} end + if $errors == null then {} else {$errors} end')
  return 1
}

has_code() { # CODE…
  local code
  for code; do
    [[ $FAILURE == *"\"code\":\"$code\""* ]] && return
  done
  return 1
}

is_missing() { has_code NOT_FOUND; }

# is_lost: whether the call may have been carried out although it failed.
is_lost() { has_code UNAVAILABLE DEADLINE_EXCEEDED CANCELLED UNKNOWN INTERNAL; }

# and_left: the failure tells what is left, too.
and_left() {
  FAILURE=$(jq -c --arg left "$LEFT" '.message += "\n\($left)"' <<<"$FAILURE")
  LEFT=''
  return 1
}

# What is shown of a dataset and of a task, with an unknown status as its number, and of validation errors.
# shellcheck disable=SC2016 # the variables are those of jq
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

# What makes something, or costs, is not done twice: nobody knows whether the first call was carried out.
is_repeatable() { # SERVICE/METHOD
  case $1 in
    */Create | */Tune | */Validate | */Completion) return 1 ;;
  esac
}

# call SERVICE/METHOD REQUEST: leaves the reply in REPLY, and in ATTEMPTS how many there were. grpcurl tells the
# service's own request id only together with the credentials, so the request gets one from here.
call() {
  local method=$1 request=$2 status ends=$((SECONDS + BUDGET)) pause id
  id=$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen)
  ATTEMPTS=0
  for pause in 0.1 0.2 0.4 0.8 last; do
    ATTEMPTS=$((ATTEMPTS + 1))
    REPLY=$(grpcurl "${FLAGS[@]}" ${WHO[@]+"${WHO[@]}"} -H "x-client-request-id: $id" \
      -max-time $((ends - SECONDS)) -d @ "${AT:-$ADDRESS}" "$method" <<<"$request" 2>"$WORK/stderr")
    status=$?
    [ $status = 0 ] && return 0 # in the trap of Ctrl-C, a bare return is that of what it interrupted
    if [ $status != $UNAVAILABLE ] || ! is_repeatable "$method" || [ $pause = last ] ||
      ((SECONDS + 1 >= ends)); then
      break
    fi
    sleep "$pause"
  done
  not_answered "$method" "$id" $status
}

not_answered() { # SERVICE/METHOD REQUEST-ID EXIT-CODE
  local message code=''
  message=$(jq -r '.message // empty' "$WORK/stderr" 2>/dev/null) || message=$(cat "$WORK/stderr")
  (($3 > 64)) && code=${CODES[$3 - 64]:-}
  [[ $message == 'Failed to dial'* ]] && code=UNAVAILABLE
  refuse "${message:-$1 failed without a message}"$'\n'"request id: $2" "$code"
}

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

# --- operations ---------------------------------------------------------------------------------------------------

# begun: the operation in REPLY, as it is asked for.
begun() { printf '{"operation_id":"%s"}\n' "$(top id)"; }

# awaited OPERATION: leaves the operation in REPLY once it is done.
awaited() {
  local pauses=$POLLS
  while call "$OPERATIONS/Get" "$1"; do
    [[ $REPLY == *$'\n  "done": true'* ]] && return
    on_poll
    sleep "${pauses%% *}"
    pauses=${pauses#* }
  done
  return 1
}

on_poll() { :; } # for who wants to show something

failed_operation() {
  local code
  code=$(jq -r '.error.code // empty' <<<"$REPLY")
  refuse "$(jq -r '.error.message // "the operation failed without a message"' <<<"$REPLY")" \
    "${code:+${CODES[code]:-$code}}"
}

# --- the storage --------------------------------------------------------------------------------------------------

# put FILE URL: leaves the ETag in ETAG. It is sent again when the storage is in trouble, or has got other bytes.
put() {
  local status pause md5
  may_go_there "$2" || return
  md5=$(md5_of "$1")
  for pause in 0.5 1 2 last; do
    status=$(transfer "$2" --request PUT --upload-file "$1" --dump-header "$WORK/headers" --output "$WORK/body")
    ETAG=$(sed -n 's/^[Ee][Tt][Aa][Gg]: *//p' "$WORK/headers" | tr -d '\r')
    case $status in
      200) is_intact "$md5" && return ;;
      000 | 408 | 429 | 5??) ;; # no answer, or a server's trouble
      *) break ;;
    esac
    [ $pause = last ] || sleep "$pause"
  done
  [ "$status" = 200 ] && { refuse "the storage has other bytes (ETag $ETAG) than were sent (MD5 $md5)"; return; }
  refuse "the storage did not take the file: $status $(sed -n 's:.*<Code>\([^<]*\)<.*:\1:p' "$WORK/body")"
}

# fetch URL FILE: the file appears when it is whole.
fetch() {
  local status pause
  may_go_there "$1" || return
  for pause in 0.5 1 2 last; do
    status=$(transfer "$1" --fail --output "$2.part") && { mv "$2.part" "$2"; return; }
    case $status in 200 | 000 | 408 | 429 | 5??) [ $pause = last ] || sleep "$pause" ;; *) break ;; esac
  done
  rm -f "$2.part"
  refuse "the storage did not give the file: $status"
}

# transfer URL OPTION…: prints the status, 000 for no answer. It ends when nothing moves for a minute.
transfer() {
  : >"$WORK/headers"
  : >"$WORK/body"
  printf 'url = "%s"\n' "$1" | curl --disable --silent --globoff --path-as-is --config - --connect-timeout 20 \
    --speed-limit 1 --speed-time 60 --write-out '%{http_code}' "${@:2}"
}

# A presigned URL is a secret, and so are the rows that go there.
may_go_there() { # URL
  case $1 in
    https://* | http://localhost[:/]* | http://127.* | 'http://[::1]'* | "http://${ADDRESS%:*}"[:/]*) ;;
    *) refuse "the service named a URL that is not https; nothing was sent there" ;;
  esac
}

md5_of() { # FILE
  { md5sum <"$1" 2>/dev/null || md5 -q "$1"; } | cut -c 1-32
}

# An ETag that is an MD5 has to be that of what was sent; others say nothing about the content.
is_intact() { # MD5
  local etag=${ETAG//\"/}
  [[ $etag =~ ^[0-9a-f]{32}$ ]] || return 0
  [ "$etag" = "$1" ]
}
