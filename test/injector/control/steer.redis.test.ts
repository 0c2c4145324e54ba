import { describe, expect, test } from 'vitest';
import type { Host } from '../../../src/core/agent/host.js';
import type { SteerRequest } from '../../../src/core/injector/control/steer.js';
import type { WishAction } from '../../../src/core/nerve/messages/wish.js';
import { leaveWish, readHold } from '../../../src/core/nerve/rollout-holds.js';
import { cacheAll, throttleAll } from '../../agent/support.js';
import {
  coordinate,
  ended,
  forget,
  onceBefore,
  recordOf,
  sentOrders,
  setUpTwoHosts,
  steerFrom,
  type TestRollout,
  timesTold,
} from '../support.js';

const { server, hosts, agents } = setUpTwoHosts();
const orders = () => sentOrders(server, 'host-1', 'host-2');
const running = (instruction: string) => agents().filter(({ live }) => live?.instruction === instruction);

const steer = (action: WishAction, request: Partial<SteerRequest> = {}) => steerFrom(server, action, request);

async function happened(run: TestRollout, holds: (run: TestRollout) => boolean): Promise<void> {
  await expect.poll(() => holds(run), { timeout: 5_000, interval: 1 }).toBe(true);
}

const isBaking = ({ events }: TestRollout) => events.some((event) => event.type === 'canary');

/** While its coordinator proves four times that it is alive and could have sent something. */
async function sendsNothing(id = 'instr_one'): Promise<void> {
  const sent = (await orders()).length;
  const seen = new Set<string | null>();
  await expect
    .poll(
      async () => {
        seen.add(await server.redis.hget(server.names.rollout(id), 'heldUntil'));
        return seen.size;
      },
      { timeout: 10_000, interval: 20 },
    )
    .toBeGreaterThan(4);
  expect(await orders()).toHaveLength(sent);
}

describe('a pause', () => {
  test('while the canary is watched sends nothing until the resume, and asks nobody twice', async () => {
    const run = await coordinate(server, { bakeMs: 600 });
    const ending = ended(run);
    await happened(run, isBaking);
    const paused = await steer('pause', { reason: 'payments is deploying' });
    expect(paused).toMatchObject({ changed: true, doneBy: 'test', record: { state: 'paused' } });
    expect(paused.record.reason).toBe('by ana@ops-3: payments is deploying');
    await sendsNothing();
    expect((await recordOf(server)).record).toMatchObject({
      state: 'paused',
      control: { action: 'pause', by: 'ana@ops-3', reason: 'payments is deploying' },
      counts: { live: expect.any(Number), pending: 15 },
    });
    expect(await steer('resume')).toMatchObject({ changed: true });
    expect(await ending).toBeUndefined();
    const { record } = await recordOf(server);
    expect(record).toMatchObject({ state: 'live', counts: { live: 19, staged: 1 } });
    expect(record.reason).toBeUndefined();
    for (const action of ['stage', 'live'] as const)
      expect(new Set(timesTold(await orders(), action).values())).toEqual(new Set([1]));
    const states = run.events.flatMap((event) => (event.type === 'state' ? [event.state] : []));
    expect(states).toEqual(['canary', 'paused', 'canary', 'injecting', 'live']);
  });

  test('in the middle of a batch takes in the answers that are under way', async () => {
    await hosts[1]?.stop();
    await server.redis.zadd(server.names.agents, Date.now(), 'agent-0011');
    const run = await coordinate(server, { acknowledgeWithinMs: 700, batch: '3', maxFailures: '20' });
    const ending = ended(run);
    await happened(run, () => run.rollout.record.state !== 'planned');
    await expect
      .poll(async () => timesTold(await orders(), 'stage').has('agent-0011'), { timeout: 5_000, interval: 2 })
      .toBe(true);
    const batch = run.rollout.agents.get('agent-0011')?.batch;
    await steer('pause');
    const { agents: outcomes } = await recordOf(server);
    const members = [...outcomes].filter((entry) => entry[1].batch === batch);
    expect(new Set(members.map(([, { outcome }]) => outcome))).not.toContain('pending');
    expect(outcomes.get('agent-0011')).toMatchObject({ outcome: 'failed', code: 'DN540' });
    await sendsNothing();
    await steer('resume');
    expect(await ending).toBeUndefined();
  });

  test('while the canary is watched does not spare it: what it did wrong meanwhile counts after the resume', async () => {
    for (const agent of agents())
      agent.workload.apply = () => {
        throw new Error('the task refused to be touched');
      };
    const run = await coordinate(server, { bakeMs: 300 });
    const ending = ended(run);
    await happened(run, isBaking);
    await steer('pause');
    await sendsNothing();
    await steer('resume');
    expect(await ending).toMatchObject({
      code: 'DN530',
      message: expect.stringContaining('the canary failed'),
    });
    expect(running('instr_one')).toEqual([]);
  });

  test('twice, and a resume of what goes on, change nothing and are no failure', async () => {
    const run = await coordinate(server, { bakeMs: 1_500 });
    const ending = ended(run);
    await happened(run, isBaking);
    expect(await steer('resume')).toMatchObject({ changed: false });
    await steer('pause');
    const before = await server.redis.hgetall(server.names.rollout('instr_one'));
    expect(await steer('pause', { by: 'bo@ops-4' })).toMatchObject({ changed: false });
    const after = await server.redis.hgetall(server.names.rollout('instr_one'));
    expect({ ...after, heldUntil: '' }).toEqual({ ...before, heldUntil: '' });
    const resumed = await Promise.all([steer('resume'), steer('resume')]);
    expect(resumed.map(({ changed }) => changed)).toContain(true);
    expect(await ending).toBeUndefined();
  });

  test('that finds too many agents failed does nothing about it until the resume', async () => {
    await hosts[1]?.stop();
    await server.redis.zadd(server.names.agents, Date.now(), 'agent-0011');
    const run = await coordinate(server, { acknowledgeWithinMs: 400, batch: '11' });
    const ending = ended(run);
    await expect
      .poll(async () => timesTold(await orders(), 'stage').has('agent-0011'), { timeout: 5_000, interval: 2 })
      .toBe(true);
    await steer('pause');
    expect(timesTold(await orders(), 'undo').size).toBe(0);
    await steer('resume');
    expect(await ending).toMatchObject({ code: 'DN530' });
  });

  test('that is there when a batch is written down is obeyed before the next order', async () => {
    const { redis, names } = server;
    const run = await coordinate(server);
    const wish = { id: 'wish_now', action: 'abort', by: 'ana@ops-3', at: 1 } as const;
    const left = onceBefore(redis, '"outcome":"staged"', () =>
      leaveWish(redis, names, { rollout: 'instr_one', wish, states: ['canary'], overrules: [] }),
    );
    expect(await ended(run)).toMatchObject({ code: 'DN533' });
    expect(await left).toMatchObject({ name: 'asked' });
    expect(timesTold(await orders(), 'stage').size).toBe(5);
    expect((await recordOf(server)).record.counts).toMatchObject({ staged: 5, pending: 15 });
  });

  test('that arrives as the last agents go live is passed over, and does not stay in the way', async () => {
    const { redis, names } = server;
    const run = await coordinate(server);
    const wish = { id: 'wish_late', action: 'pause', by: 'ana@ops-3', at: 1 } as const;
    const late = onceBefore(redis, '"state":"live"', () =>
      leaveWish(redis, names, { rollout: 'instr_one', wish, states: ['injecting'], overrules: [] }),
    );
    await run.rollout.run();
    expect(await late).toMatchObject({ name: 'asked' });
    expect(await readHold(redis, names, 'instr_one')).toMatchObject({
      wish: undefined,
      answered: 'wish_late',
    });
    expect((await recordOf(server)).record).toMatchObject({ state: 'live' });
    expect((await recordOf(server)).record.control).toBeUndefined();
    await run.rollout.close();
  });

  test('ends with Ctrl-C in the process that holds the rollout', async () => {
    const run = await coordinate(server, { bakeMs: 60_000 });
    const ending = ended(run);
    await happened(run, isBaking);
    await steer('pause');
    run.controller.abort();
    expect(await ending).toMatchObject({ code: 'DN531' });
    expect((await recordOf(server)).record.state).toBe('paused');
    await expect(steer('resume')).rejects.toMatchObject({
      code: 'DN516',
      hint: expect.stringContaining('dreamnet inject --resume instr_one'),
    });
    expect(await ended(await coordinate(server, { bakeMs: 100, resume: true }))).toBeUndefined();
    expect(new Set(timesTold(await orders(), 'live').values())).toEqual(new Set([1]));
  });
});

describe('an abort from elsewhere', () => {
  test('ends the rollout where it is; nothing is sent after it, and it can be resumed', async () => {
    const run = await coordinate(server, { bakeMs: 60_000 });
    const ending = ended(run);
    await happened(run, isBaking);
    const sent = (await orders()).length;
    expect(await steer('abort', { reason: 'wrong fleet' })).toMatchObject({ record: { state: 'aborted' } });
    expect(await ending).toMatchObject({
      code: 'DN533',
      kind: 'interrupted',
      message: expect.stringContaining('aborted by ana@ops-3: wrong fleet'),
      hint: expect.stringContaining('dreamnet inject --resume instr_one'),
    });
    expect(await orders()).toHaveLength(sent);
    expect(running('instr_one').length).toBeGreaterThan(0);
    expect(await readHold(server.redis, server.names, 'instr_one')).toMatchObject({ held: false });
    await expect(steer('resume')).rejects.toMatchObject({
      code: 'DN515',
      hint: expect.stringContaining('dreamnet inject --resume instr_one'),
    });
    expect(await steer('abort')).toMatchObject({ changed: false });
    expect(await ended(await coordinate(server, { bakeMs: 100, resume: true }))).toBeUndefined();
    expect((await recordOf(server)).record).toMatchObject({ state: 'live', counts: { live: 19, staged: 1 } });
  });

  test('does not wait for agents that are silent, and leaves them as they were', async () => {
    await hosts[1]?.stop();
    await server.redis.zadd(server.names.agents, Date.now(), 'agent-0011');
    const run = await coordinate(server, { acknowledgeWithinMs: 60_000, batch: '3' });
    const ending = ended(run);
    await expect
      .poll(async () => timesTold(await orders(), 'stage').has('agent-0011'), { timeout: 5_000, interval: 2 })
      .toBe(true);
    await steer('abort', { answerWithinMs: 5_000 });
    expect(await ending).toMatchObject({ code: 'DN533' });
    const { record, agents: outcomes } = await recordOf(server);
    expect(outcomes.get('agent-0011')?.outcome).toBe('pending');
    expect(Object.values(record.counts).reduce((sum, one) => sum + one, 0)).toBe(record.agents);
  });

  test('of a paused rollout works; asked together with a pause, the abort is what remains', async () => {
    const first = await coordinate(server, { bakeMs: 60_000 });
    const firstEnding = ended(first);
    await happened(first, isBaking);
    await steer('pause');
    await steer('abort');
    expect(await firstEnding).toMatchObject({ code: 'DN533' });

    const second = await coordinate(server, { bakeMs: 60_000, instruction: { id: 'instr_two' } });
    const secondEnding = ended(second);
    await happened(second, isBaking);
    const [aborted, paused] = await Promise.allSettled([steer('abort'), steer('pause')]);
    expect(aborted.status).toBe('fulfilled');
    if (paused.status === 'rejected') expect(paused.reason.code).toMatch(/^DN51[578]$/);
    expect(await secondEnding).toMatchObject({ code: 'DN533' });
    expect((await recordOf(server, 'instr_two')).record.state).toBe('aborted');
  });
});

describe('a rollback', () => {
  test('by the injector returns every agent to the program it had, and tells those who have not answered', async () => {
    await ended(await coordinate(server, { instruction: { id: 'earlier' } }));
    const before = agents().map(({ live }) => live?.instruction);
    const run = await coordinate(server, {
      instruction: { id: 'later', program: { source: cacheAll } },
      bakeMs: 60_000,
    });
    const ending = ended(run);
    await happened(run, isBaking);
    expect(running('later').length).toBeGreaterThan(0);
    const steered = await steer('rollback', { typed: 'later', reason: 'errors in checkout' });
    expect(steered).toMatchObject({ doneBy: 'test', silent: 0, record: { state: 'rolled_back' } });
    expect(await ending).toMatchObject({
      code: 'DN534',
      kind: 'stopped-by-gate',
      message: expect.stringContaining(
        'rolled back by ana@ops-3: errors in checkout. 5 agents were returned',
      ),
    });
    expect(agents().map(({ live }) => live?.instruction)).toEqual(before);
    expect(agents().every(({ staged }) => staged?.instruction !== 'later')).toBe(true);
    expect((await recordOf(server, 'later')).record).toMatchObject({
      reason: 'by ana@ops-3: errors in checkout',
      counts: { pending: 15, rolled_back: 5, live: 0, staged: 0 },
    });
    expect(running('earlier')).toHaveLength(19);
  });

  test('of a complete rollout, which nobody holds, is done by whoever asks for it; twice changes nothing', async () => {
    for (const id of ['earlier', 'later']) {
      const { rollout } = await coordinate(server, {
        instruction: { id, ...(id === 'later' ? { program: { source: cacheAll } } : {}) },
      });
      await rollout.run();
      await rollout.complete({ verdict: 'good' });
      await rollout.close();
    }
    expect(running('later')).toHaveLength(20);
    const steered = await steer('rollback', { typed: 'later' });
    expect(steered).toMatchObject({ changed: true, doneBy: 'terminal-2', silent: 0 });
    expect(running('earlier')).toHaveLength(20);
    const { record } = await recordOf(server, 'later');
    expect(record).toMatchObject({ state: 'rolled_back', counts: { rolled_back: 20, live: 0 } });
    const sent = (await orders()).length;
    expect(await steer('rollback', { typed: 'later' })).toMatchObject({ changed: false });
    expect(await orders()).toHaveLength(sent);
    expect(await readHold(server.redis, server.names, 'later')).toMatchObject({ held: false });
  });

  test('after the injector was killed tells the agents of the batch that was under way, too', async () => {
    const run = await coordinate(server, { bakeMs: 60_000 });
    const ending = ended(run);
    await happened(run, isBaking);
    // Its process is killed: nothing it still does reaches Redis, and its hold runs out.
    run.rollout.close();
    run.controller.abort();
    await ending;
    await forget(server);
    for (const action of ['pause', 'abort'] as const)
      await expect(steer(action)).rejects.toMatchObject({ code: 'DN516' });
    await expect(steer('resume')).rejects.toMatchObject({ code: expect.stringMatching(/^DN51[56]$/) });
    const steered = await steer('rollback');
    expect(steered).toMatchObject({ doneBy: 'terminal-2', record: { state: 'rolled_back' } });
    expect(running('instr_one')).toEqual([]);
    const told = timesTold(await orders(), 'undo');
    const { agents: outcomes } = await recordOf(server);
    for (const [id, { batch }] of outcomes) expect([id, told.get(id) ?? 0]).toEqual([id, batch < 2 ? 1 : 0]);
  });

  test('of an aborted rollout returns what was live and staged', async () => {
    const run = await coordinate(server, { bakeMs: 60_000 });
    const ending = ended(run);
    await happened(run, isBaking);
    await steer('abort');
    await ending;
    expect(running('instr_one').length).toBeGreaterThan(0);
    expect(await steer('rollback')).toMatchObject({
      doneBy: 'terminal-2',
      record: { state: 'rolled_back', counts: { rolled_back: 5, pending: 15 } },
    });
    expect(running('instr_one')).toEqual([]);
    expect(agents().every(({ staged }) => staged === undefined)).toBe(true);
  });

  test('of one rollout after the other, the newest first, goes back as far', async () => {
    for (const [id, source] of [
      ['first', throttleAll],
      ['second', cacheAll],
      ['third', throttleAll],
    ] as const) {
      const { rollout } = await coordinate(server, { instruction: { id, program: { source } } });
      await rollout.run();
      await rollout.complete({ verdict: 'good' });
      await rollout.close();
    }
    for (const [id, left] of [
      ['third', 'second'],
      ['second', 'first'],
    ] as const) {
      await steer('rollback', { typed: id });
      expect(running(left)).toHaveLength(20);
    }
  });

  test('says who did not answer, and asks them again the next time', async () => {
    const { rollout } = await coordinate(server);
    await rollout.run();
    await rollout.close();
    await forget(server);
    const silent = hosts[1] as Host;
    await silent.stop();
    const away = silent.agents.map(({ id }) => id);
    await server.redis.zadd(server.names.agents, ...away.flatMap((id) => [1, id]));
    const first = await steer('rollback');
    expect(first).toMatchObject({ silent: 10, record: { counts: { rolled_back: 10, failed: 10 } } });
    const { agents: outcomes } = await recordOf(server);
    expect(outcomes.get(away[0] ?? '')).toMatchObject({ outcome: 'failed', code: 'DN543' });
    await server.redis.zadd(server.names.agents, ...away.flatMap((id) => [Date.now(), id]));
    const second = await steer('rollback', { acknowledgeWithinMs: 50 });
    expect(second).toMatchObject({ changed: true, silent: 10 });
    const told = timesTold(await orders(), 'undo');
    for (const { id } of agents()) expect([id, told.get(id)]).toEqual([id, away.includes(id) ? 2 : 1]);
  });

  test('without a way to some agents says with which command there is one, and tells nobody anything', async () => {
    const run = await coordinate(server, {});
    expect(await ended(run)).toBeUndefined();
    await run.rollout.close();
    await forget(server, 'instr_one');
    await server.redis.hset(server.names.agent('agent-0001'), 'transport', 'docker');
    const sent = (await orders()).length;
    await expect(steer('rollback')).rejects.toMatchObject({
      code: 'DN537',
      hint: 'Take it back with `dreamnet rollout rollback instr_one --docker`.',
    });
    expect(await orders()).toHaveLength(sent);
  });

  test('that would reach nobody is refused, and changes nothing', async () => {
    const { rollout } = await coordinate(server);
    await rollout.run();
    await rollout.close();
    for (const host of hosts) await host.stop();
    const before = await server.redis.hgetall(server.names.rollout('instr_one'));
    await expect(steer('rollback')).rejects.toMatchObject({ code: 'DN536', kind: 'unreachable' });
    expect(await server.redis.hgetall(server.names.rollout('instr_one'))).toEqual(before);
  });
});
