/** Nothing in, a throw-away Redis out: a real server on a Unix socket in a temporary directory, for one test file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { connectRedis, type RedisTarget } from '../../src/core/nerve/connection.js';
import { createNames, type Names } from '../../src/core/nerve/names.js';
import type { Redis } from '../../src/core/nerve/redis.js';

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
  /**
   * Starts the server again on the same socket. It is empty, unless it keeps an append-only file; of that, what was written
   * beyond `upTo` bytes can be cut off, as a crash of the machine does with the last second.
   */
  startServer(options?: { readonly upTo?: number }): Promise<void>;
  /** Bytes of the append-only file now. */
  keptBytes(): number;
  /** Closes every connection, ends the server and removes its directory. */
  stop(): Promise<void>;
}

/**
 * Use in `beforeAll`, with `stop` in `afterAll`. The prefix is the namespace of `names`; `keep` writes an append-only file
 * once a second, as the product's private Redis does. With DREAMNET_TEST_CLUSTER in the environment it is a cluster.
 */
export async function startTestRedis(prefix = '', { keep = false } = {}): Promise<TestRedis> {
  if (process.env.DREAMNET_TEST_CLUSTER && !keep)
    return (await import('./redis-cluster.js')).startTestCluster(prefix);
  const directory = await mkdtemp(join(tmpdir(), 'dreamnet-test-'));
  const target = { socketPath: join(directory, 'redis.sock'), url: null };
  const clients: Redis[] = [];
  let server = spawnServer(directory, target.socketPath, keep);
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
    keptBytes: () => statSync(keptFile(directory)).size,
    startServer: async ({ upTo } = {}) => {
      if (upTo !== undefined) truncateSync(keptFile(directory), upTo);
      server = spawnServer(directory, target.socketPath, keep);
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

/** As services with the SDK are told it. */
export function addressOf(target: RedisTarget): string {
  return target.socketPath ?? target.url ?? '';
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

function spawnServer(directory: string, socketPath: string, keep: boolean): ChildProcess {
  const settings = [
    ...['--port', '0', '--unixsocket', socketPath, '--dir', directory, '--save', ''],
    ...(keep ? ['--appendonly', 'yes', '--appendfsync', 'everysec'] : ['--appendonly', 'no']),
  ];
  return spawnGuarded(directory, settings);
}

/** A server that goes with this process, and its directory with it. */
export function spawnGuarded(directory: string, settings: readonly string[]): ChildProcess {
  const command = [directory, serverBinary(), ...settings];
  return spawn('sh', ['-c', guard, 'test-redis-guard', ...command], { stdio: ['pipe', 'ignore', 'ignore'] });
}

/** Where commands are appended: in a directory of its own since Redis 7. */
function keptFile(directory: string): string {
  const file = readdirSync(directory, { recursive: true, encoding: 'utf8' }).find((path) =>
    /appendonly\.aof(\.\d+\.incr\.aof)?$/.test(path),
  );
  if (file === undefined) throw new Error('this server keeps no append-only file');
  return join(directory, file);
}

export async function endServer(server: ChildProcess, how: 'orderly' | 'kill'): Promise<void> {
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
