import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Agent } from '../../../src/core/agent/agent.js';
import { referenceFleet } from '../../../src/core/language/capabilities.js';
import { leaveWish } from '../../../src/core/nerve/rollout-holds.js';
import { startTestHost, temporaryDirectory } from '../../agent/support.js';
import { videoWorkload } from '../../support/video-agents.js';
import {
  coordinate,
  ended,
  onceBefore,
  type RolloutWish,
  recordOf,
  sentOrders,
  setUpTwoHosts,
  steerFrom,
  type TestRollout,
  timesTold,
} from '../support.js';

const { server, hosts, agents } = setUpTwoHosts();
const orders = () => sentOrders(server, 'host-1', 'host-2', 'host-3');
const runs = (id: string) => agents().filter(({ live }) => live?.instruction === id).length;
const cripple = (agent: Agent) => Object.assign(agent, { capabilities: { ...referenceFleet, actions: [] } });
const heal = (agent: Agent) => Object.assign(agent, { capabilities: referenceFleet });
const until = (holds: () => Promise<unknown> | unknown) =>
  expect.poll(holds, { timeout: 10_000, interval: 10 }).toBeTruthy();
const batchesIn = ({ events }: TestRollout) =>
  events.flatMap((event) => (event.type === 'batch' ? [event] : []));
const outcomesOf = async (id?: string) => (await recordOf(server, id)).agents;

/** The agents of host-2 are registered and silent from now on, except those that are not wanted at all. */
async function silence(...ids: readonly string[]): Promise<void> {
  await hosts[1]?.stop();
  for (const id of ids) await server.redis.zadd(server.names.agents, Date.now(), id);
}

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

describe('agents that come while a rollout is under way', () => {
  const three = () => startTestHost(server, { hostId: 'host-3', firstAgent: 20, agents: 3 });
  const canJoin: RolloutWish['canJoin'] = ({ id }) => id !== 'agent-0023';

  test('get the program as a further batch before go-live, if they are meant, and count neither as held out nor as failed', async () => {
    const run = await coordinate(server, { canJoin, bakeMs: 1_500 });
    const ending = ended(run);
    await until(() => run.events.some(({ type }) => type === 'canary'));
    await steerFrom(server, 'pause');
    const late = await three();
    hosts.push(late);
    cripple(late.agents[1] as Agent);
    await steerFrom(server, 'resume');
    expect(await ending).toBeUndefined();
    const { record, agents: outcomes } = await recordOf(server);
    expect(record).toMatchObject({ state: 'live', agents: 22, heldOut: 1, batches: 5, maxFailures: 0 });
    expect(record.counts).toMatchObject({ live: 20, staged: 1, failed: 1 });
    expect(outcomes.get('agent-0021')).toMatchObject({
      outcome: 'live',
      joined: true,
      heldOut: false,
      batch: 4,
    });
    expect(outcomes.get('agent-0022')).toMatchObject({ outcome: 'failed', joined: true, code: 'DN603' });
    expect(outcomes.has('agent-0023')).toBe(false);
    expect(late.agents.map(({ live }) => live?.instruction)).toEqual(['instr_one', undefined, undefined]);
  });

  test('do not get it when they would refuse it, before go-live and in the window, which is told by name once', async () => {
    const video = (hostId: string, ...ids: string[]) =>
      startTestHost(server, { hostId, hosted: ids.map((id) => ({ id, workload: () => videoWorkload() })) });
    const unfit = ({ events }: TestRollout) =>
      events.flatMap((event) =>
        event.type === 'note' && event.text.includes('do not get') ? event.text : [],
      );
    const run = await coordinate(server, { canJoin, bakeMs: 1_500 });
    const running = run.rollout.run();
    await until(() => run.events.some(({ type }) => type === 'canary'));
    await steerFrom(server, 'pause');
    await video('host-3', 'v1', 'v2');
    await steerFrom(server, 'resume');
    await running;
    const admitting = run.rollout.admitUntil(Date.now() + 60_000);
    await video('host-4', 'v3');
    await until(() => unfit(run).length === 2);
    await three();
    await until(() => run.rollout.record.counts.live === 21);
    run.controller.abort();
    await admitting;
    await run.rollout.close();
    expect(unfit(run)).toEqual([
      expect.stringContaining('v1, v2: "this agent does not offer REDUCE_CPU_THROTTLE"'),
      expect.stringContaining('v3: "this agent does not offer REDUCE_CPU_THROTTLE"'),
    ]);
    const { agents: outcomes } = await recordOf(server);
    expect(['v1', 'v2', 'v3'].filter((id) => outcomes.has(id))).toEqual([]);
    expect(await sentOrders(server, 'host-4')).toEqual([]);
  });

  test('get it at once in the window; and nobody who is not meant', async () => {
    const { rollout, controller } = await coordinate(server, { canJoin });
    await rollout.run();
    const admitting = rollout.admitUntil(Date.now() + 60_000);
    const late = await three();
    await until(() => late.agents.filter(({ live }) => live?.instruction === 'instr_one').length === 2);
    await until(() => rollout.record.counts.live === 21);
    controller.abort();
    await admitting;
    await rollout.close();
    const { record, agents: outcomes } = await recordOf(server);
    expect(record).toMatchObject({ agents: 22, heldOut: 1, counts: { live: 21, staged: 1, failed: 0 } });
    expect(outcomes.get('agent-0022')).toMatchObject({ outcome: 'live', joined: true });
    expect(timesTold(await sentOrders(server, 'host-3'), 'live').size).toBe(2);
  });

  test('do not go live once an abort was seen, and do when the rollout is resumed', async () => {
    const { redis, names } = server;
    const { rollout } = await coordinate(server, { canJoin });
    await rollout.run();
    await three();
    const wish = { id: 'wish_now', action: 'abort', by: 'ana@ops-3', at: 1 } as const;
    const left = onceBefore(redis, '"outcome":"staged"', () =>
      leaveWish(redis, names, { rollout: 'instr_one', wish, states: ['live'], overrules: [] }),
    );
    await rollout.admitUntil(Date.now() + 60_000);
    expect(await left).toMatchObject({ name: 'asked' });
    await expect(rollout.obey()).rejects.toMatchObject({ code: 'DN535' });
    await rollout.close();
    const told = async () => timesTold(await sentOrders(server, 'host-3'), 'live');
    expect((await told()).size).toBe(0);
    const again = await coordinate(server, { canJoin, resume: true, without: ['agent-0023'] });
    await again.rollout.run();
    await again.rollout.admitUntil(0);
    await again.rollout.close();
    expect([...(await told()).keys()].sort()).toEqual(['agent-0021', 'agent-0022']);
    expect(again.rollout.record.counts).toMatchObject({ live: 21, staged: 1 });
  });

  test('return with all others when the rollout is taken back', async () => {
    const { rollout } = await coordinate(server, { canJoin });
    await rollout.run();
    const late = await three();
    hosts.push(late);
    await rollout.admitUntil(0);
    expect(rollout.record.counts.live).toBe(21);
    await rollout.complete({ verdict: 'harmful' });
    await rollout.close();
    expect(runs('instr_one')).toBe(0);
    expect((await recordOf(server)).record.counts).toMatchObject({ live: 0, rolled_back: 21, skipped: 1 });
  });

  test('stay what they are when the rollout is resumed: asked again, and never counted', async () => {
    const first = await coordinate(server, { canJoin });
    await first.rollout.run();
    const late = await three();
    hosts.push(late);
    for (const agent of late.agents) cripple(agent);
    await first.rollout.admitUntil(0);
    await first.rollout.close();
    expect((await outcomesOf()).get('agent-0021')).toMatchObject({ outcome: 'failed', joined: true });
    const without = ['agent-0023'];
    const again = await coordinate(server, { canJoin, resume: true, without });
    await again.rollout.close();
    expect(again.rollout.record).toMatchObject({ state: 'live', agents: 22, heldOut: 1 });
    expect(again.rollout.agents.get('agent-0021')).toMatchObject({ joined: true, heldOut: false });
  });

  test('are none where nobody may join', async () => {
    const { rollout } = await coordinate(server);
    await rollout.run();
    const late = await three();
    await rollout.admitUntil(0);
    await rollout.close();
    expect(late.agents.every(({ live }) => live === undefined)).toBe(true);
    expect((await recordOf(server)).record.agents).toBe(20);
  });
});

describe('an agent that leaves while a rollout is under way', () => {
  test('is not waited for once it has signed off', async () => {
    await silence('agent-0011');
    const run = await coordinate(server, {
      ...{ batch: '20', acknowledgeWithinMs: 600_000, maxFailures: '1' },
    });
    const ending = ended(run);
    await until(async () => timesTold(await orders(), 'stage').has('agent-0011'));
    await server.redis.zrem(server.names.agents, 'agent-0011');
    expect(await ending).toBeUndefined();
    expect((await outcomesOf()).get('agent-0011')).toMatchObject({
      ...{ outcome: 'failed', code: 'DN542', reason: 'it has left the fleet' },
    });
  });

  test('and has not been heard of is told from one that only does not answer', async () => {
    await silence('agent-0011', 'agent-0012');
    const run = await coordinate(server, {
      ...{ batch: '20', acknowledgeWithinMs: 300, maxFailures: '2' },
    });
    await server.redis.zadd(server.names.agents, Date.now() - 40_000, 'agent-0011');
    expect(await ended(run)).toBeUndefined();
    const outcomes = await outcomesOf();
    expect(outcomes.get('agent-0011')).toMatchObject({
      code: 'DN542',
      reason: expect.stringMatching(/^it has not been heard of for 4\d s$/),
    });
    expect(outcomes.get('agent-0012')).toMatchObject({ code: 'DN540' });
  });

  test('with its whole host, before its turn or after it, holds up nobody', async () => {
    const run = await coordinate(server, {
      ...{ bakeMs: 1_500, maxFailures: '10', acknowledgeWithinMs: 600_000, batch: '10' },
    });
    const ending = ended(run);
    await until(() => run.events.some(({ type }) => type === 'canary'));
    await steerFrom(server, 'pause');
    await hosts[1]?.stop();
    await steerFrom(server, 'resume');
    expect(await ending).toBeUndefined();
    const { record, agents: outcomes } = await recordOf(server);
    expect(record).toMatchObject({ state: 'live', counts: { failed: 10, pending: 0 } });
    const gone = hosts[1]?.agents.map(({ id }) => outcomes.get(id)) ?? [];
    expect(gone.map((agent) => agent?.code)).toEqual(Array<string>(10).fill('DN542'));
    expect(new Set(gone.map((agent) => agent?.batch))).toEqual(new Set([0, 1]));
  });

  test('and was not heard of while Redis was away has not left', async () => {
    const { redis, names } = server;
    const { rollout } = await coordinate(server);
    await rollout.run();
    await hosts[1]?.stop();
    const silent = hosts[1]?.agents.map(({ id }) => id) ?? [];
    await redis.zadd(names.agents, ...silent.flatMap((id) => [Date.now() - 40_000, id]));
    const isBack = once(redis, 'ready');
    redis.disconnect(true);
    await isBack;
    await rollout.admitUntil(0);
    await rollout.close();
    expect(rollout.record.counts).toMatchObject({ live: 19, staged: 1, failed: 0 });
  });

  test('in the window counts as failed, and when it is back before the end it has its place again', async () => {
    const stateDir = temporaryDirectory();
    const there = { hostId: 'host-3', firstAgent: 20, agents: 2, stateDir } as const;
    const host = await startTestHost(server, there);
    const { rollout } = await coordinate(server);
    await rollout.run();
    const before = (await recordOf(server)).record.counts;
    await host.stop();
    await rollout.admitUntil(0);
    const gone = await recordOf(server);
    expect(gone.agents.get('agent-0021')).toMatchObject({ outcome: 'failed', code: 'DN542' });
    expect(gone.record.counts.failed).toBe(2);
    await startTestHost(server, there);
    await rollout.admitUntil(0);
    const back = await recordOf(server);
    expect(back.record.counts).toEqual(before);
    expect(back.record).toMatchObject({ agents: 22, heldOut: rollout.record.heldOut });
    expect(back.agents.get('agent-0021')?.joined).toBeUndefined();
    await rollout.close();
  });
});
