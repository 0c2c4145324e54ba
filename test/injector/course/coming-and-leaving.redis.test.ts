import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Agent } from '../../../src/core/agent/agent.js';
import { leaveWish } from '../../../src/core/nerve/rollout-holds.js';
import { startTestHost, temporaryDirectory } from '../../agent/support.js';
import { videoWorkload } from '../../support/video-agents.js';
import {
  coordinate,
  cripple,
  ended,
  onceBefore,
  type RolloutWish,
  recordOf,
  sentOrders,
  setUpTwoHosts,
  steerFrom,
  type TestRollout,
  timesTold,
  until,
} from '../support.js';

const { server, hosts, orders, runs, outcomesOf, silence } = setUpTwoHosts();

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
