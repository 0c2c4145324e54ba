/** The program of a POSIX shell that runs a Redis server and ends it as soon as whoever holds its standard input is gone. */

/**
 * Arguments: the server's command line. Standard input: a pipe that its holder never writes to. Standard output: one line,
 * the server's pid. Standard error: the server's output. It ends with the server, with the server's exit status.
 *
 * The inner shell watches the pipe: its end means that the holder closed it or died, even by SIGKILL. The outer shell leads
 * a process group of its own, so that the last `kill` takes the watcher along, and whatever that waits for.
 */
export const redisGuard = `
exec 3<&0 </dev/null
"$@" 3<&- >&2 &
server=$!
(
  while read -r ignored <&3; do :; done
  kill -TERM "$server"
  tries=0
  while kill -0 "$server" && [ "$tries" -lt 10 ]; do
    sleep 1
    tries=$((tries + 1))
  done
  kill -KILL "$server"
) >&2 2>/dev/null &
exec 3<&-
echo "$server"
wait "$server"
status=$?
trap '' TERM
kill -TERM 0
exit "$status"
`;
