#!/bin/sh
# A Docker engine apart from the system's, for tests and benches, without systemd and without a registry:
#
#   export DOCKER_HOST=$(scripts/docker-engine.sh start [DIRECTORY [dockerd option…]])
#   scripts/docker-engine.sh stop [DIRECTORY]
#
# Everything of it is in DIRECTORY (/tmp/dreamnet-docker), which `stop` removes with all containers and images. It needs
# root and Debian's docker.io. Its containers have the host's network or none: no bridge, no rule of the firewall.
set -u
verb=${1:-}
directory=${2:-${TMPDIR:-/tmp}/dreamnet-docker}
[ $# -lt 2 ] || shift
[ $# -lt 1 ] || shift

start() {
  command -v dockerd >/dev/null || fail 'there is no dockerd. Install it: apt-get install --no-install-recommends docker.io'
  mkdir -p "$directory" || fail "cannot make $directory"
  if ! is_running; then
    # Outside of systemd, nobody may have mounted what containers are kept apart with.
    [ -n "$(ls /sys/fs/cgroup)" ] || mount -t cgroup2 none /sys/fs/cgroup
    # A containerd that died with its engine may have left a pid that looks alive where nobody collects dead processes.
    rm -f "$directory/pid" "$directory/exec/containerd/containerd.pid"
    : >"$directory/log"
    # With `none` dockerd removes docker0, which is the bridge of another engine where there is one: then it is let be.
    [ -e /sys/class/net/docker0 ] || set -- --bridge=none "$@"
    setsid dockerd --data-root "$directory/data" --exec-root "$directory/exec" --pidfile "$directory/pid" \
      --host "unix://$directory/docker.sock" --containerd-namespace "${directory##*/}" \
      --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false --userland-proxy=false \
      "$@" </dev/null >>"$directory/log" 2>&1 &
    until_listening $!
  fi
  echo "unix://$directory/docker.sock"
}

until_listening() {
  for _ in $(seq 300); do
    grep -q 'API listen on' "$directory/log" && return
    kill -0 "$1" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$directory/log" >&2
  fail "dockerd does not start; this is the end of its log, $directory/log"
}

stop() {
  # A container ends with its first process.
  for pid in "$directory"/exec/containerd/daemon/io.containerd.runtime.v2.task/*/*/init.pid; do
    [ -e "$pid" ] && kill -KILL "$(cat "$pid")"
  done 2>/dev/null
  if is_running; then
    kill -TERM "$(cat "$directory/pid")"
    for _ in $(seq 200); do is_running || break; sleep 0.1; done
  fi
  # A killed engine leaves containerd and its shims behind; each names the directory, which is of this engine alone.
  for process in /proc/[0-9]*; do
    is_part "${process#/proc/}" && kill -KILL "${process#/proc/}"
  done 2>/dev/null
  cut -d ' ' -f 2 /proc/mounts | grep -F "$directory/" | sort -r | xargs -r umount -l
  rm -rf "$directory"
}

is_running() {
  grep -qs dockerd "/proc/$(cat "$directory/pid" 2>/dev/null)/cmdline"
}

is_part() {
  grep -qsE '^(/usr/s?bin/)?(dockerd|containerd)' "/proc/$1/cmdline" && grep -qsF "$directory/" "/proc/$1/cmdline"
}

fail() {
  echo "docker-engine: $1" >&2
  exit 1
}

case $verb in
  start) start "$@" ;;
  stop) stop ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
