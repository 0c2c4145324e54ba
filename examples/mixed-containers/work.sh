#!/bin/sh
# work.sh KIND [NUMBER…]: what a container of this example does until it is stopped. Needs nothing but busybox.
#
#   busy PERCENT      uses so much of one core, steadily
#   bursts PERCENT    the same on average, in bursts of some seconds
#   leaky MB MAX      holds a megabyte more every second, so many at first, and begins again at MAX
#   cache MB          reads a file of so many megabytes again and again, which the kernel keeps for it
#   chatty HOST       fetches a page from HOST all the time
#   web               serves that page
#   idle              waits
trap 'exit 0' TERM INT

# CPU time of this shell, and time since the machine started, both in hundredths of a second.
used() { read -r _ _ _ _ _ _ _ _ _ _ _ _ _ user system _ <"/proc/$$/stat"; cpu=$((user + system)); }
now() { read -r up _ </proc/uptime; at=${up%.*}${up#*.}; }

# Works until it has used its part of the time that has passed. What was missed for a second is not made up for.
share() {
  now; used
  due=$((cpu * 100 + (at - since) * $1))
  since=$at
  [ $((due - cpu * 100)) -le $(($1 * 100)) ] || due=$((cpu * 100 + $1 * 100))
  while [ $((cpu * 100)) -lt "$due" ]; do
    step=0
    while [ $step -lt 500 ]; do step=$((step + 1)); done
    used
  done
}

busy() {
  now; since=$at
  while :; do usleep "${2:-100000}"; share "$1"; done
}

leaky() {
  held=$(megabytes "$1")
  size=$1
  while :; do
    sleep 1
    size=$((size + 1))
    held=$held$(megabytes 1)
    if [ "$size" -ge "$2" ]; then held=$(megabytes "$1"); size=$1; fi
  done
}
megabytes() { head -c "$1m" /dev/zero | tr '\0' x; }

cache() {
  dd if=/dev/zero of=/tmp/cached bs=1M count="$1" 2>/dev/null
  while :; do cat /tmp/cached >/dev/null; sleep 5; done
}

web() {
  mkdir -p /tmp/www
  head -c 64k /dev/zero >/tmp/www/page
  exec httpd -f -p 8080 -h /tmp/www
}

case ${1:-} in
  busy) busy "$2" ;;
  bursts) busy "$2" 3000000 ;;
  leaky) leaky "$2" "$3" ;;
  cache) cache "$2" ;;
  chatty) while :; do wget -q -O /dev/null "http://$2:8080/page" || sleep 1; done ;;
  web) web ;;
  idle) while :; do sleep 60 & wait $!; done ;;
  *) sed -n '2,/^trap/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
