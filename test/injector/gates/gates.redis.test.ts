import { beforeEach, describe, expect, test } from 'vitest';
import type { Agent } from '../../../src/core/agent/agent.js';
import { watchProgram } from '../../../src/core/injector/gates/watch-program.js';
import { limits } from '../../../src/core/limits.js';
import type { GateVerdict } from '../../../src/core/nerve/messages/gate-verdict.js';
import {
  coordinate,
  ended,
  forget,
  recordOf,
  setUpTwoHosts,
  steerFrom,
  type TestRollout,
} from '../support.js';

const { server, agents } = setUpTwoHosts('gates');
const live = () => agents().filter((agent) => agent.live?.instruction === 'instr_one').length;
const bakeMs = 300;

/** Whatever a program does to a task of these agents makes all of their runs take so many times as long. */
function slowDown(factor: number, some: readonly Agent[] = agents()): void {
  for (const { workload } of some) {
    const apply = workload.apply.bind(workload);
    const view = workload.view.bind(workload);
    const revert = workload.revert.bind(workload);
    let isSlow = false;
    Object.assign(workload, {
      apply: (effect: Parameters<typeof apply>[0]) => {
        isSlow = true;
        return apply(effect);
      },
      view: () => {
        const seen = view();
        const latency = seen.columns.latency?.map((seconds) => seconds * (isSlow ? factor : 1));
        return { ...seen, columns: { ...seen.columns, latency } };
      },
      revert: (instruction: string) => {
        isSlow = false;
        revert(instruction);
      },
    });
  }
}

async function verdictsOf(): Promise<readonly GateVerdict[]> {
  return (await recordOf(server)).record.gates ?? [];
}

async function verdictOf(gate: GateVerdict['gate'], stage: GateVerdict['stage'] = 'bake') {
  return (await verdictsOf()).findLast((verdict) => verdict.gate === gate && verdict.stage === stage);
}

const isPaused = () =>
  expect.poll(async () => (await recordOf(server)).record.state, { timeout: 8_000 }).toBe('paused');

describe('a program that does no harm', () => {
  test('passes every gate, and the record holds their numbers', async () => {
    const run = await coordinate(server, { bakeMs });
    expect(await ended(run)).toBeUndefined();
    for (const gate of ['errors', 'latency', 'cost'] as const) {
      const verdict = await verdictOf(gate);
      expect(verdict).toMatchObject({ verdict: 'passed', batch: 1, unchanged: 15 });
      expect(verdict?.changed).toBeGreaterThanOrEqual(4);
      expect(verdict?.interval?.[0]).toBeLessThan(verdict?.estimate ?? Number.NaN);
      expect(verdict?.interval?.[1]).toBeGreaterThan(verdict?.estimate ?? Number.NaN);
    }
    expect(await verdictOf('program')).toMatchObject({ verdict: 'passed' });
    expect(await verdictOf('acknowledgements', 'batch')).toMatchObject({ verdict: 'passed', batch: 4 });
    const told = run.events.flatMap((event) => (event.type === 'gate' ? [event.verdicts] : []));
    expect(told).toHaveLength(1);
    expect(told[0]?.map(({ gate }) => gate)).toEqual(['program', 'errors', 'latency', 'cost']);
  });

  test('has no canary to compare where all are one batch, and nobody to compare it with', async () => {
    expect(await ended(await coordinate(server, { bakeMs, batch: '100%' }))).toBeUndefined();
    expect((await verdictsOf()).map(({ gate }) => gate)).toEqual(['acknowledgements']);
  });
});

describe('agents that are live', () => {
  const live = (transport: 'bus' | 'docker') => ({
    ...{ agents: [{ id: 'box-1', host: 'engine', transport }], instruction: 'instr_one' },
    ...{ sinceMs: 0, graceMs: 100, signal: new AbortController().signal },
  });
  const dependencies = () => ({ redis: server.redis, names: server.names, clock: Date.now });
  beforeEach(async () => {
    await server.redis.hset(server.names.agent('box-1'), { id: 'box-1', startedAt: 1 });
    await server.redis.zadd(server.names.agents, Date.now(), 'box-1');
  });

  test('and never report are believed their acknowledgement when they are containers', async () => {
    expect(await watchProgram(dependencies(), live('docker'))).toMatchObject({
      verdict: 'passed',
      text: '0 agents tick without an error of the program; 1 never report, and have acknowledged it',
    });
  });

  test('and do not tick fail the gate when they are on the bus', async () => {
    expect(await watchProgram(dependencies(), live('bus'))).toMatchObject({
      verdict: 'failed',
      text: 'box-1 did not tick after going live',
    });
  });

  test('and have all left are no canary', async () => {
    await server.redis.zrem(server.names.agents, 'box-1');
    expect(await watchProgram(dependencies(), live('bus'))).toMatchObject({
      verdict: 'failed',
      text: 'all its agents have left the fleet',
    });
  });
});

describe('a program that makes agents twice as slow', () => {
  test('fails the canary: everybody returns, nobody else hears of it, the record says by how much', async () => {
    slowDown(2);
    const run = await coordinate(server, { bakeMs });
    expect(await ended(run)).toMatchObject({
      code: 'DN530',
      kind: 'stopped-by-gate',
      message: expect.stringContaining('the canary failed: latency +'),
    });
    const verdict = await verdictOf('latency');
    expect(verdict).toMatchObject({ verdict: 'failed', tolerance: 0.1 });
    expect(verdict?.estimate).toBeGreaterThan(0.7);
    expect(verdict?.interval?.[0]).toBeGreaterThan(0.1);
    const { record } = await recordOf(server);
    expect(record).toMatchObject({ state: 'failed', counts: { live: 0, staged: 0, pending: 15 } });
    expect(live()).toBe(0);
    expect(run.events).toContainEqual(expect.objectContaining({ type: 'canary', state: 'failed' }));
  });

  test('is found before the time to watch is over', async () => {
    slowDown(3);
    // Nobody would wait for an hour here.
    expect(await ended(await coordinate(server, { bakeMs: 3_600_000 }))).toMatchObject({ code: 'DN530' });
  });

  test('is let through where the gate is off, or tolerates it', async () => {
    slowDown(2);
    for (const [id, gates] of [
      ['off', ['latency=off']],
      ['much', ['latency=400%']],
    ] as const) {
      const run = await coordinate(server, { bakeMs, gates: [...gates], instruction: { id } });
      expect(await ended(run)).toBeUndefined();
      await run.rollout.complete({ verdict: 'harmful' }).catch(() => undefined);
    }
  });
});

describe('a program of which a gate cannot tell', () => {
  /** Beyond what is tolerated, and less than five agents can be sure of. */
  async function unclear(): Promise<{ run: TestRollout; ending: Promise<unknown> }> {
    slowDown(1.15);
    const run = await coordinate(server, { bakeMs });
    const ending = ended(run);
    await isPaused();
    return { run, ending };
  }

  test('pauses; resumed it goes on, and the record names who accepted it', async () => {
    const { run, ending } = await unclear();
    const paused = await recordOf(server);
    expect(paused.record.reason).toContain('a gate cannot tell whether it does harm: latency +');
    expect(paused.record.counts).toMatchObject({ pending: 15 });
    expect((await verdictOf('latency'))?.verdict).toBe('inconclusive');
    expect((await verdictOf('latency'))?.accepted).toBeUndefined();
    expect(run.events).toContainEqual(
      expect.objectContaining({
        type: 'note',
        text: expect.stringContaining('dreamnet rollout resume instr_one'),
      }),
    );
    await steerFrom(server, 'resume');
    expect(await ending).toBeUndefined();
    expect((await recordOf(server)).record).toMatchObject({ state: 'live', counts: { live: 19 } });
    expect(await verdictOf('latency')).toMatchObject({
      verdict: 'inconclusive',
      accepted: { by: 'ana@ops-3' },
    });
  });

  test('rolled back it returns its agents', async () => {
    const { ending } = await unclear();
    await steerFrom(server, 'rollback');
    expect(await ending).toMatchObject({ code: 'DN534' });
    expect(live()).toBe(0);
  });

  /** What agents measured before they were touched is gone from Redis. */
  const loseLevels = async () => {
    const { redis, names } = server;
    const fields = (await redis.hkeys(names.rollout('instr_one'))).filter((key) => key.startsWith('before:'));
    expect(fields).toHaveLength(20);
    await redis.hdel(names.rollout('instr_one'), ...fields);
  };

  test('is not forgotten by the next injector: without a level to compare with, it asks again', async () => {
    const { run, ending } = await unclear();
    run.controller.abort();
    await ending;
    await forget(server);
    await loseLevels();
    const next = await coordinate(server, { bakeMs, resume: true });
    const nextEnding = ended(next);
    await isPaused();
    await expect
      .poll(async () => (await verdictOf('latency'))?.text, { timeout: 8_000 })
      .toContain('no data about latency');
    await steerFrom(server, 'resume');
    expect(await nextEnding).toBeUndefined();
    expect((await recordOf(server)).record.state).toBe('live');
  });

  /** Killed when the canary was live and harmless; as slow as this from the moment on that another injector goes on. */
  async function goOn({ factor, isLevelKnown }: { factor: number; isLevelKnown: boolean }) {
    const first = await coordinate(server, { bakeMs, pauseBetweenMs: 3_600_000 });
    const ending = ended(first);
    await expect
      .poll(async () => (await recordOf(server)).record.canaryPassedAt, { timeout: 8_000 })
      .toBeDefined();
    first.controller.abort();
    await ending;
    await forget(server);
    if (!isLevelKnown) await loseLevels();
    slowNow(factor);
    return coordinate(server, { resume: true, pauseBetweenMs: limits.gateLookEveryMs + 200 });
  }

  test('that turns harmful between two injectors is stopped by the second one', async () => {
    const next = await goOn({ factor: 4, isLevelKnown: true });
    expect(await ended(next)).toMatchObject({
      code: 'DN530',
      message: expect.stringContaining('latency +'),
    });
    expect((await verdictOf('latency', 'batch'))?.verdict).toBe('failed');
    expect(live()).toBe(0);
  });

  test('is not let through in silence by the second one when it cannot know the levels from before', async () => {
    const ending = ended(await goOn({ factor: 4, isLevelKnown: false }));
    await isPaused();
    const verdict = await verdictOf('latency', 'batch');
    expect(verdict?.verdict).toBe('inconclusive');
    expect(verdict?.text).toMatch(/what [45] of them measured before the rollout is not known any more/);
    await steerFrom(server, 'rollback');
    expect(await ending).toMatchObject({ code: 'DN534' });
  });
});

describe('batches after the canary', () => {
  test('are followed by further looks at it: what is slow only then stops the rollout', async () => {
    // Slow from the second on that the canary has passed: the batches are as slow to answer as that takes.
    const run = await coordinate(server, {
      bakeMs,
      batch: '5',
      pauseBetweenMs: limits.gateLookEveryMs + 200,
    });
    const ending = ended(run);
    await expect.poll(() => run.rollout.record.canaryPassedAt, { timeout: 8_000, interval: 5 }).toBeDefined();
    slowNow(4);
    expect(await ending).toMatchObject({ code: 'DN530' });
    expect(await verdictOf('latency', 'batch')).toMatchObject({ verdict: 'failed' });
    expect(live()).toBe(0);
  });

  test('that go live one after the other are all compared with those that have not', async () => {
    const pauseBetweenMs = limits.gateLookEveryMs + 200;
    const run = await coordinate(server, { bakeMs, pauseBetweenMs, activate: 'rolling' });
    expect(await ended(run)).toBeUndefined();
    const canary = await verdictOf('latency');
    const later = await verdictOf('latency', 'batch');
    expect(later).toMatchObject({ verdict: 'passed' });
    expect(later?.changed).toBeGreaterThan(canary?.changed ?? Number.NaN);
    expect(later?.unchanged).toBeLessThan(canary?.unchanged ?? Number.NaN);
    expect(later?.looks).toBeGreaterThan(canary?.looks ?? Number.NaN);
  });
});

/** From now on the runs of agents that run the program take so many times as long. */
function slowNow(factor: number): void {
  const running = agents().filter((agent) => agent.live?.instruction === 'instr_one');
  for (const { workload } of running) {
    const view = workload.view.bind(workload);
    Object.assign(workload, {
      view: () => {
        const seen = view();
        const latency = seen.columns.latency?.map((seconds) => seconds * factor);
        return { ...seen, columns: { ...seen.columns, latency } };
      },
    });
  }
}
