#!/bin/sh
# guard-engine.sh DIRECTORY [dockerd option…]: starts and ends an engine as it is told on its input, and answers: `start`
# with `started` or `failed`, the name of a signal with `ended`. When the input ends the test process is done or dead,
# however it was killed: then the engine goes with its containers and its directory.
engine="$(dirname "$0")/../../../scripts/docker-engine.sh"
directory=$1

while read -r word; do
  case $word in
    start) "$engine" start "$@" >/dev/null 2>&1 && echo started || echo failed ;;
    *)
      pid=$(cat "$directory/pid")
      kill "-$word" "$pid"
      while grep -qs dockerd "/proc/$pid/cmdline"; do sleep 0.02; done
      echo ended
      ;;
  esac
done
"$engine" stop "$directory"
