/** The built command line in real processes, each test with a home of its own that nothing may be left of. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { expect, onTestFinished } from 'vitest';
import type { Home } from '../../src/core/fleet/home.js';
import { waitFor } from '../../src/core/fleet/wait.js';
import { type Ended, ROOT, type Started, start } from '../cli/run-command.js';
import { temporaryDir, temporaryHome } from '../fleet/support.js';

export interface CommandLine {
  readonly home: Home;
  readonly root: string;
  /** Runs to the end. */
  run(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  start(words: readonly string[], env?: Readonly<Record<string, string>>): Started;
  /** Runs to the end with `--json`; stdout must be exactly one document. */
  json<T>(words: readonly string[], code?: number): Promise<T>;
  /** A connection to the private Redis of this home. */
  redis(): Redis;
}

/** A small fleet that measures for a second and watches no canary. */
export const quick = ['--agents', '20', '--window', '1s', '--bake', '0'] as const;
export const goal = 'reduce costs 15%';

/** `environment` is that of every command of this line. */
export function commandLine(environment: Readonly<Record<string, string>> = {}): CommandLine {
  const root = temporaryDir();
  const home = temporaryHome(root);
  const begin = (words: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const started = start([`${ROOT}/bin/run.js`, ...words], {
      env: { DREAMNET_HOME: root, ...environment, ...env },
    });
    onTestFinished(() => void started.child.kill('SIGKILL'));
    return started;
  };
  return {
    home,
    root,
    start: begin,
    run: (words, env) => begin(words, env).ended,
    async json<T>(words: readonly string[], code = 0): Promise<T> {
      const ended = await begin([...words, '--json']).ended;
      expect(ended.code, `${ended.stderr}${ended.stdout}`).toBe(code);
      return JSON.parse(ended.stdout) as T;
    },
    redis: () => {
      const client = new Redis(home.socketPath, { maxRetriesPerRequest: null });
      client.on('error', () => undefined);
      onTestFinished(() => client.disconnect());
      return client;
    },
  };
}

export interface TcpRedis {
  readonly url: string;
  readonly client: Redis;
  kill(): void;
}

/** A Redis of the test's own on a port, without data on disk. */
export async function tcpRedis(): Promise<TcpRedis> {
  const port = await freePort();
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const binary = process.env.DREAMNET_REDIS_SERVER ?? 'redis-server';
  const server = spawn(binary, [...words, '--dir', temporaryDir()], { stdio: 'ignore' });
  const kill = () => void server.kill('SIGKILL');
  onTestFinished(kill);
  const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  await client.ping();
  return { url: `redis://127.0.0.1:${port}`, client, kill };
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

export async function until(holds: () => boolean, timeoutMs = 20_000): Promise<void> {
  if (!(await waitFor(holds, { timeoutMs }))) throw new Error(`not within ${timeoutMs} ms: ${holds}`);
}
