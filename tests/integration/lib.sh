# Shared by the integration tests: a scratch folder, bounded waits, and an exit that leaves no process behind.
# Needs FEMD_BIN (programs), FEMD_TOOLS (test tools) and FEMD_SOURCE (checkout).
# FEMD_PATIENCE (1) stretches all waits, and deadlines that are set here: programs under a sanitizer are slower.
set -u
patience=${FEMD_PATIENCE:-1}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
PATH=$FEMD_BIN:$FEMD_TOOLS:$PATH
here=$FEMD_SOURCE/tests/integration
scratch=$(mktemp -d "${TMPDIR:-/tmp}/femd-test.XXXXXX")
started=

leave() {
    code=$?
    trap - EXIT
    for pid in $started; do kill -9 "$pid" 2>/dev/null; done
    for pid in $started; do wait "$pid" 2>/dev/null; done
    rm -rf "$scratch"
    exit $code
}
trap leave EXIT
trap 'exit 1' INT TERM

fail() {
    echo "FAILED: $*"
    for f in "$scratch"/*.log; do [ -f "$f" ] && echo "--- ${f##*/}" && tail -n 25 "$f"; done
    exit 1
}

# start NAME COMMAND...: in the background, output in $scratch/NAME.log, pid in $pid
start() {
    name=$1
    shift
    "$@" >"$scratch/$name.log" 2>&1 </dev/null &
    pid=$!
    started="$started $pid"
}

# wait_until SECONDS COMMAND...: until the command succeeds
wait_until() {
    tries=$(($1 * 20 * patience))
    shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.05
    done
}

# exit_within SECONDS PID: the exit code of a process in $code, or failure if it goes on
exit_within() {
    wait_until "$1" gone "$2" || fail "process $2 still runs after $1 s"
    wait "$2"
    code=$?
}
# gone or a zombie that waits for us
gone() { case $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) in "" | Z) return 0 ;; *) return 1 ;; esac; }
all_gone() { for one in "$@"; do gone "$one" || return 1; done; }

# descendants PID: every process below it
descendants() { for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do echo "$child"; descendants "$child"; done; }

# run_case OUT ARGS...: femd run that must succeed, within 300 s or $limit
run_case() {
    out=$1
    shift
    timeout $((${limit:-300} * patience)) femd run --quiet --out "$scratch/$out" "$@" >"$scratch/$out.log" 2>&1 || fail "femd run $* ended with $?"
}
# A server started by hand on a socket of its own; its address is $address.
start_server() {
    address=ipc://$scratch/socket
    start server femd-server --bind "$address" "$@"
    server=$pid
    wait_until 10 test -S "$scratch/socket" || fail "the server did not start"
}
start_worker() {
    start "$1" femd-worker --connect "$address"
    worker=$pid
}
# status_number JQ-LIKE-PATH: one number of the server's status
status_of() { timeout 10 femd status --connect "$address" --json; }

# a_killed_worker_changes_nothing CASE WORD...: CASE runs undisturbed ("calm"), and once more ("chaos") while a worker of which
# STATUS says each WORD (pick_worker) is killed with -9: same outputs, and the summary counts the restart.
a_killed_worker_changes_nothing() {
    local case=$1 proven=
    shift
    run_case calm --workers 2 "$case"
    start chaos femd run --workers 2 --out "$scratch/chaos" "$case"
    local run=$pid
    wait_until 30 grep -q "listening on" "$scratch/chaos/log.txt" || fail "the server did not start"
    address=$(sed -n 's/.*listening on \([^ ]*\).*/\1/p' "$scratch/chaos/log.txt" | head -n 1)
    pick_victim() {
        victim=$(status_of | pick_worker "$@")
        [ -n "$victim" ]
    }
    for try in $(seq 40); do
        wait_until 60 pick_victim "$@" || fail "no worker came of which STATUS says: $*"
        kill -STOP "$victim" # frozen: what the server says of it now stays true
        sleep 0.2
        if [ "$(status_of | pick_worker "$@" "$victim")" = "$victim" ]; then
            proven=1
            kill -9 "$victim"
            break
        fi
        kill -CONT "$victim"
    done
    [ -n "$proven" ] || fail "no victim stayed of which STATUS says: $*"
    exit_within 120 $run
    [ $code = 0 ] || fail "the run ended with $code after its worker was killed"
    same_outputs "$scratch/calm" "$scratch/chaos" || fail "killing a worker changed the result"
    grep -q '"restarts": *[1-9]' "$scratch/chaos/summary.json" || fail "the summary does not count the restarted worker"
}

# page_block NAME FILE: into FILE the block of docs/attach.md that stands behind <!-- NAME -->, as it is
page_block() {
    sed -n "/^<!-- $1 -->\$/,/^\`\`\`\$/{/^<!--/d;/^\`\`\`/d;p}" "$FEMD_SOURCE/docs/attach.md" >"$2"
    [ -s "$2" ] || fail "docs/attach.md has no block $1"
}
