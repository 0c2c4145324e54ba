/** Nothing in, a throw-away Redis out: a real server on a Unix socket in a temporary directory, for one test file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Redis } from 'ioredis';
import { connectRedis, type RedisTarget } from '../../src/core/nerve/connection.js';
import { createNames, type Names } from '../../src/core/nerve/names.js';

export interface TestRedis {
  /** A connected client; `clear` empties what it sees, `stop` closes it. */
  readonly redis: Redis;
  readonly names: Names;
  readonly target: RedisTarget;
  /** A further connection to the same server, closed by `stop`. */
  connect(): Promise<Redis>;
  /** Empties the server, for use between tests. */
  clear(): Promise<void>;
  /** Ends the server, as a crash does when asked to `kill`. Clients stay open until `stop`. */
  stopServer(how?: 'orderly' | 'kill'): Promise<void>;
  /** Starts the server again on the same socket; it is empty. */
  startServer(): Promise<void>;
  /** Closes every connection, ends the server and removes its directory. */
  stop(): Promise<void>;
}

/** Use in `beforeAll`, with `stop` in `afterAll`. The prefix is the namespace of `names`. */
export async function startTestRedis(prefix = ''): Promise<TestRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'dreamnet-test-'));
  const target = { socketPath: join(directory, 'redis.sock'), url: null };
  const clients: Redis[] = [];
  let server = spawnServer(directory, target.socketPath);
  const connect = async () => {
    const client = await connectRedis(target, { patience: 'agent', name: 'test' });
    clients.push(client);
    return client;
  };
  const redis = await connect();
  return {
    redis,
    names: createNames(prefix),
    target,
    connect,
    clear: async () => {
      await redis.flushall();
    },
    stopServer: (how = 'orderly') => endServer(server, how),
    startServer: async () => {
      server = spawnServer(directory, target.socketPath);
      const probe = await connectRedis(target, { patience: 'agent', name: 'probe' });
      probe.disconnect();
    },
    stop: async () => {
      for (const client of clients) client.disconnect();
      await endServer(server, 'kill');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/**
 * The shell ends the server as it is told to on its input. When the input ends without a word the test process is gone,
 * however it was killed: then the server and its directory go too.
 */
const guard = `
directory=$1; shift
"$@" &
server=$!
if read -r signal; then kill "-$signal" $server; wait $server; exit; fi
kill -KILL $server; wait $server
rm -rf "$directory"`;

/** Nothing is kept on disk. */
function spawnServer(directory: string, socketPath: string): ChildProcess {
  const settings = [
    ...['--port', '0', '--unixsocket', socketPath],
    ...['--dir', directory, '--save', '', '--appendonly', 'no'],
  ];
  const command = [directory, serverBinary(), ...settings];
  return spawn('sh', ['-c', guard, 'test-redis-guard', ...command], { stdio: ['pipe', 'ignore', 'ignore'] });
}

async function endServer(server: ChildProcess, how: 'orderly' | 'kill'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.stdin?.end(how === 'kill' ? 'KILL\n' : 'TERM\n');
  await ended;
}

function serverBinary(): string {
  const named = process.env.DREAMNET_REDIS_SERVER;
  if (named) return named;
  const directories = (process.env.PATH ?? '').split(delimiter);
  const candidates = ['redis-server', 'valkey-server'].flatMap((name) =>
    directories.map((directory) => join(directory, name)),
  );
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) throw new Error('these tests need redis-server or valkey-server on the PATH');
  return found;
}
