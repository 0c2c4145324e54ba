#!/bin/sh
# An agent in POSIX shell: it runs the program that it finds in $DREAMNET_DIR, and says which one it has loaded.
# With DREAMNET_ID it announces itself, as agents in a volume do; a container that is found by its labels need not.
set -u
reload=1 stop=0
trap 'reload=1' HUP
trap 'stop=1' TERM INT
dir=${DREAMNET_DIR:-/injected-programs}
mkdir -p "$dir" && cd "$dir" || exit 1 # the injector signals only a process that works in this directory

announce() { # labels as JSON: DREAMNET_LABELS='"class":"web","region":"eu"'
  printf '{"id":"%s","labels":{%s},"pid":%s}\n' "$DREAMNET_ID" "${DREAMNET_LABELS:-}" $$ >.agent.json
  mv .agent.json agent.json
}

load() { # a real agent starts program.bc here, and keeps the one before when that fails
  [ -e program.bc ] || return 0
  if ! sum=$(sha256sum program.bc) || ! hex=${sum%% *} || [ ${#hex} -ne 64 ]; then
    echo 'error: program.bc cannot be read' | tee ack
  else
    [ -s program.bc ] && echo "loaded sha256:$hex" || echo "loaded sha256:$hex, which is no program"
    echo "$hex" >ack
  fi
}

[ -z "${DREAMNET_ID:-}" ] || announce
while [ $stop = 0 ]; do
  # An empty ack is a question: asked before each signal, and all there is where no signal gets through.
  if [ $reload = 1 ] || { [ -e ack ] && [ ! -s ack ]; }; then reload=0 && load; fi
  [ -z "${DREAMNET_ID:-}" ] || : >heartbeat
  sleep 1 & sleeping=$!
  [ $reload$stop = 00 ] && wait $sleeping # a signal ends it early
  kill $sleeping 2>/dev/null
done
echo 'ended'
