/**
 * A home in, a running private Redis out: on a Unix socket in a directory of mode 0700, with an append-only file, so
 * that what was written is there again at the next start. It ends with the process that started it, however that ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { DreamnetError, messageOf } from '../errors.js';
import type { Home } from './home.js';
import type { RunningProcess } from './kept-process.js';
import { logTail, startLog } from './log-file.js';
import { identityOf, isAlive, type ProcessName, signalProcess } from './process-identity.js';
import { findRedisBinary } from './redis-binary.js';
import { redisGuard } from './redis-guard.js';
import { askRedis } from './redis-probe.js';
import { settlesWithin, waitFor } from './wait.js';

/** A server opens its socket within milliseconds; a slow disk is given this long. */
const listenMsMax = 15_000;
/** Reading back an append-only file of gigabytes takes minutes; the server says that it is loading meanwhile. */
const loadMsMax = 300_000;
/** An orderly stop writes what is buffered to disk. */
const stopMsMax = 10_000;
const probeMs = 1_000;

/** Only the holder of the supervisor's lock may call this: two servers on one append-only file would destroy it. */
export async function startPrivateRedis(home: Home, env: NodeJS.ProcessEnv): Promise<RunningProcess> {
  const binary = findRedisBinary(env);
  await evictLeftover(home.socketPath);
  const guard = spawnGuarded(binary, home);
  const guardExited = exitOf(guard);
  const server = await serverProcess(guard, guardExited);
  const exited = guardExited.then((how) => withServerGone(how, server));
  const stop = () => stopRedis({ guard, server, exited });
  return { process: server, ready: whenLoaded({ home, exited, stop }), exited, stop };
}

/** A server that still answers has lost its supervisor a moment ago: it must be gone before its files are opened again. */
async function evictLeftover(socketPath: string): Promise<void> {
  const answers = async () =>
    (await askRedis({ socketPath, command: 'PING', timeoutMs: probeMs })) !== undefined;
  if (await answers()) {
    await askRedis({ socketPath, command: 'SHUTDOWN', timeoutMs: stopMsMax });
    if (!(await waitFor(async () => !(await answers()), { timeoutMs: stopMsMax }))) {
      throw new DreamnetError({
        code: 'DN311',
        kind: 'failed',
        message: `Another Redis serves ${socketPath} and does not stop`,
        hint: `Find it with \`ps -e | grep redis\` and end it.`,
      });
    }
  }
  rmSync(socketPath, { force: true });
}

function spawnGuarded(binary: string, home: Home): ChildProcess {
  const log = startLog(home.redisLog);
  try {
    const args = ['-c', redisGuard, 'dreamnet-redis-guard', binary, ...serverArguments(home)];
    const guard = spawn('/bin/sh', args, {
      cwd: home.redisDir,
      detached: true,
      stdio: ['pipe', 'pipe', log.fd],
    });
    // The guard may be gone before the pipe to it is closed.
    guard.stdin?.on('error', () => {});
    return guard;
  } finally {
    log.close();
  }
}

/** The server writes to standard output, which is the log: so a start that fails is explained in one place. */
function serverArguments(home: Home): readonly string[] {
  return [
    ...['--port', '0', '--unixsocket', home.socketPath, '--unixsocketperm', '700'],
    ...['--dir', home.redisDir, '--daemonize', 'no', '--save', ''],
    ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction'],
  ];
}

function exitOf(guard: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    guard.once('error', (cause) => resolve(`it cannot be started: ${messageOf(cause)}`));
    guard.once('exit', (code, signal) => {
      // Without its shell the server is unguarded: the end of the pipe makes the watcher stop it.
      guard.stdin?.destroy();
      resolve(signal === null ? `it ended with status ${code}` : `it was ended by ${signal}`);
    });
  });
}

/** The guard's first line is the server's pid; null when the server has already ended. */
async function serverProcess(guard: ChildProcess, exited: Promise<string>): Promise<ProcessName | null> {
  const firstLine = new Promise<string>((resolve) => {
    guard.stdout?.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()));
  });
  const pid = Number(await Promise.race([firstLine, exited.then(() => '')]));
  const identity = identityOf(pid);
  return identity === undefined ? null : { pid, identity };
}

/** A guard that was killed before its server leaves it to the watcher, which needs a moment; then comes force. */
async function withServerGone(how: string, server: ProcessName | null): Promise<string> {
  const gone = () => server === null || !isAlive(server);
  if (!(await waitFor(gone, { timeoutMs: stopMsMax })) && server !== null) {
    signalProcess(server, 'SIGKILL');
    await waitFor(gone, { timeoutMs: stopMsMax });
  }
  return how;
}

interface LoadOptions extends Pick<RunningProcess, 'exited' | 'stop'> {
  readonly home: Home;
}

async function whenLoaded({ home, exited, stop }: LoadOptions): Promise<void> {
  let ended: string | undefined;
  exited.then((how) => {
    ended = how;
  });
  const probe = async (): Promise<'ended' | 'silent' | 'loading' | 'up'> => {
    if (ended !== undefined) return 'ended';
    const answer = await askRedis({ socketPath: home.socketPath, command: 'PING', timeoutMs: probeMs });
    if (answer === undefined) return 'silent';
    return answer === '+PONG' ? 'up' : 'loading';
  };
  await waitFor(async () => (await probe()) !== 'silent', { timeoutMs: listenMsMax });
  await waitFor(async () => (await probe()) !== 'loading', { timeoutMs: loadMsMax });
  if ((await probe()) === 'up') return;
  const why = ended ?? 'it does not answer';
  await stop();
  throw startError(why, home);
}

function startError(why: string, home: Home): DreamnetError {
  const tail = logTail(home.redisLog);
  return new DreamnetError({
    code: 'DN311',
    kind: 'unreachable',
    message: `The private Redis did not start: ${why}${tail === '' ? '' : `. Its log ends with:\n${tail}`}`,
    hint: `Read ${home.redisLog}. Its data is in ${home.redisDir}; move that directory away to start empty.`,
  });
}

interface StopOptions {
  readonly guard: ChildProcess;
  readonly server: ProcessName | null;
  readonly exited: Promise<string>;
}

/** The end of the pipe makes the guard's watcher send SIGTERM, on which a server writes what is buffered and ends, even at its start. */
async function stopRedis({ guard, server, exited }: StopOptions): Promise<void> {
  guard.stdin?.destroy();
  if (server !== null && !(await settlesWithin(exited, stopMsMax))) signalProcess(server, 'SIGKILL');
  await exited;
}
