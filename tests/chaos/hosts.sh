# Several hosts on one machine: each a network namespace with an address and a link of its own, or, where the kernel refuses
# those, a TCP proxy a host, which is then said. Source it first: it starts the script again inside namespaces of its own
# (user, mounts, processes, network), whose end ends all that is in them.
set -u
if [ -z "${FEMD_HOSTS:-}" ]; then
    if unshare -rnmp --fork --mount-proc ip link add femd-try type bridge 2>/dev/null; then
        FEMD_HOSTS=namespaces exec unshare -rnmp --fork --mount-proc --kill-child bash "$0" "$@"
    fi
    export FEMD_HOSTS=proxies
fi
. "$FEMD_SOURCE/tests/integration/lib.sh"
unset FEMD_KEY FEMD_KEYS
declare -A host_pid host_control
head_ip=127.0.0.1 next_host=1

if [ $FEMD_HOSTS = namespaces ]; then
    head_ip=10.77.0.1
    ip link set lo up && ip link add femd type bridge forward_delay 0 && ip link set femd up && ip addr add $head_ip/24 dev femd || fail "no bridge"
else
    echo "the kernel refuses network namespaces here: hosts are processes behind TCP proxies, and a link that is cut is one that passes nothing"
fi

# host_add NAME: a host; with a proxy, if there are no namespaces, which host_proxy starts once the server's port is known
host_add() {
    [ $FEMD_HOSTS = namespaces ] || return 0
    next_host=$((next_host + 1))
    start "host-$1" unshare -n sleep infinity
    host_pid[$1]=$pid
    wait_until 5 other_network "$pid" || fail "no namespace for $1"
    ip link add "femd-$1" type veth peer name eth0 netns "$pid" && ip link set "femd-$1" master femd up || fail "no link to $1"
    nsenter -t "$pid" -n ip addr add 10.77.0.$next_host/24 dev eth0 && nsenter -t "$pid" -n ip link set eth0 up && nsenter -t "$pid" -n ip link set lo up || fail "no address for $1"
}
other_network() { [ "$(readlink /proc/$1/ns/net)" != "$(readlink /proc/self/ns/net)" ]; }
# host_proxy NAME PORT: from now on the host reaches the server by a proxy that can cut and delay; its port is in $proxy_port
host_proxy() {
    mkfifo "$scratch/link-$1" || fail "no fifo"
    start "link-$1" bad_link $head_ip 0 $head_ip "$2" "$scratch/link-$1"
    wait_until 5 test -s "$scratch/link-$1.log" || fail "no proxy for $1"
    proxy_port=$(cat "$scratch/link-$1.log")
    host_control[$1]=$scratch/link-$1
}
# on NAME: the words that put a command on the host, in $on
on() {
    on=
    [ $FEMD_HOSTS = proxies ] || on="nsenter -t ${host_pid[$1]} -n --"
}
link_cut() {
    if [ $FEMD_HOSTS = namespaces ]; then ip link set "femd-$1" down; else echo cut >"${host_control[$1]}"; fi
}
link_heal() {
    if [ $FEMD_HOSTS = namespaces ]; then ip link set "femd-$1" up; else echo heal >"${host_control[$1]}"; fi
}
