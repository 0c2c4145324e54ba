#!/bin/sh
# guard-engine.sh DIRECTORY [dockerd option…]: starts and ends a dockerd as it is told on its input: `start`, or the name
# of a signal, which is answered with `ended`. When the input ends the test process is done or dead, however it was
# killed: then the engine goes with its containers and its directory.
directory=$1
shift

start() {
  # A containerd that died with its engine may have left a pid that looks alive where nobody collects dead processes.
  rm -f "$directory/pid" "$directory/exec/containerd/containerd.pid"
  dockerd --data-root "$directory/data" --exec-root "$directory/exec" --pidfile "$directory/pid" \
    --host "unix://$directory/docker.sock" --containerd-namespace "${directory##*/}" \
    --bridge=none --iptables=false --ip6tables=false --ip-forward=false --userland-proxy=false \
    "$@" >>"$directory/log" 2>&1 &
  engine=$!
}

clear_away() {
  # A container ends with its first process.
  for pid in "$directory"/exec/containerd/daemon/io.containerd.runtime.v2.task/*/*/init.pid; do
    [ -e "$pid" ] && kill -KILL "$(cat "$pid")"
  done 2>/dev/null
  kill -TERM "$engine" 2>/dev/null && wait "$engine"
  # A killed engine leaves containerd and its shims behind; each names the directory, which is of this engine alone.
  for process in /proc/[0-9]*; do
    [ "${process#/proc/}" != $$ ] && grep -qsF "$directory/" "$process/cmdline" && kill -KILL "${process#/proc/}"
  done 2>/dev/null
  cut -d ' ' -f 2 /proc/mounts | grep -F "$directory/" | sort -r | xargs -r umount -l
  rm -rf "$directory"
}

while read -r word; do
  case $word in
    start) start "$@" ;;
    *) kill "-$word" "$engine" && wait "$engine"; echo ended ;;
  esac
done
clear_away
