#!/bin/sh
# A container's agent in a few lines: loads program.bc when it starts and on SIGHUP, and says so in the file `ack`.
# AGENT_ANSWER makes it another one: `log` says so on its output instead, `both` in both places, `wrong` names another
# digest, `error` cannot load, `none` never answers.
cd /injected-programs || exit 1

load() {
  digest=$(sha256sum program.bc 2>/dev/null || sha256sum </dev/null)
  case ${AGENT_ANSWER:-file} in
    file) echo "$digest" >ack ;;
    both) echo "$digest" >ack; echo "loaded sha256:${digest%% *}" ;;
    log) echo "loaded sha256:${digest%% *}" ;;
    wrong) echo dead00000000000000000000000000000000000000000000000000000000beef >ack ;;
    error) echo 'error: out of patience' >ack ;;
  esac
  echo "loads: $((loads += 1))"
}

trap load HUP
trap 'exit 0' TERM
mkfifo -m 600 /tmp/never 2>/dev/null
exec 3<>/tmp/never
[ ! -s program.bc ] || load
echo ready
while :; do read -r _ <&3; done
