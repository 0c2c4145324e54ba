import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { steerRollout } from '../src/core/injector/control/steer.js';
import type { LoopContext } from '../src/core/loop-context.js';
import { resultSchema } from '../src/core/nerve/messages/result.js';
import type { Redis } from '../src/core/nerve/redis.js';
import { readRollout } from '../src/core/nerve/rollout-records.js';
import { newestMessages } from '../src/core/nerve/streams.js';
import { inject, resumeRequest, runLoop } from '../src/core/pipeline.js';
import type { PipelineEvent } from '../src/core/pipeline-events.js';
import { key, startTestHost } from './agent/support.js';
import { instructionOf } from './injector/support.js';
import { startTestRedis, type TestRedis } from './support/redis.js';

const how = { batch: '5', maxFailures: '0', bakeMs: 0, windowMs: 1_000 };
const id = 'instr_one';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.clear();
  await startTestHost(server, { hostId: 'host-1', firstAgent: 0, agents: 12 });
});

describe('the loop', () => {
  it('keeps a result that was measured when the coordinator dies before the rollout is complete', async () => {
    const dying = { ...contextOf(), redis: failingAtComplete(server.redis) };
    await expect(
      inject(dying, { ...how, instruction: instructionOf({ target_agents: 12 }) }),
    ).rejects.toThrow('killed');
    expect(await published()).toHaveLength(1);
    expect((await readRollout(server.redis, server.names, id))?.state).toBe('live');

    const context = contextOf();
    const resumed = await resumeRequest(context, id);
    const staged = (await readRollout(server.redis, server.names, id))?.program.digest;
    expect(resumed.instruction.program?.digest, 'the very bytes that agents have staged').toBe(staged);
    const outcome = await inject(context, { ...how, ...resumed });
    expect(outcome.rollout.state).toBe('complete');
    expect(outcome.rewards).toMatchObject({ agents: 12, added: true });
    expect(await published(), 'the same result, once').toHaveLength(1);
  });

  it('finishes what the result that is out led to, whatever a coordinator that comes later measures', async () => {
    const dying = { ...contextOf(), redis: failingAtComplete(server.redis) };
    const instruction = instructionOf({ target_agents: 12 });
    await expect(inject(dying, { ...how, instruction })).rejects.toThrow('killed');
    await publishAsHarmful();
    const context = contextOf();
    const outcome = await inject(context, { ...how, ...(await resumeRequest(context, id)) });
    expect(outcome.rollout).toMatchObject({ state: 'rolled_back', counts: { live: 0 } });
    expect(outcome.result.execution.metrics.cost).toMatchObject({ change: 0.5 });
    expect(outcome.rewards).toBeUndefined();
  });

  it('says of what it goes on with how far that had come, and counts the time of both', async () => {
    const controller = new AbortController();
    const report = (event: PipelineEvent) => {
      if (event.type === 'batch' && event.batch === 2) controller.abort();
    };
    const interrupted = { ...contextOf(), report, signal: controller.signal };
    const instruction = instructionOf({ target_agents: 12 });
    await expect(inject(interrupted, { ...how, instruction })).rejects.toMatchObject({ code: 'DN531' });
    const before = await readRollout(server.redis, server.names, id);
    expect(before?.injectMs).toBeGreaterThan(0);
    const events: PipelineEvent[] = [];
    const context = { ...contextOf(), report: (event: PipelineEvent) => void events.push(event) };
    const outcome = await inject(context, { ...how, ...(await resumeRequest(context, id)) });
    expect(events.find(({ type }) => type === 'planned')).toMatchObject({
      batches: 3,
      batchesDone: 2,
      before: { batches: [1, 2], staged: 10, failed: 0 },
    });
    expect(events.filter(({ type }) => type === 'batch')).toMatchObject([{ batch: 3, staged: 2 }]);
    expect(outcome.rollout.batchesDone).toBe(3);
    expect(outcome.rollout.injectMs).toBeGreaterThan(before?.injectMs ?? Number.NaN);
  });

  it('draws no conclusion from what it has when it is interrupted in the window', async () => {
    const controller = new AbortController();
    const report = (event: PipelineEvent) => {
      if (event.type === 'live') controller.abort();
    };
    const context = { ...contextOf(), report, signal: controller.signal };
    await expect(
      inject(context, { ...how, instruction: instructionOf({ target_agents: 12 }) }),
    ).rejects.toMatchObject({
      code: 'DN532',
      kind: 'interrupted',
    });
    expect(await published()).toEqual([]);
    expect((await readRollout(server.redis, server.names, id))?.state).toBe('live');
  });

  it('ends in its window at once when it is aborted or rolled back from elsewhere, and publishes nothing', async () => {
    for (const [action, code, state, kind] of [
      ['abort', 'DN535', 'live', 'interrupted'],
      ['rollback', 'DN534', 'rolled_back', 'stopped-by-gate'],
    ] as const) {
      const instruction = instructionOf({ id: `instr_${action}`, target_agents: 12 });
      let steered: Promise<unknown> | undefined;
      const report = (event: PipelineEvent) => {
        if (event.type === 'live')
          steered = steerRollout(contextOf(), { typed: 'latest', action, by: 'a@b' });
      };
      const context = { ...contextOf(), report };
      const ending = inject(context, { ...how, windowMs: 3_600_000, instruction });
      await expect(ending).rejects.toMatchObject({ code, kind });
      expect(await steered).toMatchObject({ changed: true, record: { state } });
      expect(await published()).toEqual([]);
    }
  });

  it('broadcasts what it decided only once its rollout is on record, so that no service takes it', async () => {
    const { redis, names } = server;
    const broadcast: { rollouts: number; message: string }[] = [];
    const watched = new Proxy(redis, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (name !== 'xadd') return typeof value === 'function' ? value.bind(target) : value;
        return async (...args: unknown[]) => {
          if (args[0] === names.instructions)
            broadcast.push({ rollouts: await target.zcard(names.rollouts), message: String(args.at(-1)) });
          return value.apply(target, args);
        };
      },
    });
    const request = { goal: 'reduce costs 5%', selector: '', priority: 'HIGH', riskMax: 1 } as const;
    const outcome = await runLoop({ ...contextOf(), redis: watched }, { ...request, ...how });
    expect(outcome.rollout.state).not.toBe('planned');
    expect(broadcast).toMatchObject([{ rollouts: 1 }]);
    expect(JSON.parse(broadcast[0]?.message ?? '')).toMatchObject({ id: outcome.rollout.id });
  });

  it('tells who asks for a pause once all agents are live that there is nothing to pause', async () => {
    let paused: Promise<unknown> | undefined;
    const report = (event: PipelineEvent) => {
      if (event.type !== 'live') return;
      paused = steerRollout(contextOf(), { typed: id, action: 'pause', by: 'a@b' });
      paused.catch(() => undefined);
    };
    const instruction = instructionOf({ target_agents: 12 });
    const outcome = await inject({ ...contextOf(), report }, { ...how, instruction });
    expect(outcome.rollout.state).toBe('complete');
    await expect(paused).rejects.toMatchObject({ code: 'DN515' });
  });
});

function contextOf(): LoopContext {
  return {
    redis: server.redis,
    names: server.names,
    key,
    name: 'test',
    clock: Date.now,
    random: Math.random,
    report: () => undefined,
    signal: new AbortController().signal,
  };
}

async function published(): Promise<string[]> {
  const entries = await newestMessages(server.redis, server.names.results, resultSchema, 10);
  return entries.map((entry) => (entry.ok ? entry.value.id : entry.reasons.join('; ')));
}

/** As if the result that was published had been bad. */
async function publishAsHarmful(): Promise<void> {
  const { redis, names } = server;
  const [entry] = await newestMessages(redis, names.results, resultSchema, 1);
  if (!entry?.ok) throw new Error('nothing was published');
  const { execution } = entry.value;
  const cost = { change: 0.5, interval: [0.4, 0.6], method: 'hold-out' };
  const metrics = { ...execution.metrics, cost };
  const harmful = { ...entry.value, state: 'rolled_back', execution: { ...execution, metrics } };
  const place = await redis.xadd(names.results, '*', 'id', id, 'json', JSON.stringify(harmful));
  await redis.hset(names.rollout(id), 'result', place ?? '');
}

/** The connection of a process that is killed as it marks the rollout complete. */
function failingAtComplete(redis: Redis): Redis {
  return new Proxy(redis, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const completes = args.some((arg) => typeof arg === 'string' && arg.includes('"state":"complete","'));
        if (name === 'evalsha' && completes && args.some((arg) => arg === 'record'))
          throw new Error('killed');
        return value.apply(target, args);
      };
    },
  });
}
