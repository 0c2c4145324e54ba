import { describe, expect, test } from 'vitest';
import type { Agent } from '../../../src/core/agent/agent.js';
import { limits } from '../../../src/core/limits.js';
import { readHold } from '../../../src/core/nerve/rollout-holds.js';
import { claimRollout } from '../../../src/core/nerve/rollout-records.js';
import { cacheAll } from '../../agent/support.js';
import {
  coordinate,
  cripple,
  ended,
  heal,
  onceBefore,
  recordOf,
  sentOrders,
  setUpTwoHosts,
  timesTold,
} from '../support.js';

const { server, hosts, agents } = setUpTwoHosts();
const orders = () => sentOrders(server, 'host-1', 'host-2');
const agentOf = (id: string) => agents().find((agent) => agent.id === id) as Agent;
const liveInstructions = () => Map.groupBy(agents(), ({ live }) => live?.instruction ?? 'none');
const count = (instruction: string) => liveInstructions().get(instruction)?.length ?? 0;

/** The agent lacks the program's action from now on, so that it fails to stage. */
/** Nothing can be applied to the agent's tasks from now on. */
const sabotage = (agent: Agent) => {
  agent.workload.apply = () => {
    throw new Error('the task refused to be touched');
  };
};

describe('a rollout', () => {
  test('stages every agent batch by batch, the canary first, and all but the held-out go live together', async () => {
    const run = await coordinate(server);
    expect(await ended(run)).toBeUndefined();
    const { record, agents: outcomes } = await recordOf(server);
    expect(record).toMatchObject({ state: 'live', agents: 20, heldOut: 1, batches: 4, batchesDone: 4 });
    expect(record.counts).toMatchObject({ live: 19, staged: 1, failed: 0, pending: 0 });
    expect(record.injectMs).toBeGreaterThan(0);
    expect(count('instr_one')).toBe(19);
    const [held] = [...outcomes].filter(([, { heldOut }]) => heldOut).map(([id]) => id);
    expect(agentOf(held ?? '')).toMatchObject({ status: 'observing', live: undefined });
    const stages = timesTold(await orders(), 'stage');
    expect([stages.size, ...new Set(stages.values())]).toEqual([20, 1]);
    const lives = timesTold(await orders(), 'live');
    expect([lives.size, ...new Set(lives.values())]).toEqual([19, 1]);
    const states = run.events.flatMap((event) => (event.type === 'state' ? [event.state] : []));
    expect(states).toEqual(['canary', 'injecting', 'live']);
  });

  test('that ends well brings the held-out live, too; unclear, they never go; harmful, everybody returns', async () => {
    for (const [id, verdict, state, counts] of [
      ['instr_good', 'good', 'complete', { live: 20, staged: 0 }],
      ['instr_unclear', 'unclear', 'complete', { live: 19, skipped: 1, staged: 0 }],
      ['instr_harmful', 'harmful', 'rolled_back', { live: 0, rolled_back: 19, skipped: 1, staged: 0 }],
    ] as const) {
      const { rollout } = await coordinate(server, { instruction: { id } });
      await rollout.run();
      await rollout.complete({ verdict });
      await rollout.close();
      expect((await recordOf(server, id)).record).toMatchObject({ state, counts });
      expect(count(id)).toBe(counts.live);
      expect(agents().every(({ staged }) => staged === undefined)).toBe(true);
    }
  });

  test('of one agent, and of two, has no canary and works', async () => {
    await hosts[1]?.stop();
    const without = agents().map(({ id }) => id);
    const { rollout } = await coordinate(server, { instruction: { id: 'one' }, without: without.slice(1) });
    await rollout.run();
    await rollout.close();
    expect(rollout.record).toMatchObject({ state: 'live', counts: { live: 1 }, heldOut: 0 });
    const two = await coordinate(server, {
      instruction: { id: 'two' },
      without: without.slice(2),
      batch: '500',
    });
    await two.rollout.run();
    await two.rollout.close();
    expect(two.rollout.record).toMatchObject({ state: 'live', counts: { live: 1, staged: 1 }, batches: 1 });
  });

  test('is refused the second time, unless it is resumed; and resumed when complete it changes nothing', async () => {
    const { rollout } = await coordinate(server);
    await rollout.run();
    await expect(coordinate(server)).rejects.toMatchObject({ code: 'DN512' });
    await rollout.complete({ verdict: 'good' });
    await rollout.close();
    const before = await server.redis.hgetall(server.names.rollout('instr_one'));
    await expect(coordinate(server, { resume: true })).rejects.toMatchObject({ code: 'DN513' });
    expect(await server.redis.hgetall(server.names.rollout('instr_one'))).toEqual(before);
  });

  test('keeps its newest acknowledgements for a day, not all of them for ever', async () => {
    const run = await coordinate(server);
    const many = server.redis.pipeline();
    const stream = server.names.acknowledgements('instr_one');
    for (let at = 0; at < limits.streamEntriesMax + 1_000; at++) many.xadd(stream, '*', 'json', '{}');
    await many.exec();
    await ended(run);
    expect(await server.redis.xlen(stream)).toBeLessThan(limits.streamEntriesMax + 200);
    const ttlMs = await server.redis.pttl(server.names.acknowledgements('instr_one'));
    expect(ttlMs).toBeGreaterThan(0);
    expect(ttlMs).toBeLessThanOrEqual(limits.acknowledgementsKeptMs);
  });

  test('that another has taken over takes none of its acknowledgements away', async () => {
    const { redis, names } = server;
    const run = await coordinate(server);
    await claimRollout(redis, names, { id: 'instr_one', holder: 'other', nowMs: Date.now() });
    await redis.xadd(names.acknowledgements('instr_one'), '*', 'json', '{}');
    await run.rollout.close();
    expect(await redis.pttl(names.acknowledgements('instr_one'))).toBe(-1);
  });

  test('with gates that are none is refused, and leaves nothing behind', async () => {
    await expect(coordinate(server, { gates: ['bogus'] })).rejects.toMatchObject({ kind: 'bad-input' });
    expect(await server.redis.keys('fleet:rollout*')).toEqual([]);
  });

  test('sends orders that do not outlive their window by more than an hour', async () => {
    await ended(await coordinate(server, { instruction: { expires: Date.now() + 86_400_000 } }));
    const latest = Date.now() + 2_000 + limits.orderLifeMs;
    for (const { expires } of await orders()) expect(expires).toBeLessThanOrEqual(latest);
  });
});

describe('failing agents', () => {
  test('as many as are tolerated do not stop a rollout; one more does, and every agent is returned', async () => {
    for (const agent of agents().slice(0, 3)) cripple(agent);
    expect(
      await ended(await coordinate(server, { instruction: { id: 'tolerant' }, maxFailures: '3' })),
    ).toBeUndefined();
    const { record, agents: outcomes } = await recordOf(server, 'tolerant');
    expect(record.counts).toMatchObject({ failed: 3 });
    expect(outcomes.get('agent-0001')).toMatchObject({ outcome: 'failed', code: 'DN603' });
    const before = count('tolerant');
    expect(
      await ended(await coordinate(server, { instruction: { id: 'strict' }, maxFailures: '2' })),
    ).toMatchObject({
      code: 'DN530',
      kind: 'stopped-by-gate',
      message: expect.stringContaining('3 agents failed, 2 are tolerated'),
    });
    const strict = await recordOf(server, 'strict');
    expect(strict.record).toMatchObject({ state: 'failed', reason: '3 agents failed, 2 are tolerated' });
    expect(strict.record.counts).toMatchObject({ staged: 0, live: 0, failed: 3 });
    expect(count('tolerant')).toBe(before);
    expect(agents().every(({ staged }) => staged?.instruction !== 'strict')).toBe(true);
  });

  test('that do not answer are failed in time, and told to return, in case they only were late', async () => {
    await hosts[1]?.stop();
    await server.redis.zadd(server.names.agents, Date.now(), 'agent-0011', Date.now(), 'agent-0012');
    const startedMs = performance.now();
    const run = await coordinate(server, { acknowledgeWithinMs: 150, batch: '20' });
    expect(await ended(run)).toMatchObject({ code: 'DN530' });
    expect(performance.now() - startedMs).toBeLessThan(1_500);
    const { agents: outcomes } = await recordOf(server);
    expect(outcomes.get('agent-0011')).toMatchObject({
      code: 'DN540',
      reason: 'no acknowledgement within 150 ms',
    });
    expect(timesTold(await orders(), 'undo').get('agent-0011')).toBe(1);
    expect(run.events.filter(({ type }) => type === 'agent-failed')).toHaveLength(2);
  });
});

describe('the canary', () => {
  test('that fails returns its agents, and nobody else ever hears of the program', async () => {
    for (const agent of agents()) sabotage(agent);
    const run = await coordinate(server, { bakeMs: 300 });
    expect(await ended(run)).toMatchObject({
      code: 'DN530',
      message: expect.stringContaining('the canary failed'),
    });
    const { record } = await recordOf(server);
    expect(record.counts).toMatchObject({ pending: 15, rolled_back: 5, live: 0 });
    expect(timesTold(await orders(), 'stage').size).toBe(5);
    expect(count('none')).toBe(20);
  });

  test('is watched before a resumed rollout goes on with others', async () => {
    for (const agent of agents()) sabotage(agent);
    await ended(await coordinate(server, { bakeMs: 300 }));
    const resumed = await coordinate(server, { bakeMs: 300, resume: true });
    expect(await ended(resumed)).toMatchObject({
      code: 'DN530',
      message: expect.stringContaining('the canary failed'),
    });
    expect((await recordOf(server)).record.counts).toMatchObject({ pending: 10, rolled_back: 10, live: 0 });
    expect(count('none')).toBe(20);
  });

  test('that was interrupted while it was watched is judged by the resumed rollout', async () => {
    for (const agent of agents()) sabotage(agent);
    const first = await coordinate(server, { bakeMs: 60_000 });
    const ending = ended(first);
    await expect
      .poll(() => first.events.some(({ type }) => type === 'canary'), { timeout: 5_000 })
      .toBe(true);
    first.controller.abort();
    expect(await ending).toMatchObject({ code: 'DN531' });
    await first.rollout.markAborted();
    const resumed = await coordinate(server, { bakeMs: 300, resume: true });
    expect(await ended(resumed)).toMatchObject({
      code: 'DN530',
      message: expect.stringContaining('the canary failed'),
    });
    const lives = timesTold(await orders(), 'live');
    expect(new Set(lives.values())).toEqual(new Set([1]));
  });

  test('is the next batch when nobody of the first one could stage', async () => {
    const { rollout } = await coordinate(server, { maxFailures: '5', bakeMs: 200 });
    for (const [id, { batch }] of rollout.agents) if (batch === 0) cripple(agentOf(id));
    await rollout.run();
    await rollout.close();
    expect(rollout.record.canaryPassedAt).toBeGreaterThan(0);
    expect(rollout.record.counts).toMatchObject({ failed: 5 });
  });

  test('of a later instruction that fails leaves every agent on the earlier program', async () => {
    await ended(await coordinate(server, { instruction: { id: 'earlier' } }));
    const before = agents().map(({ live }) => live?.loaded.program.digest);
    for (const agent of agents()) sabotage(agent);
    const second = { instruction: { id: 'later', program: { source: cacheAll } }, bakeMs: 300 };
    expect(await ended(await coordinate(server, second))).toMatchObject({ code: 'DN530' });
    expect(agents().map(({ live }) => live?.loaded.program.digest)).toEqual(before);
    expect(count('earlier')).toBe(19);
    const stopped = await ended(await coordinate(server, { ...second, resume: true }));
    expect(stopped).toMatchObject({ code: 'DN530' });
    expect(agents().map(({ live }) => live?.loaded.program.digest)).toEqual(before);
  });
});

describe('an abort', () => {
  test('in the middle of a batch sends nothing afterwards, and the rollout says that nobody works on it', async () => {
    await hosts[1]?.stop();
    await server.redis.zadd(server.names.agents, Date.now(), 'agent-0011');
    const run = await coordinate(server, { acknowledgeWithinMs: 60_000, batch: '3' });
    const ending = ended(run);
    await expect
      .poll(async () => timesTold(await orders(), 'stage').has('agent-0011'), { timeout: 5_000, interval: 5 })
      .toBe(true);
    run.controller.abort();
    expect(await ending).toMatchObject({ code: 'DN531', kind: 'interrupted' });
    const sent = (await orders()).length;
    await run.rollout.markAborted();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await orders()).toHaveLength(sent);
    const { record, agents: outcomes } = await recordOf(server);
    expect(record).toMatchObject({ state: 'aborted', reason: 'interrupted by the operator' });
    expect(record.finishedAt).toBeGreaterThanOrEqual(record.startedAt ?? Number.POSITIVE_INFINITY);
    expect(outcomes.get('agent-0011')?.outcome).toBe('pending');
    expect(Object.values(record.counts).reduce((sum, one) => sum + one, 0)).toBe(record.agents);
  });

  test('before the start sends nothing at all', async () => {
    const run = await coordinate(server);
    run.controller.abort();
    expect(await ended(run)).toMatchObject({ code: 'DN531' });
    expect(await orders()).toEqual([]);
  });
});

describe('a resumed rollout', () => {
  /** Aborted after the second batch. */
  async function interrupt() {
    const run = await coordinate(server, { maxFailures: '20' });
    const ending = ended(run);
    await expect
      .poll(() => run.events.filter(({ type }) => type === 'batch').length, { timeout: 5_000, interval: 1 })
      .toBeGreaterThanOrEqual(2);
    run.controller.abort();
    await ending;
    await run.rollout.markAborted();
  }

  test('takes failed and untouched agents only, and tells nobody twice to go live', async () => {
    for (const agent of agents().slice(0, 4)) cripple(agent);
    await interrupt();
    const before = await recordOf(server);
    const sent = (await orders()).length;
    const done = [...before.agents]
      .filter(([, { outcome }]) => ['staged', 'live'].includes(outcome))
      .map(([id]) => id);
    expect(done.length).toBeGreaterThan(0);
    for (const agent of agents().slice(0, 4)) heal(agent);
    expect(await ended(await coordinate(server, { resume: true }))).toBeUndefined();
    const all = await orders();
    const restaged = timesTold(all.slice(sent), 'stage');
    for (const id of done) expect(restaged.has(id), id).toBe(false);
    expect(restaged.size).toBe(20 - done.length);
    expect(new Set(timesTold(all, 'live').values())).toEqual(new Set([1]));
    const { record } = await recordOf(server);
    expect(record).toMatchObject({
      state: 'live',
      counts: { live: 19, staged: 1, failed: 0 },
      batchesDone: 4,
    });
    expect(record.epoch).toBeGreaterThan(before.record.epoch);
  });

  test('keeps its hold-out and accounts for agents that have left', async () => {
    await interrupt();
    const before = await recordOf(server);
    const heldOut = [...before.agents].filter((entry) => entry[1].heldOut).map(([id]) => id);
    const gone = [...before.agents]
      .filter((entry) => !entry[1].heldOut)
      .slice(0, 3)
      .map(([id]) => id);
    const run = await coordinate(server, { resume: true, without: gone, maxFailures: '3' });
    await ended(run);
    const { record, agents: outcomes } = await recordOf(server);
    expect(record).toMatchObject({ state: 'live', agents: 20, heldOut: 1 });
    expect([...outcomes].filter((entry) => entry[1].heldOut).map(([id]) => id)).toEqual(heldOut);
    const left = [...outcomes].filter((entry) => entry[1].code === 'DN542').map(([id]) => id);
    expect(left.every((id) => gone.includes(id))).toBe(true);
    expect(Object.values(record.counts).reduce((sum, one) => sum + one, 0)).toBe(20);
  });

  test('watches a canary again when the earlier one was returned to what it had', async () => {
    const stopped = await coordinate(server, { bakeMs: 100 });
    const late = [...stopped.rollout.agents].find(([, { batch }]) => batch === 2)?.[0] ?? '';
    const broken = agents().find(({ id }) => id === late) as Agent;
    cripple(broken);
    expect(await ended(stopped)).toMatchObject({ code: 'DN530' });
    heal(broken);
    const resumed = await coordinate(server, { bakeMs: 100, resume: true });
    expect(await ended(resumed)).toBeUndefined();
    const watched = resumed.events.filter((event) => event.type === 'canary').map(({ state }) => state);
    expect(watched).toEqual(['watching', 'passed']);
  });

  test('is not finished any more while it goes on', async () => {
    cripple(agents()[0] as Agent);
    expect(await ended(await coordinate(server))).toMatchObject({ code: 'DN530' });
    expect((await recordOf(server)).record.finishedAt).toBeGreaterThan(0);
    const again = await coordinate(server, { resume: true });
    expect((await recordOf(server)).record.finishedAt).toBeUndefined();
    await again.rollout.close();
  });

  test('in which nothing is left to do says so', async () => {
    for (const agent of agents()) sabotage(agent);
    await ended(
      await coordinate(server, {
        batch: '10',
        bakeMs: 200,
        without: agents()
          .slice(11)
          .map(({ id }) => id),
      }),
    );
    const rest = [...(await recordOf(server)).agents].filter(([, { outcome }]) => outcome === 'pending');
    const without = [...agents().slice(11), ...rest.map(([id]) => ({ id }))].map(({ id }) => id);
    const again = await coordinate(server, { resume: true, without, maxFailures: '5' });
    expect(await ended(again)).toMatchObject({ code: 'DN513', kind: 'bad-input' });
  });
});

describe('two coordinators', () => {
  test('the one that took over goes on; the first is stopped by the fence and harms nothing', async () => {
    await hosts[1]?.stop();
    await server.redis.zadd(server.names.agents, Date.now(), 'agent-0011');
    const first = await coordinate(server, { acknowledgeWithinMs: 400, batch: '3', maxFailures: '20' });
    const firstEnding = ended(first);
    await expect
      .poll(async () => timesTold(await orders(), 'stage').has('agent-0011'), { timeout: 5_000, interval: 5 })
      .toBe(true);
    const second = await coordinate(server, { resume: true, maxFailures: '20', acknowledgeWithinMs: 200 });
    expect(second.rollout.record.epoch).toBeGreaterThan(first.rollout.record.epoch);
    const secondEnding = ended(second);
    expect(await firstEnding).toMatchObject({ code: 'DN510' });
    await expect(first.rollout.markAborted()).rejects.toMatchObject({ code: 'DN510' });
    expect(await secondEnding).toBeUndefined();
    const { record } = await recordOf(server);
    expect(record).toMatchObject({ state: 'live', epoch: second.rollout.record.epoch });
    expect(record.counts).toMatchObject({ failed: 1, pending: 0 });
  });

  test('the one that takes over heeds what the first wrote until then', async () => {
    const { redis, names } = server;
    const name = names.rollout('instr_one');
    const first = await coordinate(server);
    await first.rollout.close();
    const { record } = await recordOf(server);
    const late = onceBefore(redis, name, () =>
      redis.hset(name, 'record', JSON.stringify({ ...record, state: 'rolled_back' })),
    );
    await expect(coordinate(server, { resume: true })).rejects.toMatchObject({ code: 'DN511' });
    await late;
    expect((await recordOf(server)).record.state).toBe('rolled_back');
    expect(await readHold(redis, names, 'instr_one')).toMatchObject({ held: false });
  });

  test('the one that begins a rollout, and finds that another has just begun it, leaves it alone', async () => {
    const { redis, names } = server;
    const name = names.rollout('instr_one');
    const first = await coordinate(server);
    const { record, epoch = '' } = await redis.hgetall(name);
    await redis.del(name);
    const begun = onceBefore(redis, name, () => redis.hset(name, { record, epoch }));
    await expect(coordinate(server)).rejects.toMatchObject({ code: 'DN510' });
    await begun;
    expect(await redis.hget(name, 'epoch')).toBe(epoch);
    expect(await ended(first)).toBeUndefined();
  });

  test('an epoch is newer than all before, also after Redis has lost its data', async () => {
    const first = await coordinate(server, { instruction: { id: 'a' } });
    const second = await coordinate(server, { instruction: { id: 'b' } });
    await first.rollout.close();
    await second.rollout.close();
    await server.redis.del(server.names.epoch);
    const third = await coordinate(server, { instruction: { id: 'c' } });
    await third.rollout.close();
    const epochs = [first, second, third].map(({ rollout }) => rollout.record.epoch);
    expect(epochs).toEqual([...epochs].sort((a, b) => a - b));
    expect(new Set(epochs).size).toBe(3);
  });
});
