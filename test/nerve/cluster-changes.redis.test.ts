import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { untilClosed } from '../../src/core/agent/tick-writer.js';
import type { ClusterClient } from '../../src/core/nerve/cluster-client.js';
import { type ConnectOptions, connectRedis, duplicateConnection } from '../../src/core/nerve/connection.js';
import { watchOutages } from '../../src/core/nerve/outages.js';
import { pipelined } from '../../src/core/nerve/records.js';
import type { Redis } from '../../src/core/nerve/redis.js';
import { isServing } from '../../src/core/nerve/serving.js';
import { startFleetFeed } from '../../src/tui/hooks/fleet-feed.js';
import { type ClusterNode, startTestCluster, type TestCluster } from '../support/redis-cluster.js';

const keys = Array.from({ length: 500 }, (_, at) => `key:${at}`);
let cluster: TestCluster;

async function connect(patience: ConnectOptions['patience'], giveUpAfterMs?: number): Promise<Redis> {
  const wish = { patience, name: 'test', ...(giveUpAfterMs !== undefined && { giveUpAfterMs }) };
  const redis = await connectRedis(cluster.target, wish);
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** A key that this master serves. */
async function keyOf(master: ClusterNode): Promise<string> {
  for (const key of keys) if ((await cluster.masterOf(key)) === master) return key;
  throw new Error('it serves none of the keys');
}

describe('slots that move', () => {
  beforeEach(async () => {
    cluster = await startTestCluster();
  });
  afterEach(() => cluster.stop());

  test('lose nothing of what is written meanwhile, alone and in pipelines', async () => {
    const redis = await connect('command');
    let rounds = 0;
    let moving = true;
    const writing = (async () => {
      while (moving) {
        await pipelined(redis, keys, (pipeline, key) => pipeline.rpush(key, `${rounds}`));
        for (const key of keys.slice(0, 5)) await redis.rpush(`alone:${key}`, `${rounds}`);
        rounds++;
      }
    })();
    for (const key of keys.slice(0, 20)) await cluster.moveSlot(key);
    moving = false;
    await writing;
    const lists = await pipelined<string, string[]>(redis, keys, (pipeline, key) =>
      pipeline.lrange(key, 0, -1),
    );
    const expected = Array.from({ length: rounds }, (_, at) => String(at));
    expect(lists.every((list) => list.join() === expected.join())).toBe(true);
    expect(await redis.lrange('alone:key:0', 0, -1)).toEqual(expected);
  });

  test('are followed by a read that blocks and by a transaction', async () => {
    const redis = await connect('agent');
    const blocking = await duplicateConnection(redis);
    onTestFinished(() => blocking.disconnect());
    const first = await redis.xadd('stream', '*', 'a', '1');
    const reading = blocking.xread('BLOCK', 0, 'STREAMS', 'stream', first ?? '');
    await expect.poll(() => blocked(cluster)).toBe(1);
    await cluster.moveSlot('stream');
    await redis.xadd('stream', '*', 'a', '2');
    expect((await reading)?.[0]?.[1]?.[0]?.[1]).toEqual(['a', '2']);
    await redis.zadd('board', 1, 'old');
    await cluster.moveSlot('board');
    await redis.multi().del('board').zadd('board', 2, 'new').exec();
    expect(await redis.zrange('board', '0', '-1')).toEqual(['new']);
  });
});

describe('a master that has a replica', () => {
  beforeEach(async () => {
    cluster = await startTestCluster('', { withReplica: true });
  });
  afterEach(() => cluster.stop());

  test('is replaced by it, and what was sent meanwhile is done', async () => {
    const redis = (await connect('agent')) as ClusterClient;
    const outages = watchOutages(redis, Date.now);
    onTestFinished(() => outages.close());
    const [master] = cluster.masters;
    const key = await keyOf(master as ClusterNode);
    await redis.set(key, 'before');
    await master?.direct.wait(1, 1_000);
    await master?.end('kill');
    await expect.poll(() => isServing(redis)).toBe(false);
    expect(outages.count).toBe(1);
    expect(await redis.append(key, ' and after')).toBe(16);
    await pipelined(redis, keys, (pipeline, name) => pipeline.set(name, 'all'));
    await expect.poll(() => isServing(redis), { timeout: 10_000 }).toBe(true);
    expect(outages.count).toBe(2);
  });
});

describe('a master that goes away', () => {
  beforeEach(async () => {
    cluster = await startTestCluster();
  });
  afterEach(() => cluster.stop());

  test('holds up nobody who only waits while the connection lasts, and a console says so', async () => {
    const redis = await connect('agent');
    const master = cluster.masters[1] as ClusterNode;
    const feed = startFleetFeed({ redis, names: cluster.names, everyMs: 50 });
    onTestFinished(() => feed.close());
    const shown = () => feed.view().connection.state;
    await expect.poll(shown).toBe('up');
    const waiting = untilClosed(redis, redis.blpop(await keyOf(master), 0));
    await expect.poll(() => blocked(cluster)).toBe(1);
    await master.end('kill');
    await waiting;
    expect(isServing(redis)).toBe(false);
    await expect.poll(shown, { timeout: 10_000 }).toBe('lost');
    master.start();
    await expect.poll(() => isServing(redis), { timeout: 15_000 }).toBe(true);
    await expect.poll(shown, { timeout: 15_000 }).toBe('up');
  });

  test('and is not replaced is given up by a command, which says what it tried', async () => {
    const redis = await connect('command', 1_500);
    const master = cluster.masters[1] as ClusterNode;
    const key = await keyOf(master);
    await redis.set(key, 1);
    await master.end('kill');
    await expect(redis.get(key)).rejects.toThrow(
      /the cluster gave no answer within 1500 ms: .*127\.0\.0\.1:/,
    );
    const piped = pipelined(redis, keys, (pipeline, name) => pipeline.set(name, 'all'));
    await expect(piped).rejects.toThrow(/the cluster gave no answer within 1500 ms/);
    const again = connectRedis(cluster.target, { patience: 'command', name: 'test', giveUpAfterMs: 1_500 });
    await expect(again).rejects.toMatchObject({
      code: 'DN201',
      message: expect.stringMatching(/a cluster of 3 masters, \d+ of 16384 slots served/),
    });
  });

  test('fails a request soon, and it is never done after all', async () => {
    const redis = await connect('request');
    const master = cluster.masters[1] as ClusterNode;
    const key = await keyOf(master);
    await redis.set(key, 'before');
    await master.end('kill');
    await expect(redis.set(key, 'too late')).rejects.toThrow();
    master.start();
    await expect.poll(() => isServing(redis), { timeout: 15_000 }).toBe(true);
    expect(await redis.get(key)).toBeNull();
    expect(await redis.set(key, 'in time')).toBe('OK');
  });

  test('with all others is waited for by an agent, and its channels are heard again', async () => {
    const redis = await connect('agent');
    const listener = await duplicateConnection(redis);
    onTestFinished(() => listener.disconnect());
    const heard: string[] = [];
    listener.on('message', (_, message) => heard.push(message));
    await listener.subscribe('channel');
    await cluster.stopServer('kill');
    await expect.poll(() => isServing(redis)).toBe(false);
    const waiting = redis.set('key', 'value');
    await cluster.startServer();
    expect(await waiting).toBe('OK');
    await expect
      .poll(
        async () => {
          await redis.publish('channel', 'hello');
          return heard.length;
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(0);
  });

  test('with all others is given up by a command in bounded time', async () => {
    const redis = await connect('command', 500);
    await redis.set('key', 1);
    const ended = new Promise((resolve) => redis.once('end', () => resolve('ended')));
    await cluster.stopServer('kill');
    await expect(redis.get('key')).rejects.toThrow();
    expect(await ended).toBe('ended');
    const again = connectRedis(cluster.target, { patience: 'command', name: 'test', giveUpAfterMs: 300 });
    await expect(again).rejects.toMatchObject({ code: 'DN201' });
  });
});

async function blocked({ masters }: TestCluster): Promise<number> {
  const infos = await Promise.all(masters.map(({ direct }) => direct.info('clients')));
  return infos.reduce((sum, info) => sum + Number(/blocked_clients:(\d+)/.exec(info)?.[1]), 0);
}
