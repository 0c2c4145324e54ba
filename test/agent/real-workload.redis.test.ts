/** A host over Redis whose agent has a workload that takes time, fails and hangs: what orders, records and traces say of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { readAgentRecords } from '../../src/core/nerve/agent-records.js';
import { readTraces } from '../../src/core/tracer/read.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import {
  acknowledgements,
  obeyed,
  sendOrder,
  startTestHost,
  storeProgram,
  temporaryDirectory,
  throttle,
} from './support.js';
import { holdEffects, TestWorkload } from './test-workload.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('agents');
});
beforeEach(async () => {
  await server.clear();
  await storeProgram(server, throttle);
});
afterAll(() => server.stop());

const targets = ['worker'];
const start = (workload: TestWorkload, stateDir = temporaryDirectory()) =>
  startTestHost(server, { stateDir, hosted: [{ id: 'worker', workload: () => workload }] });

async function ticks() {
  const { traces } = await readTraces(server.redis, server.names, 'worker', { count: 100 });
  return traces.flatMap(({ trace }) => (trace.kind === 'tick' ? [trace] : []));
}

async function bringLive(): Promise<void> {
  await obeyed(server, { targets });
  await obeyed(server, { targets, action: 'live' });
}

describe('a host of a workload that takes time', () => {
  test('acknowledges go-live at once, and undo when all is taken back', async () => {
    const workload = new TestWorkload(['a', 'b']);
    const held = holdEffects(workload);
    await start(workload);
    await bringLive();
    const reverting = Promise.withResolvers<void>();
    workload.onRevert = () => reverting.promise;
    await sendOrder(server, { targets, action: 'undo' });
    await expect.poll(() => workload.asked[0]?.signal.aborted).toBe(true);
    await held.settle();
    await held.settle();
    await expect.poll(() => workload.reverted).toEqual(['instr_one']);
    expect((await acknowledgements(server)).map(({ action }) => action)).toEqual(['stage', 'live']);
    reverting.resolve();
    await expect
      .poll(async () => (await acknowledgements(server)).at(-1))
      .toMatchObject({ action: 'undo', outcome: 'done' });
  });

  test('writes why effects did not apply into the trace of the tick, and how many into the window', async () => {
    const workload = new TestWorkload(['a', 'b', 'c']);
    workload.answer = async ({ task }) =>
      task === 'b' ? { applied: false, reason: 'is pinned' } : { applied: true, task: 'c' };
    await start(workload);
    await bringLive();
    await expect.poll(async () => (await ticks()).find(({ unapplied }) => unapplied)).toBeDefined();
    const told = (await ticks()).find(({ unapplied }) => unapplied);
    expect(told).toMatchObject({
      effects: { REDUCE_CPU_THROTTLE: 1 },
      unapplied: {
        refused: 1,
        failed: 1,
        effects: [
          { task: 'a', kind: 'failed', reason: 'it was answered for another task, "c"' },
          { task: 'b', kind: 'refused', reason: 'is pinned' },
        ],
      },
    });
    const [record] = await readAgentRecords(server.redis, server.names, ['worker']);
    expect(record?.window).toMatchObject({ applied: 1, refused: 1, errors: 1 });
    expect(record?.metrics).toEqual({
      ...{ at: expect.any(Number), tasks: 3, memory: 3e9, applied: 1, refused: 1 },
    });
  });

  test('leaves an instruction undone after a restart whose effects could not be taken back, and tries again', async () => {
    const stateDir = temporaryDirectory();
    const workload = new TestWorkload(['a']);
    workload.onRevert = () => {
      throw new Error('permission denied');
    };
    const host = await start(workload, stateDir);
    await bringLive();
    const [answer] = await obeyed(server, { targets, action: 'undo' });
    expect(answer).toMatchObject({ outcome: 'failed', code: 'DN630' });
    expect(answer?.reason).toContain('permission denied');
    await host.stop();
    const again = new TestWorkload(['a']);
    const reverting = Promise.withResolvers<void>();
    again.onRevert = () => reverting.promise;
    const starting = start(again, stateDir);
    await expect.poll(() => again.reverted).toEqual(['instr_one']);
    const waits = new Promise((resolve) => setTimeout(resolve, 300, 'waits'));
    expect(await Promise.race([starting, waits])).toBe('waits');
    reverting.reject(new Error('still denied'));
    const second = await starting;
    expect([second.agents[0]?.live, again.asked, again.reverted]).toEqual([undefined, [], ['instr_one']]);
    expect(second.log.join()).toMatch(/worker at its restart: DN630 .*still denied/);
  });
});

describe('a host whose agents read their tasks anew', () => {
  test('ticks those that can, tells once why another cannot, and ticks it again when it can', async () => {
    const [good, bad] = [new TestWorkload(['a']), new TestWorkload(['b'])];
    let ready = false;
    good.refresh = async () => {
      good.ids = ['a', 'new'];
    };
    bad.refresh = async () => {
      if (!ready) throw new Error('the queue is away');
    };
    const host = await startTestHost(server, {
      hosted: [
        { id: 'worker', workload: () => good },
        { id: 'other', workload: async () => bad },
      ],
    });
    const metricsOf = async (id: string) =>
      (await readAgentRecords(server.redis, server.names, [id]))[0]?.metrics;
    const registeredAt = (await metricsOf('other'))?.at ?? 0;
    await obeyed(server, { targets });
    await expect.poll(ticks, { timeout: 5_000 }).toHaveLength(2);
    expect((await metricsOf('worker'))?.tasks).toBe(2);
    expect((await metricsOf('other'))?.at).toBe(registeredAt);
    expect(host.log).toEqual(['other does not tick, its tasks cannot be read: the queue is away']);
    ready = true;
    await expect
      .poll(async () => (await metricsOf('other'))?.at, { timeout: 5_000 })
      .toBeGreaterThan(registeredAt);
    expect(host.log.at(-1)).toBe('other ticks again');
  });

  test('closes them when it stops, also one that hangs', async () => {
    const workload = new TestWorkload(['a']);
    let signal: AbortSignal | undefined;
    const host = await start(workload);
    workload.refresh = (_, raised) => {
      signal = raised;
      return new Promise(() => undefined);
    };
    await obeyed(server, { targets });
    await expect.poll(() => signal).toBeDefined();
    const stopped = host.stop();
    await expect.poll(() => workload.closed, { timeout: limits.refreshWithinMs - 1_000 }).toBe(1);
    expect(signal?.aborted).toBe(true);
    await stopped;
  });
});
