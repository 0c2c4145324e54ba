import { describe, expect, onTestFinished, test } from 'vitest';
import { describeOffer, openConnection } from '../../src/core/agent/sdk/index.js';
import { readAgentRecords } from '../../src/core/nerve/agent-records.js';
import { addressOf } from '../support/redis.js';
import { setUpRedis } from '../support/set-up-redis.js';
import {
  bringLive,
  handOf,
  newQueue,
  programFor,
  type Queue,
  queueOptions,
  startQueueAgent,
} from './sdk-support.js';

const server = setUpRedis('fleet');

const offer = describeOffer(queueOptions([]));
const setAll = programFor(offer, 'SET_CONCURRENCY(queue, value)');
const busy = programFor(
  offer,
  'IF queue.waiting > 50 AND queue.format == "av1" THEN SET_CONCURRENCY(queue, 32)',
);

const recordOf = async (id = 'worker-1') => (await readAgentRecords(server.redis, server.names, [id]))[0];
const concurrencies = (queues: readonly Queue[]) => queues.map(({ concurrency }) => concurrency);

describe('a service with the SDK', () => {
  test('registers with its labels and its offer, and is gone from the registry when it is stopped', async () => {
    const { agent } = await startQueueAgent(server, [newQueue('a')], { labels: { zone: 'east' } });
    expect(await recordOf()).toMatchObject({
      id: 'worker-1',
      host: 'worker-1',
      workload: 'service',
      status: 'idle',
      labels: { zone: 'east' },
      capabilities: ['SET_CONCURRENCY', 'PAUSE'],
    });
    expect(await server.redis.zcard(server.names.agents)).toBe(1);
    expect([agent.status, agent.connected, agent.program]).toEqual(['idle', true, undefined]);
    await agent.stop();
    expect(await server.redis.zcard(server.names.agents)).toBe(0);
    expect((await recordOf())?.status).toBe('stopped');
    expect(agent.status).toBe('stopped');
  });

  test('does what a program says to the tasks that it means, and takes it back when it is undone', async () => {
    const queues = [
      newQueue('a', { waiting: 80, format: 'av1' }),
      newQueue('b', { waiting: 80 }),
      newQueue('c'),
    ];
    const { agent } = await startQueueAgent(server, queues);
    const hand = await handOf(server, 'worker-1', busy);
    await bringLive(hand);
    await expect.poll(() => concurrencies(queues)).toEqual([32, 5, 5]);
    expect(agent.status).toBe('live');
    expect(agent.program).toEqual({
      name: 'tune',
      digest: busy.digest,
      instruction: 'instr_one',
      parameters: {},
    });
    expect(await hand.order('undo')).toBe('done');
    await expect.poll(() => concurrencies(queues)).toEqual([5, 5, 5]);
    expect(agent.program).toBeUndefined();
  });

  test('runs one program after the other without losing what the service holds', async () => {
    const queues = [newQueue('a', { waiting: 80, format: 'av1' })];
    const { agent } = await startQueueAgent(server, queues);
    await bringLive(await handOf(server, 'worker-1', setAll), 'instr_one');
    await expect.poll(() => concurrencies(queues)).toEqual([8]);
    const second = await handOf(server, 'worker-1', busy);
    await bringLive(second, 'instr_two');
    await expect.poll(() => concurrencies(queues)).toEqual([32]);
    expect(queues[0]).toMatchObject({ waiting: 80, paused: false });
    // The older one is taken out from under the newer, which then returns to where it all began.
    const first = await handOf(server, 'worker-1', setAll);
    expect(await first.order('undo', 'instr_one', { epoch: 6 })).toBe('done');
    expect(concurrencies(queues)).toEqual([32]);
    expect(await second.order('undo', 'instr_two', { epoch: 7 })).toBe('done');
    await expect.poll(() => concurrencies(queues)).toEqual([5]);
    expect(agent.program).toBeUndefined();
  });

  test('does it to tasks that come later, too', async () => {
    const queues = [newQueue('a')];
    await startQueueAgent(server, queues);
    await bringLive(await handOf(server, 'worker-1', setAll));
    await expect.poll(() => concurrencies(queues)).toEqual([8]);
    queues.push(newQueue('late'));
    await expect.poll(() => concurrencies(queues), { timeout: 5_000 }).toEqual([8, 8]);
  });

  test('takes columns instead of rows, and hands tasks made of them to its functions', async () => {
    const seen: unknown[] = [];
    await startQueueAgent(server, [], {
      tasks: async () => ({ ids: ['x', 7], columns: { waiting: [80, 80], format: Float64Array.of(1, 0) } }),
      capabilities: {
        SET_CONCURRENCY: {
          code: 1,
          unit: 'count',
          min: 1,
          max: 64,
          risk: 0.3,
          apply: async (task, value) => void seen.push([task, value]),
          revert: null,
        },
      },
    });
    await bringLive(await handOf(server, 'worker-1', busy));
    await expect.poll(() => seen).toEqual([[{ id: 'x', waiting: 80, format: 'av1' }, 32]]);
  });

  test('leaves out tasks that do not fit, says so once, and runs over the others', async () => {
    const queues = [newQueue('a'), newQueue('odd', { waiting: 'many' as never }), newQueue('b')];
    const { log } = await startQueueAgent(server, queues);
    await bringLive(await handOf(server, 'worker-1', setAll));
    await expect.poll(() => concurrencies(queues)).toEqual([8, 5, 8]);
    queues.push(newQueue('c', { format: 'vp9' as never }), newQueue('a'));
    await expect
      .poll(() => log, { timeout: 5_000 })
      .toEqual([
        'task "odd" is left out: its waiting is "many" instead of a number (count, NaN when not known)',
        'task "c" is left out: its format is "vp9" instead of one of h264, av1',
        'task "a" is left out: another task has the same id',
      ]);
  });

  test('shares a connection with many, without a warning', async () => {
    const warnings: string[] = [];
    const onWarning = ({ message }: Error) => void warnings.push(message);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const connection = openConnection({ redis: addressOf(server.target), prefix: 'fleet' });
    onTestFinished(() => connection.close());
    const agents = Array.from({ length: 20 }, (_, at) =>
      startQueueAgent(server, [newQueue('a')], { id: `one-${at}`, connection }),
    );
    for (const { agent } of await Promise.all(agents)) await agent.stop();
    expect(warnings).toEqual([]);
  });

  test('shares a connection with other agents of the process, and leaves it open', async () => {
    const connection = openConnection({ redis: addressOf(server.target), prefix: 'fleet' });
    const queues = [newQueue('a'), newQueue('b')];
    const one = await startQueueAgent(server, queues.slice(0, 1), { id: 'one', connection });
    const two = await startQueueAgent(server, queues.slice(1), { id: 'two', connection });
    await bringLive(await handOf(server, 'two', setAll));
    await expect.poll(() => concurrencies(queues)).toEqual([5, 8]);
    await two.agent.stop();
    expect([one.agent.connected, connection.connected]).toEqual([true, true]);
    await one.agent.stop();
    expect(connection.connected).toBe(true);
    connection.close();
  });
});
