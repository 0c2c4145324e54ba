import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { connectRedis, describeTarget, duplicateConnection } from '../../src/core/nerve/connection.js';
import { runScript } from '../../src/core/nerve/run-script.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.stop());

/** Takes connections and never says a word. */
async function silentServer(): Promise<string> {
  const silent: Server = createServer(() => undefined).listen(0, '127.0.0.1');
  onTestFinished(() => {
    silent.close();
  });
  await once(silent, 'listening');
  const address = silent.address();
  return `redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

async function took(work: Promise<unknown>): Promise<{ ms: number; error: unknown }> {
  const startedMs = performance.now();
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { ms: performance.now() - startedMs, error };
}

test('a refused connection is told at once, without the password', async () => {
  const target = { socketPath: null, url: 'redis://user:secret@127.0.0.1:1' };
  const { ms, error } = await took(connectRedis(target, { patience: 'command', name: 'test' }));
  expect(error).toMatchObject({
    code: 'DN201',
    kind: 'unreachable',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  expect(error).toMatchObject({ message: expect.stringContaining('redis://***@127.0.0.1:1') });
  expect(String(error)).not.toContain('secret');
  expect(ms).toBeLessThan(1_000);
});

test('a socket that is not there is told by its path', async () => {
  const target = { socketPath: join(tmpdir(), 'dreamnet-nowhere.sock'), url: null };
  const { error } = await took(connectRedis(target, { patience: 'command', name: 'test' }));
  expect(error).toMatchObject({ code: 'DN201', message: expect.stringContaining('dreamnet-nowhere.sock') });
});

test('a server that takes the connection and stays silent is given up in bounded time', async () => {
  const target = { socketPath: null, url: await silentServer() };
  const connecting = connectRedis(target, { patience: 'command', name: 'test', giveUpAfterMs: 300 });
  const { ms, error } = await took(connecting);
  expect(error).toMatchObject({ code: 'DN201', message: expect.stringContaining('no answer within 300 ms') });
  expect(ms).toBeLessThan(2_000);
});

test.each(['', 'localhost:6379', 'http://x', 'redis//x', 'redis://[', 'javascript:1'])(
  '"%s" is no address',
  async (url) => {
    const connecting = connectRedis({ socketPath: null, url }, { patience: 'command', name: 'test' });
    await expect(connecting).rejects.toMatchObject({ code: 'DN202', kind: 'bad-input' });
  },
);

test('addresses are shown without their password', () => {
  expect(describeTarget({ socketPath: null, url: 'rediss://:p%40ss@host:1/2' })).toBe(
    'rediss://***@host:1/2',
  );
  expect(describeTarget({ socketPath: '/run/x.sock', url: 'redis://ignored' })).toBe('/run/x.sock');
});

test('an agent outlives a server that dies and comes back, and its commands wait', async () => {
  const redis = await server.connect();
  const blocking = await duplicateConnection(redis);
  onTestFinished(() => blocking.disconnect());
  await server.stopServer('kill');
  const waiting = redis.set('key', 'value');
  const reading = blocking.xread('BLOCK', 0, 'STREAMS', 'stream', '0');
  await server.startServer();
  expect(await waiting).toBe('OK');
  await redis.xadd('stream', '*', 'a', 'b');
  expect((await reading)?.[0]?.[0]).toBe('stream');
});

test('a command gives up a lost server in bounded time', async () => {
  const redis = await connectRedis(server.target, { patience: 'command', name: 'test', giveUpAfterMs: 300 });
  await server.stopServer('kill');
  const { ms, error } = await took(redis.get('key'));
  expect(error).toBeInstanceOf(Error);
  expect(ms).toBeLessThan(3_000);
  redis.disconnect();
  await server.startServer();
});

test('an agent that starts before its server waits for it', async () => {
  await server.stopServer('kill');
  const connecting = connectRedis(server.target, { patience: 'agent', name: 'early' });
  await server.startServer();
  const redis = await connecting;
  expect(await redis.ping()).toBe('PONG');
  redis.disconnect();
});

test('scripts run on a server that has never seen them, and after it forgot them', async () => {
  await server.redis.flushall();
  const hold = (holder: string) => runScript(server.redis, 'hold-lease', 'lease', [holder, 10_000]);
  expect([await hold('a'), await hold('b'), await hold('a')]).toEqual([1, 0, 1]);
  await server.redis.script('FLUSH');
  expect(await hold('b')).toBe(0);
  expect(await runScript(server.redis, 'release-lease', 'lease', ['b'])).toBe(0);
  expect(await runScript(server.redis, 'release-lease', 'lease', ['a'])).toBe(1);
  expect(await hold('b')).toBe(1);
});

test('epochs rise with the clock, and rise when it stands still, goes back or the counter is damaged', async () => {
  await server.redis.flushall();
  const next = async (nowMs: number) => Number(await runScript(server.redis, 'next-epoch', 'epoch', [nowMs]));
  expect(await next(1_767_225_600_000)).toBe(1_767_225_600_000);
  expect(await next(1_767_225_600_000)).toBe(1_767_225_600_001);
  expect(await next(5)).toBe(1_767_225_600_002);
  await server.redis.set('epoch', 'damaged');
  expect(await next(1_767_225_600_500)).toBe(1_767_225_600_500);
});
