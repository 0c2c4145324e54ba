import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeOffer, type EffectContext } from '../../src/core/agent/sdk/index.js';
import type { TickTrace } from '../../src/core/nerve/messages/trace-record.js';
import { readTraces } from '../../src/core/tracer/read.js';
import { setUpRedis } from '../support/set-up-redis.js';
import {
  bringLive,
  handOf,
  newQueue,
  programFor,
  type Queue,
  type QueueOptions,
  queueOptions,
  startQueueAgent,
} from './sdk-support.js';

const server = setUpRedis('fleet');

const offer = describeOffer(queueOptions([]));
const setAll = programFor(offer, 'SET_CONCURRENCY(queue, value)');
const both = programFor(offer, 'SET_CONCURRENCY(queue, value) PAUSE(queue)');
const pauseAll = programFor(offer, 'PAUSE(queue)');

type SetConcurrency = QueueOptions['capabilities'][string] & { readonly unit: 'count' };

/** The usual capabilities with another way to set the concurrency. */
function setting(change: Partial<SetConcurrency>): Pick<QueueOptions, 'capabilities'> {
  const { capabilities } = queueOptions([]);
  return {
    capabilities: {
      ...capabilities,
      SET_CONCURRENCY: { ...(capabilities.SET_CONCURRENCY as SetConcurrency), ...change },
    },
  };
}

async function newestTicks(): Promise<TickTrace[]> {
  const { traces } = await readTraces(server.redis, server.names, 'worker-1', { count: 100 });
  return traces.flatMap(({ trace }) => (trace.kind === 'tick' ? [trace] : []));
}

async function unapplied(): Promise<string[]> {
  return (await newestTicks()).flatMap((tick) => tick.unapplied?.effects ?? []).map(({ reason }) => reason);
}

const concurrencies = (queues: readonly Queue[]) => queues.map(({ concurrency }) => concurrency);

describe('a capability', () => {
  test('that refuses says why in the trace, and the others go on', async () => {
    const queues = [newQueue('a', { paused: true }), newQueue('b')];
    await startQueueAgent(server, queues);
    await bringLive(await handOf(server, 'worker-1', pauseAll));
    await expect.poll(() => queues[1]?.paused).toBe(true);
    await expect.poll(unapplied).toContainEqual(expect.stringContaining('it is paused already'));
  });

  test('that throws costs its own task only', async () => {
    const queues = [newQueue('a'), newQueue('b')];
    await startQueueAgent(
      server,
      queues,
      setting({
        apply({ queue }, value) {
          if (queue.name === 'a') throw new Error('no such worker');
          queue.concurrency = value;
          return 5;
        },
      }),
    );
    await bringLive(await handOf(server, 'worker-1', setAll));
    await expect.poll(() => concurrencies(queues)).toEqual([5, 8]);
    await expect.poll(unapplied).toContainEqual(expect.stringContaining('no such worker'));
  });

  test('that hangs is given up, and taken back when it comes after all', async () => {
    const queues = [newQueue('slow'), newQueue('b')];
    const gate = Promise.withResolvers<void>();
    let context: EffectContext | undefined;
    await startQueueAgent(
      server,
      queues,
      setting({
        withinMs: 50,
        async apply({ queue }, value, told) {
          const former = queue.concurrency;
          if (queue.name === 'slow') {
            context = told;
            told.signal.throwIfAborted();
            await gate.promise;
          }
          queue.concurrency = value;
          return former;
        },
      }),
    );
    await bringLive(await handOf(server, 'worker-1', setAll));
    await expect.poll(() => context?.signal.aborted).toBe(true);
    await expect.poll(() => concurrencies(queues)).toEqual([5, 8]);
    await expect.poll(unapplied).toContainEqual(expect.stringContaining('did not end within 0.05 s'));
    expect(queues[0]?.concurrency).toBe(5);
    const set: number[] = [];
    Object.defineProperty(queues[0], 'concurrency', { get: () => 5, set: (value) => set.push(value) });
    gate.resolve();
    await expect.poll(() => set).toEqual([8, 5]);
  });

  test('that is asynchronous is taken back with what it gave as the value before', async () => {
    const queues = [newQueue('a'), newQueue('b', { concurrency: 3 })];
    const reverted: unknown[] = [];
    await startQueueAgent(
      server,
      queues,
      setting({
        async apply({ queue }, value) {
          await Promise.resolve();
          const former = { was: queue.concurrency };
          queue.concurrency = value;
          return former;
        },
        async revert({ queue }, former: { was: number }, { instruction, signal }) {
          await Promise.resolve();
          reverted.push([queue.name, former, instruction, signal.aborted]);
          queue.concurrency = former.was;
        },
      }),
    );
    const hand = await handOf(server, 'worker-1', setAll);
    await bringLive(hand);
    await expect.poll(() => concurrencies(queues)).toEqual([8, 8]);
    expect(await hand.order('undo')).toBe('done');
    expect(concurrencies(queues)).toEqual([5, 3]);
    expect(reverted).toEqual([
      ['a', { was: 5 }, 'instr_one', false],
      ['b', { was: 3 }, 'instr_one', false],
    ]);
  });

  test('that cannot take back says so in its answer, and is asked again with the next tick', async () => {
    const queues = [newQueue('a')];
    let fails = true;
    await startQueueAgent(
      server,
      queues,
      setting({
        revert({ queue }, former: number) {
          if (fails) throw new Error('the broker is away');
          queue.concurrency = former;
        },
      }),
    );
    const hand = await handOf(server, 'worker-1', setAll);
    await bringLive(hand);
    await expect.poll(() => concurrencies(queues)).toEqual([8]);
    expect(await hand.order('undo')).toBe('failed DN630');
    fails = false;
    await expect.poll(() => concurrencies(queues), { timeout: 5_000 }).toEqual([5]);
  });

  test('that could not take back is not asked again once the same rollout has come back', async () => {
    const queues = [newQueue('a')];
    let asked = 0;
    await startQueueAgent(
      server,
      queues,
      setting({
        revert() {
          asked++;
          throw new Error('the broker is away');
        },
      }),
    );
    const hand = await handOf(server, 'worker-1', setAll);
    await bringLive(hand);
    await expect.poll(() => concurrencies(queues)).toEqual([8]);
    expect(await hand.order('undo')).toBe('failed DN630');
    expect(await hand.order('stage', 'instr_one', { epoch: 6 })).toBe('done');
    expect(await hand.order('live', 'instr_one', { epoch: 6 })).toBe('done');
    const before = asked;
    const ticks = (await newestTicks()).length;
    await expect
      .poll(async () => (await newestTicks()).length, { timeout: 5_000 })
      .toBeGreaterThan(ticks + 2);
    expect([asked, concurrencies(queues)]).toEqual([before, [8]]);
  });

  test('is taken back from a task that was away meanwhile, when it returns', async () => {
    const queues = [newQueue('a'), newQueue('b')];
    const gone = queues[1] as Queue;
    await startQueueAgent(server, queues);
    const hand = await handOf(server, 'worker-1', setAll);
    await bringLive(hand);
    await expect.poll(() => concurrencies(queues)).toEqual([8, 8]);
    queues.pop();
    await hand.order('stage', 'instr_two');
    await expect.poll(async () => (await newestTicks())[0]?.metrics.tasks).toBe(1);
    expect(await hand.order('undo', 'instr_one', { epoch: 6 })).toBe('done');
    expect([queues[0]?.concurrency, gone.concurrency]).toEqual([5, 8]);
    queues.push(gone);
    await expect.poll(() => gone.concurrency, { timeout: 5_000 }).toBe(5);
  });

  test('is held to the budget of the agent', async () => {
    const queues = [newQueue('a'), newQueue('b')];
    await startQueueAgent(server, queues, { budget: { perTask: 1 } });
    await bringLive(await handOf(server, 'worker-1', both));
    await expect.poll(unapplied).toContainEqual(expect.stringContaining('1'));
    expect(queues).toMatchObject([
      { concurrency: 8, paused: false },
      { concurrency: 8, paused: false },
    ]);
  });
});

describe('tasks that cannot be read', () => {
  test('are said so once, and the program goes on when they can be', async () => {
    const queues = [newQueue('a')];
    let broken = false;
    const { log } = await startQueueAgent(server, queues, {
      tasks: () => {
        if (broken) throw new Error('the broker is away');
        return queues.map((queue) => ({ id: queue.name, queue, waiting: 1, format: 'av1' as const }));
      },
    });
    broken = true;
    await bringLive(await handOf(server, 'worker-1', setAll));
    await expect
      .poll(() => log, { timeout: 5_000 })
      .toContain('worker-1 does not tick, its tasks cannot be read: the broker is away');
    queues.push(newQueue('b'));
    broken = false;
    await expect.poll(() => concurrencies(queues), { timeout: 5_000 }).toEqual([8, 8]);
    expect(log.filter((line) => line.includes('does not tick'))).toHaveLength(1);
  });

  test('are neither rows nor columns: it is said what was given instead', async () => {
    const { log } = await startQueueAgent(server, [], { tasks: () => 'many' as never });
    await expect
      .poll(() => log.join())
      .toContain('tasks must return a list of rows, or { ids, columns }, and returned "many"');
  });
});

describe('a setting that outlives the process', () => {
  test('is not set again after a restart, and is taken back to what it was before the first', async () => {
    const queues = [newQueue('a'), newQueue('b', { concurrency: 3 })];
    let calls = 0;
    const lasting = setting({
      lasting: true,
      apply({ queue }, value) {
        calls++;
        const former = queue.concurrency;
        queue.concurrency = value;
        return former;
      },
    });
    const first = await startQueueAgent(server, queues, lasting);
    const hand = await handOf(server, 'worker-1', setAll);
    await bringLive(hand);
    await expect.poll(() => concurrencies(queues)).toEqual([8, 8]);
    await first.agent.stop();
    expect(readFileSync(join(first.stateDir, 'worker-1.effects.jsonl'), 'utf8').split('\n')).toHaveLength(3);

    await startQueueAgent(server, queues, { ...lasting, stateDir: first.stateDir });
    queues.push(newQueue('new'));
    await expect.poll(() => concurrencies(queues), { timeout: 8_000 }).toEqual([8, 8, 8]);
    expect(calls).toBe(3);
    expect(await hand.order('undo')).toBe('done');
    expect(concurrencies(queues)).toEqual([5, 3, 5]);
  });

  test('leaves no file where nothing outlives it', async () => {
    const { stateDir } = await startQueueAgent(server, [newQueue('a')]);
    expect(existsSync(join(stateDir, 'worker-1.effects.jsonl'))).toBe(false);
  });
});
