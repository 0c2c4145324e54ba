/** Agents that misbehave, each way with its defined outcome: the rows of docs/misbehaving-agents.md. */
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { listAgents } from '../../../src/core/fleet/registry.js';
import { readAgentRecords } from '../../../src/core/nerve/agent-records.js';
import type { Acknowledgement, Order } from '../../../src/core/nerve/messages/order.js';
import type { PipelineEvent } from '../../../src/core/pipeline-events.js';
import {
  acknowledgements,
  alertTexts,
  cache,
  cacheAll,
  sendOrder,
  startTestHost,
  storeProgram,
  throttle,
} from '../../agent/support.js';
import { type HostProcess, type HostProcessWish, startHostProcess } from '../../support/host-process.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';
import { coordinate, ended, forget, recordOf, sentOrders, steerFrom, timesTold } from '../support.js';

// Processes start and servers restart: on a machine with more to do that takes a while.
vi.setConfig({ testTimeout: 120_000 });

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
beforeEach(async () => {
  await server.clear();
  await startTestHost(server, { hostId: 'host-1', firstAgent: 0, agents: 6 });
});
afterAll(() => server.stop());

const theirs = ['agent-0007', 'agent-0008', 'agent-0009'];
const theirHost: HostProcessWish = { hostId: 'host-2', firstAgent: 6, agents: 3 };
const orders = () => sentOrders(server, 'host-1', 'host-2');

/** The three agents in a process of their own, which can be stopped and killed. */
async function startTheirs(): Promise<HostProcess> {
  const host = await startHostProcess(server, theirHost);
  onTestFinished(() => host.kill());
  return host;
}

async function stateOf(ids = theirs) {
  const records = await readAgentRecords(server.redis, server.names, ids);
  return records.map((record) => ({ live: record?.live, staged: record?.staged }));
}

const notes = (events: readonly PipelineEvent[]) =>
  events.flatMap((event) => (event.type === 'note' ? [event.text] : []));

async function theirOutcomes(id = 'instr_one') {
  const { agents } = await recordOf(server, id);
  return theirs.map((agent) => agents.get(agent)?.code ?? agents.get(agent)?.outcome);
}

describe('an agent that cannot be reached', () => {
  test('fails once, is asked for nothing more, and obeys the undo that was left for it when it returns', async () => {
    const host = await startTheirs();
    host.signal('SIGSTOP');
    expect(
      await ended(await coordinate(server, { maxFailures: '3', acknowledgeWithinMs: 500 })),
    ).toBeUndefined();
    expect(await theirOutcomes()).toEqual(['DN540', 'DN540', 'DN540']);
    const told = await orders();
    for (const agent of theirs) {
      expect(timesTold(told, 'stage').get(agent)).toBe(1);
      expect(timesTold(told, 'live').get(agent)).toBeUndefined();
      expect(timesTold(told, 'observe').get(agent)).toBeUndefined();
    }
    await forget(server);
    const { record } = await steerFrom(server, 'rollback');
    expect(record).toMatchObject({ state: 'rolled_back', counts: { failed: 3, live: 0, staged: 0 } });
    host.signal('SIGCONT');
    const answered = async () =>
      (await acknowledgements(server))
        .filter(({ agent }) => theirs.includes(agent))
        .map(({ agent, action, outcome }) => `${action} ${agent} ${outcome}`)
        .sort();
    const expected = ['stage', 'undo'].flatMap((action) => theirs.map((agent) => `${action} ${agent} done`));
    await expect.poll(answered, { timeout: 10_000 }).toEqual(expected);
    expect(await stateOf()).toEqual(theirs.map(() => ({ live: undefined, staged: undefined })));
  });
});

describe('an agent that is slow', () => {
  test('stays failed when its answer comes too late; a resume takes it in, and nothing is loaded twice', async () => {
    const host = await startTheirs();
    host.signal('SIGSTOP');
    const run = await coordinate(server, { batch: '9', maxFailures: '3', acknowledgeWithinMs: 500 });
    // Before it goes live, so that there is something to resume.
    run.events.push = (event) => {
      if (event.type === 'batch') run.controller.abort();
      return 0;
    };
    expect(await ended(run)).toMatchObject({ code: 'DN531' });
    await run.rollout.markAborted().catch(() => undefined);
    host.signal('SIGCONT');
    const { digest } = (await recordOf(server)).record.program;
    await expect
      .poll(() => stateOf(), { timeout: 10_000 })
      .toEqual(theirs.map(() => ({ live: undefined, staged: digest })));
    expect(await theirOutcomes()).toEqual(['DN540', 'DN540', 'DN540']);
    const before = (await acknowledgements(server)).length;
    expect(await ended(await coordinate(server, { resume: true, batch: '9' }))).toBeUndefined();
    expect((await recordOf(server)).record).toMatchObject({
      state: 'live',
      counts: { live: 8, staged: 1, failed: 0 },
    });
    const again = (await acknowledgements(server)).slice(before).filter(({ action }) => action === 'stage');
    expect(again.map(({ agent }) => agent).sort()).toEqual(theirs);
    for (const { timings } of again)
      expect(timings).toMatchObject({ fetchMs: 0, verifyMs: 0, instantiateMs: 0 });
  });
});

describe('an agent whose host restarts', () => {
  test('again and again ends live or failed, and runs nothing but what was ordered', async () => {
    const host = await startTheirs();
    const flaps: Promise<void>[] = [];
    const report = ({ type }: PipelineEvent) => {
      if (type !== 'batch' && type !== 'live') return;
      flaps.push((flaps.at(-1) ?? Promise.resolve()).then(() => host.kill()).then(() => host.restart()));
    };
    const run = await coordinate(server, {
      batch: '2',
      maxFailures: '9',
      acknowledgeWithinMs: 2_000,
      report,
    });
    expect(await ended(run)).toBeUndefined();
    await Promise.all(flaps);
    expect(flaps.length).toBeGreaterThan(4);
    const { record, agents } = await recordOf(server);
    expect(record.state).toBe('live');
    const states = await stateOf();
    theirs.forEach((agent, at) => {
      const outcome = agents.get(agent)?.outcome;
      expect(['live', 'staged', 'failed']).toContain(outcome);
      const { live, staged } = states[at] ?? {};
      expect([undefined, record.program.digest]).toContain(live);
      expect([undefined, record.program.digest]).toContain(staged);
      if (outcome === 'live') expect(live).toBe(record.program.digest);
      if (outcome === 'staged') expect(staged).toBe(record.program.digest);
    });
  });

  test('between an order and its answer stages after all when it has a journal to go on from', async () => {
    const host = await startTheirs();
    const earlier = { instruction: { id: 'earlier', program: { source: cacheAll } } };
    expect(await ended(await coordinate(server, earlier))).toBeUndefined();
    const stopped = killedBetween(host, 'instr_one');
    expect(
      await ended(await coordinate(server, { batch: '9', acknowledgeWithinMs: 20_000 })),
    ).toBeUndefined();
    await stopped;
    const { record } = await recordOf(server);
    expect(record).toMatchObject({ state: 'live', counts: { live: 8, staged: 1, failed: 0 } });
  });

  test('between an order and its answer, having never obeyed one, fails and keeps what it had', async () => {
    const host = await startTheirs();
    const stopped = killedBetween(host, 'instr_one');
    const wish = { batch: '9', maxFailures: '3', acknowledgeWithinMs: 3_000 };
    expect(await ended(await coordinate(server, wish))).toBeUndefined();
    await stopped;
    expect(await theirOutcomes()).toEqual(['DN540', 'DN540', 'DN540']);
    expect(await stateOf()).toEqual(theirs.map(() => ({ live: undefined, staged: undefined })));
  });

  /** Holds the host still until it has been told to stage, then kills it before it can, and starts it again. */
  async function killedBetween(host: HostProcess, instruction: string): Promise<void> {
    host.signal('SIGSTOP');
    await orderFor('host-2', instruction);
    await host.kill();
    await host.restart();
  }
});

async function orderFor(hostId: string, instruction: string): Promise<Order> {
  let found: Order | undefined;
  await expect
    .poll(
      async () => {
        found = (await sentOrders(server, hostId)).find((order) => order.instruction === instruction);
        return found;
      },
      { timeout: 10_000, interval: 5 },
    )
    .toBeDefined();
  return found as Order;
}

/** Their host has registered its agents and is gone; the test answers for them. */
async function registerTheirs(): Promise<void> {
  const host = await startTestHost(server, theirHost);
  await host.stop();
  await server.redis.zadd(server.names.agents, ...theirs.flatMap((agent) => [Date.now(), agent]));
}

function answer(order: Order, agent: string, change: Partial<Acknowledgement> = {}) {
  const { action, digest, epoch, instruction } = order;
  const whole: Acknowledgement = {
    ...{ agent, host: 'host-2', action, digest, epoch, outcome: 'done', at: Date.now() },
    ...change,
  };
  return server.redis.xadd(server.names.acknowledgements(instruction), '*', 'json', JSON.stringify(whole));
}

describe('an agent that acknowledges', () => {
  beforeEach(registerTheirs);

  test('other bytes than those ordered fails at once, with both digests', async () => {
    const run = await coordinate(server, { batch: '9', maxFailures: '3', acknowledgeWithinMs: 60_000 });
    const ending = ended(run);
    const order = await orderFor('host-2', 'instr_one');
    for (const agent of theirs) await answer(order, agent, { digest: cache.digest });
    expect(await ending).toBeUndefined();
    expect(await theirOutcomes()).toEqual(['DN560', 'DN560', 'DN560']);
    const { record, agents } = await recordOf(server);
    const reason = `it acknowledged ${cache.digest}, asked for was ${record.program.digest}`;
    expect(agents.get('agent-0007')).toMatchObject({ outcome: 'failed', reason });
  });

  test('twice is taken at its first word, and the operator is told once that the second was another', async () => {
    const run = await coordinate(server, { batch: '9', maxFailures: '3', acknowledgeWithinMs: 60_000 });
    const ending = ended(run);
    const order = await orderFor('host-2', 'instr_one');
    const contrary = { outcome: 'refused', code: 'DN604' } as const;
    await answer(order, 'agent-0007', { outcome: 'failed', code: 'DN601' });
    await answer(order, 'agent-0007');
    await answer(order, 'agent-0007', contrary);
    for (const agent of theirs.slice(1)) await answer(order, agent, { outcome: 'failed', code: 'DN601' });
    expect(await ending).toBeUndefined();
    expect(await theirOutcomes()).toEqual(['DN601', 'DN601', 'DN601']);
    expect(notes(run.events)).toEqual([
      'DN562 agent-0007 answered "stage" twice, and differently. Its first answer counts.',
    ]);
  });

  test('what it was not asked, for another host or as a stranger, is ignored and told of once', async () => {
    const run = await coordinate(server, { batch: '9', maxFailures: '3', acknowledgeWithinMs: 60_000 });
    const ending = ended(run);
    const order = await orderFor('host-2', 'instr_one');
    for (let times = 0; times < 3; times++) {
      await answer(order, 'agent-0007', { host: 'host-9' });
      await answer(order, 'stranger');
      await answer({ ...order, action: 'live' }, 'agent-0008', { outcome: 'refused', code: 'DN616' });
    }
    for (const agent of theirs) await answer(order, agent, { outcome: 'failed', code: 'DN601' });
    expect(await ending).toBeUndefined();
    expect(await theirOutcomes()).toEqual(['DN601', 'DN601', 'DN601']);
    expect(notes(run.events)).toEqual([
      'DN561 host-9 answered "stage: done" for agent-0007, which another host carries. It was ignored.',
      'DN561 host-2 answered "stage: done" for stranger, which is not in this rollout. It was ignored.',
      'DN561 host-2 answered "live: refused" for agent-0008, which was not asked. It was ignored.',
    ]);
  });
});

describe('an agent that leaves in mid-rollout', () => {
  test('fails, and the others go on', async () => {
    const host = await startTestHost(server, theirHost);
    let leaving: Promise<void> | undefined;
    // After the canary, which may be one of them.
    const report = (event: PipelineEvent) => {
      if (event.type === 'canary' && event.state === 'passed') leaving ??= host.stop();
    };
    const wish = { batch: '1', bakeMs: 100, maxFailures: '3', acknowledgeWithinMs: 500, report };
    expect(await ended(await coordinate(server, wish))).toBeUndefined();
    await leaving;
    const { record, agents } = await recordOf(server);
    expect(record.state).toBe('live');
    for (const id of theirs) {
      const { outcome, code } = agents.get(id) ?? {};
      // What it had answered before it left it had answered.
      if (outcome !== 'live' && outcome !== 'staged') expect(['DN540', 'DN542']).toContain(code);
    }
    expect(record.counts.failed).toBeGreaterThan(0);
  });
});

describe('an agent whose clock is wrong', () => {
  const hourMs = 3_600_000;
  const off = (ms: number) => () => Date.now() + ms;

  test('by hours, ahead or behind, is alive and takes part like all others', async () => {
    await startTestHost(server, { hostId: 'host-2', firstAgent: 6, agents: 2, clock: off(2 * hourMs) });
    await startTestHost(server, { hostId: 'host-3', firstAgent: 8, agents: 2, clock: off(-2 * hourMs) });
    await startTestHost(server, {
      hostId: 'host-4',
      firstAgent: 10,
      agents: 2,
      clock: () => Math.round(performance.now()),
    });
    const { redis, names } = server;
    expect((await listAgents(redis, names, Date.now())).map(({ alive }) => alive)).toEqual(
      Array(12).fill(true),
    );
    const { rollout } = await coordinate(server, { batch: '4', bakeMs: 50, acknowledgeWithinMs: 10_000 });
    await rollout.run();
    await rollout.complete({ verdict: 'good' });
    await rollout.close();
    expect((await recordOf(server)).record).toMatchObject({
      state: 'complete',
      counts: { live: 12, failed: 0 },
    });
    for (const { acknowledgedMs } of (await recordOf(server)).agents.values())
      expect(acknowledgedMs).toBeLessThan(hourMs / 2);
  });

  test('and behind refuses an order that has expired all the same', async () => {
    await startTestHost(server, { ...theirHost, clock: off(-5 * hourMs) });
    await storeProgram(server, throttle);
    await sendOrder(server, { targets: theirs, expires: Date.now() - hourMs }, 'host-2');
    await expect
      .poll(() => alertTexts(server), { timeout: 5_000 })
      .toEqual([expect.stringContaining('DN614')]);
    expect(await stateOf()).toEqual(theirs.map(() => ({ live: undefined, staged: undefined })));
  });

  test('since a moment ago looks again before it refuses an order as expired', async () => {
    let aheadMs = 0;
    await startTestHost(server, { ...theirHost, clock: () => Date.now() + aheadMs });
    await storeProgram(server, throttle);
    aheadMs = 3 * hourMs;
    await sendOrder(server, { targets: theirs, expires: Date.now() + hourMs }, 'host-2');
    await expect
      .poll(async () => (await acknowledgements(server)).map(({ outcome }) => outcome), { timeout: 5_000 })
      .toEqual(['done', 'done', 'done']);
  });

  test('by more than a day ahead refuses orders, because Redis may be what is wrong', async () => {
    await startTestHost(server, { ...theirHost, clock: off(25 * hourMs) });
    await storeProgram(server, throttle);
    await sendOrder(server, { targets: theirs, expires: Date.now() + hourMs }, 'host-2');
    await expect
      .poll(() => alertTexts(server), { timeout: 5_000 })
      .toEqual([expect.stringContaining('DN614')]);
  });
});
