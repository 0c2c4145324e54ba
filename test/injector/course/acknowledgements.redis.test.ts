import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { collectAcknowledgements } from '../../../src/core/injector/course/acknowledgements.js';
import { type Courier, openCourier } from '../../../src/core/injector/transports/courier.js';
import { limits } from '../../../src/core/limits.js';
import type { Acknowledgement } from '../../../src/core/nerve/messages/order.js';
import { cache, key, throttle } from '../../agent/support.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';

const stream = 'rollout:x:acks';
const epoch = 5;
const trust = () => ({ trusted: [key.publicKey], revoked: new Set<string>() });
let server: TestRedis;
let courier: Courier;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.clear();
  await answer({ agent: 'a', reason: 'of before' });
  const { redis, names } = server;
  const fixed = { key, trust, clock: Date.now, rollout: 'x', epoch, acknowledgeWithinMs: 1_000 };
  courier = await openCourier({ redis, names, ...fixed });
  return () => courier.close();
});

function answer(change: Partial<Acknowledgement>) {
  const whole: Acknowledgement = {
    ...{
      agent: 'a',
      host: 'host-1',
      action: 'stage',
      digest: throttle.digest,
      epoch,
      outcome: 'done',
      at: Date.now(),
    },
    ...change,
  };
  return server.redis.xadd(stream, '*', 'json', JSON.stringify(whole));
}

const wait = (agents: readonly string[], change: { withinMs?: number; signal?: AbortSignal } = {}) =>
  courier.acknowledgements.waitFor({
    ...{
      agents: new Map(agents.map((agent) => [agent, 'host-1'])),
      action: 'stage',
      digest: throttle.digest,
    },
    withinMs: change.withinMs ?? 2_000,
    signal: change.signal ?? new AbortController().signal,
  });

test('those of all agents end the wait', async () => {
  const waiting = wait(['a', 'b']);
  await answer({ agent: 'a' });
  await answer({ agent: 'b', outcome: 'failed', code: 'DN601' });
  const answers = await waiting;
  expect([...answers.keys()].sort()).toEqual(['a', 'b']);
  expect(answers.get('b')).toMatchObject({ outcome: 'failed', code: 'DN601' });
});

test('the first of two by one agent counts', async () => {
  const waiting = wait(['a', 'b']);
  await answer({ agent: 'a', reason: 'first' });
  await answer({ agent: 'a', reason: 'second', outcome: 'failed' });
  await answer({ agent: 'b' });
  expect((await waiting).get('a')).toMatchObject({ reason: 'first', outcome: 'done' });
});

test('one about other bytes than those asked for is a failure that names both', async () => {
  const waiting = wait(['a'], { withinMs: 60_000 });
  await answer({ digest: cache.digest });
  await answer({});
  const reason = `it acknowledged ${cache.digest}, asked for was ${throttle.digest}`;
  expect((await waiting).get('a')).toMatchObject({ outcome: 'failed', code: 'DN560', reason });
});

test('others are no answer: of another action, epoch, agent or host, or damaged', async () => {
  const waiting = wait(['a'], { withinMs: 250 });
  await answer({ host: 'host-2' });
  await answer({ action: 'live' });
  await answer({ epoch: epoch - 1 });
  await answer({ epoch: epoch + 1 });
  await answer({ agent: 'stranger' });
  await server.redis.xadd(stream, '*', 'json', '{"agent":"a"');
  await server.redis.xadd(stream, '*', 'x', 'y');
  expect((await waiting).size).toBe(0);
});

test('that nobody waits for are told as strays; the same answer once more is not', async () => {
  const strays: string[] = [];
  courier.acknowledgements.onStray(({ acknowledgement, kind }) =>
    strays.push(`${acknowledgement.agent} ${kind}`),
  );
  const waiting = wait(['a', 'b']);
  await answer({ agent: 'a' });
  await answer({ agent: 'a' });
  await answer({ agent: 'a', outcome: 'refused', code: 'DN604' });
  await answer({ agent: 'b', host: 'host-2' });
  await answer({ agent: 'c' });
  await answer({ agent: 'b' });
  expect((await waiting).size).toBe(2);
  expect(strays).toEqual(['a second', 'b other-host', 'c unasked']);
});

test('one that this process gives for an agent counts, whoever carries it', async () => {
  const waiting = wait(['a'], { withinMs: 60_000 });
  const { digest } = throttle;
  const given = { agent: 'a', host: '', action: 'stage', digest, epoch, outcome: 'failed', at: 1 } as const;
  courier.acknowledgements.deliver(given);
  expect((await waiting).get('a')).toMatchObject({ outcome: 'failed' });
});

test('those that came in time are kept when others do not come', async () => {
  const startedMs = performance.now();
  const waiting = wait(['a', 'b'], { withinMs: 200 });
  await answer({ agent: 'a' });
  expect([...(await waiting).keys()]).toEqual(['a']);
  expect(performance.now() - startedMs).toBeLessThan(600);
});

test('nobody is waited for at once', async () => {
  expect((await wait([])).size).toBe(0);
});

test('an abort ends the wait', async () => {
  const controller = new AbortController();
  const waiting = wait(['a'], { signal: controller.signal, withinMs: 60_000 });
  controller.abort();
  expect((await waiting).size).toBe(0);
  expect((await wait(['a'], { signal: controller.signal, withinMs: 60_000 })).size).toBe(0);
});

test('two waits at a time each get their own', async () => {
  const both = [wait(['a']), wait(['b'])] as const;
  await answer({ agent: 'b' });
  await answer({ agent: 'a' });
  expect((await Promise.all(both)).map((answers) => [...answers.keys()])).toEqual([['a'], ['b']]);
});

test('a courier that is closed while somebody waits says so', async () => {
  const waiting = wait(['a'], { withinMs: 60_000 });
  const failing = expect(waiting).rejects.toThrow();
  await courier.close();
  await failing;
});

test('an agent that is told later is waited for from then on', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const acknowledgements = collectAcknowledgements(epoch);
  const signal = new AbortController().signal;
  const asked = { action: 'stage', digest: throttle.digest, withinMs: 1_000, signal } as const;
  const waiting = acknowledgements.waitFor({
    ...asked,
    agents: new Map([
      ['a', undefined],
      ['b', undefined],
    ]),
  });
  await vi.advanceTimersByTimeAsync(900);
  acknowledgements.reached('stranger');
  acknowledgements.reached('b');
  await vi.advanceTimersByTimeAsync(900);
  const done = {
    host: 'h',
    action: 'stage',
    digest: throttle.digest,
    epoch,
    outcome: 'done',
    at: 0,
  } as const;
  acknowledgements.deliver({ ...done, agent: 'b' });
  await vi.advanceTimersByTimeAsync(5_000);
  expect([...(await waiting).keys()]).toEqual(['b']);
});

test('that are old are not kept while more come in; those of the last minute are', async () => {
  const { redis } = server;
  const old = Date.now() - limits.acknowledgementsReadWithinMs - 5_000;
  const many = redis.pipeline();
  for (let at = 0; at < 300; at++) many.xadd(stream, `${old}-${at}`, 'json', '{}');
  await server.clear();
  await many.exec();
  const { names } = server;
  const young = await openCourier({
    trust,
    redis,
    names,
    key,
    clock: Date.now,
    rollout: 'x',
    epoch,
    acknowledgeWithinMs: 2_000,
  });
  const more = redis.pipeline();
  for (let at = 0; at < limits.streamEntriesMax; at++) more.xadd(stream, '*', 'json', '{}');
  await more.exec();
  const oldest = async () => Number((await redis.xrange(stream, '-', '+', 'COUNT', 1))[0]?.[0].split('-')[0]);
  await expect.poll(oldest, { timeout: 10_000, interval: 5 }).toBeGreaterThan(old);
  expect(await redis.xlen(stream)).toBeGreaterThanOrEqual(limits.streamEntriesMax);
  await young.close();
});
