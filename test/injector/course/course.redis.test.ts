import { describe, expect, test } from 'vitest';
import {
  batchesIn,
  coordinate,
  cripple,
  ended,
  heal,
  type RolloutWish,
  recordOf,
  setUpTwoHosts,
  steerFrom,
  type TestRollout,
  timesTold,
  until,
} from '../support.js';

const { server, hosts, agents, orders, runs, outcomesOf, silence } = setUpTwoHosts();

describe('batches at the same time', () => {
  /** The most that were under way at once. */
  const overlap = (run: TestRollout) => {
    const batches = batchesIn(run).map(({ at, ms }) => [at - ms, at] as const);
    return Math.max(...batches.map(([, end]) => batches.filter(([a, b]) => a < end && end <= b).length));
  };

  test('are as many as is allowed, and a slow one holds up nobody else', async () => {
    await silence('agent-0011');
    const run = await coordinate(server, {
      ...{ batch: '1', parallel: 3, canary: '0', maxFailures: '1', acknowledgeWithinMs: 1_500 },
    });
    expect(await ended(run)).toBeUndefined();
    const { record } = await recordOf(server);
    expect(record).toMatchObject({ state: 'live', batches: 11, batchesDone: 11 });
    expect(record.counts).toMatchObject({ failed: 1, pending: 0 });
    const slow = batchesIn(run).findIndex(({ failed }) => failed === 1);
    expect(slow, 'all others have answered before').toBe(10);
    expect(overlap(run)).toBeLessThanOrEqual(3);
    expect(new Set(timesTold(await orders(), 'stage').values())).toEqual(new Set([1]));
  });

  test('fill every slot and no more while all are silent', async () => {
    await silence('agent-0011', 'agent-0012', 'agent-0013', 'agent-0014');
    const without = hosts[0]?.agents.map(({ id }) => id) ?? [];
    const run = await coordinate(server, {
      ...{ batch: '1', parallel: 3, canary: '0', maxFailures: '4', acknowledgeWithinMs: 300, without },
    });
    await ended(run);
    expect(overlap(run)).toBe(3);
  });

  test('that are under way when a gate closes are told to return, and not waited for', async () => {
    await silence('agent-0011');
    for (const agent of hosts[0]?.agents ?? []) cripple(agent);
    const run = await coordinate(server, {
      ...{ batch: '1', parallel: 11, canary: '0', maxFailures: '0', acknowledgeWithinMs: 60_000 },
    });
    expect(await ended(run)).toMatchObject({ code: 'DN530' });
    expect(timesTold(await orders(), 'undo').get('agent-0011')).toBe(1);
    expect((await outcomesOf()).get('agent-0011')?.outcome).toBe('pending');
  });

  test('that are under way at an abort are taken in first, and nothing is sent after it', async () => {
    await silence('agent-0011');
    const run = await coordinate(server, {
      ...{ batch: '1', parallel: 11, canary: '0', acknowledgeWithinMs: 60_000 },
    });
    const ending = ended(run);
    await until(() => batchesIn(run).length === 10);
    const aborting = steerFrom(server, 'abort');
    expect(await ending).toMatchObject({ code: 'DN533' });
    expect(await aborting).toMatchObject({ changed: true, record: { state: 'aborted' } });
    expect((await recordOf(server)).record.counts).toMatchObject({ staged: 10, pending: 1 });
    expect([...timesTold(await orders(), 'live')]).toEqual([]);
  });

  test('that are under way at a pause are all taken in before it counts as paused', async () => {
    await silence('agent-0011', 'agent-0012', 'agent-0013');
    const without = hosts[0]?.agents.map(({ id }) => id) ?? [];
    const run = await coordinate(server, {
      ...{ batch: '1', parallel: 3, canary: '0', acknowledgeWithinMs: 600, without, maxFailures: '3' },
    });
    const ending = ended(run);
    await until(async () => timesTold(await orders(), 'stage').size === 3);
    const { record } = await steerFrom(server, 'pause');
    expect(record).toMatchObject({ state: 'paused', counts: { failed: 3, pending: 0 } });
    await steerFrom(server, 'abort');
    expect(await ending).toMatchObject({ code: 'DN533' });
  });

  test('that a pause took in are gated before the next one is sent', async () => {
    for (const agent of agents()) cripple(agent);
    const run = await coordinate(server, {
      ...{ batch: '1', parallel: 2, canary: '0', maxFailures: '1', pauseBetweenMs: 1_500 },
    });
    const ending = ended(run);
    await until(() => batchesIn(run).length === 1);
    await steerFrom(server, 'pause');
    await steerFrom(server, 'resume');
    expect(await ending).toMatchObject({ code: 'DN530' });
    expect(timesTold(await orders(), 'stage').size).toBe(2);
  });

  test('that are under way at a rollback are all told to return', async () => {
    await silence('agent-0011', 'agent-0012', 'agent-0013');
    const without = hosts[0]?.agents.map(({ id }) => id) ?? [];
    const run = await coordinate(server, {
      ...{ batch: '1', parallel: 3, canary: '0', acknowledgeWithinMs: 60_000, without },
    });
    const ending = ended(run);
    await until(async () => timesTold(await orders(), 'stage').size === 3);
    await steerFrom(server, 'rollback');
    expect(await ending).toMatchObject({ code: 'DN534' });
    expect(timesTold(await orders(), 'undo').size).toBe(3);
  });
});

describe('going live batch by batch', () => {
  test('each batch is live before the next is staged, its held-out agents observe, and nobody goes live twice', async () => {
    const run = await coordinate(server, { activate: 'rolling', canary: '0' });
    expect(await ended(run)).toBeUndefined();
    const sent = await orders();
    const turns = sent.map(({ action }) => (action === 'observe' ? 'live' : action));
    const changes = turns.filter((action, at) => action !== turns[at - 1]);
    expect(changes).toEqual(['stage', 'live', 'stage', 'live', 'stage', 'live', 'stage', 'live']);
    expect(new Set(timesTold(sent, 'live').values())).toEqual(new Set([1]));
    expect(timesTold(sent, 'observe').size).toBe(1);
    expect(agents().filter(({ status }) => status === 'observing')).toHaveLength(1);
    const { record } = await recordOf(server);
    expect(record).toMatchObject({
      state: 'live',
      counts: { live: 19, staged: 1 },
      options: { activate: 'rolling' },
    });
    expect(run.events.filter(({ type }) => type === 'live')).toMatchObject([{ agents: 19, heldOut: 1 }]);
  });

  test('that too many agents fail returns those that were live already', async () => {
    for (const agent of agents()) if (['agent-0007', 'agent-0013'].includes(agent.id)) cripple(agent);
    const run = await coordinate(server, { activate: 'rolling', batch: '1', canary: '0', maxFailures: '1' });
    expect(await ended(run)).toMatchObject({ code: 'DN530' });
    expect(timesTold(await orders(), 'live').size).toBeGreaterThan(0);
    expect(runs('instr_one')).toBe(0);
  });
});

describe('the canary', () => {
  test('has the size that was asked for, and with 0 there is none', async () => {
    const three = await coordinate(server, { instruction: { id: 'three' }, canary: '3', bakeMs: 100 });
    expect(await ended(three)).toBeUndefined();
    expect(batchesIn(three).map(({ group, agents: size }) => [group, size])).toEqual([
      ['canary', 3],
      ['fleet', 5],
      ['fleet', 5],
      ['fleet', 5],
      ['fleet', 2],
    ]);
    expect((await recordOf(server, 'three')).record.canaryPassedAt).toBeGreaterThan(0);
    const none = await coordinate(server, { instruction: { id: 'none' }, canary: '0', bakeMs: 60_000 });
    expect(await ended(none)).toBeUndefined();
    expect((await recordOf(server, 'none')).record.canaryPassedAt).toBeUndefined();
  });
});

describe('a pause between batches', () => {
  test('is kept before each next order, and an abort does not wait for it', async () => {
    const paced = await coordinate(server, { instruction: { id: 'paced' }, pauseBetweenMs: 150 });
    expect(await ended(paced)).toBeUndefined();
    const spans = batchesIn(paced).map(({ at, ms }) => [at - ms, at] as const);
    for (const [at, [begun]] of spans.entries())
      if (at > 0) expect(begun - (spans[at - 1]?.[1] ?? 0)).toBeGreaterThanOrEqual(150);
    const slow = await coordinate(server, { instruction: { id: 'slow' }, pauseBetweenMs: 3_600_000 });
    const ending = ended(slow);
    await until(() => batchesIn(slow).length === 1);
    slow.controller.abort();
    expect(await ending).toMatchObject({ code: 'DN531' });
  });
});

describe('the time-out', () => {
  test('ends a rollout as a gate does: nothing more is staged, and everybody returns', async () => {
    await silence('agent-0011');
    const run = await coordinate(server, {
      ...{ batch: '1', canary: '0', acknowledgeWithinMs: 60_000, timeoutMs: 400 },
    });
    const thrown = await ended(run);
    expect(thrown).toMatchObject({
      ...{ code: 'DN530', kind: 'stopped-by-gate' },
      message: expect.stringContaining('not all agents were live within 0.4 s'),
    });
    const { record } = await recordOf(server);
    expect(record).toMatchObject({ state: 'failed', options: { timeoutMs: 400 } });
    expect(record.counts).toMatchObject({ staged: 0, live: 0 });
    expect(timesTold(await orders(), 'undo').get('agent-0011')).toBe(1);
    expect(runs('instr_one')).toBe(0);
  });

  test('of a bake that lasts longer does not let the others follow', async () => {
    const run = await coordinate(server, { bakeMs: 60_000, timeoutMs: 400 });
    expect(await ended(run)).toMatchObject({ code: 'DN530' });
    expect(timesTold(await orders(), 'stage').size).toBe(5);
  });

  test('does not matter any more once all are live', async () => {
    const { rollout } = await coordinate(server, { timeoutMs: 1_500 });
    await rollout.run();
    const over = (rollout.record.startedAt ?? 0) + 1_600;
    await until(() => Date.now() > over);
    expect(rollout.interrupted.aborted).toBe(false);
    await rollout.complete({ verdict: 'good' });
    await rollout.close();
    expect((await recordOf(server)).record).toMatchObject({ state: 'complete', counts: { live: 20 } });
  });
});

describe('without automatic rollback', () => {
  test('a closed gate leaves every agent as it is, and the rollout can be resumed or taken back', async () => {
    const wish: RolloutWish = { autoRollback: false, bakeMs: 50, maxFailures: '0' };
    const victims = agents().slice(0, 20);
    const run = await coordinate(server, wish);
    for (const agent of victims) if ((run.rollout.agents.get(agent.id)?.batch ?? 0) > 0) cripple(agent);
    expect(await ended(run)).toMatchObject({
      ...{ code: 'DN547', kind: 'stopped-by-gate' },
      hint: expect.stringMatching(/rollout rollback instr_one.*inject --resume instr_one/),
    });
    const { record } = await recordOf(server);
    expect(record).toMatchObject({ state: 'failed', reason: '5 agents failed, 0 are tolerated' });
    expect(timesTold(await orders(), 'undo').size).toBe(0);
    expect(runs('instr_one')).toBe(record.counts.live);
    expect(record.counts.live).toBeGreaterThan(0);
    for (const agent of victims) heal(agent);
    expect(await ended(await coordinate(server, { ...wish, resume: true }))).toBeUndefined();
    expect((await recordOf(server)).record.counts).toMatchObject({ live: 19, failed: 0 });
    await steerFrom(server, 'rollback');
    expect(runs('instr_one')).toBe(0);
  });
});
