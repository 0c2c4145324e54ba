import { expect, test } from 'vitest';
import { ClusterClient } from '../../src/core/nerve/cluster-client.js';
import { duplicateConnection } from '../../src/core/nerve/connection.js';
import { pipelined } from '../../src/core/nerve/records.js';
import { runScript } from '../../src/core/nerve/run-script.js';
import { setUpCluster } from '../support/redis-cluster.js';

const cluster = setUpCluster('p');

test('one address of a cluster is enough to work with all of it', async () => {
  expect(cluster.redis).toBeInstanceOf(ClusterClient);
  const keys = Array.from({ length: 100 }, (_, at) => `key:${at}`);
  for (const key of keys) await cluster.redis.set(key, key);
  const sizes = await Promise.all(cluster.masters.map(({ direct }) => direct.dbsize()));
  expect(sizes.every((size) => size > 0)).toBe(true);
  expect(sizes.reduce((sum, size) => sum + size)).toBe(100);
});

test('a pipeline over keys of all masters answers in the order of its commands', async () => {
  const items = Array.from({ length: 3_000 }, (_, at) => at);
  await pipelined(cluster.redis, items, (pipeline, at) => pipeline.set(`key:${at}`, at));
  const found = await pipelined<number, string>(cluster.redis, items, (pipeline, at) =>
    pipeline.get(`key:${at}`),
  );
  expect(found).toEqual(items.map(String));
});

test('scripts run on each master, which has never seen them', async () => {
  const keys = Array.from({ length: 30 }, (_, at) => `lease:${at}`);
  for (const key of keys) expect(await runScript(cluster.redis, 'hold-lease', key, ['a', 10_000])).toBe(1);
});

test('a read that blocks wakes up, and a channel is heard, on connections of their own', async () => {
  const blocking = await duplicateConnection(cluster.redis);
  const reading = blocking.xread('BLOCK', 0, 'STREAMS', 'stream', '0');
  await cluster.redis.xadd('stream', '*', 'a', 'b');
  expect((await reading)?.[0]?.[0]).toBe('stream');
  const listener = await duplicateConnection(cluster.redis);
  const heard = new Promise((resolve) => listener.on('message', (...words) => resolve(words)));
  await listener.subscribe('channel');
  await cluster.redis.publish('channel', 'hello');
  expect(await heard).toEqual(['channel', 'hello']);
  blocking.disconnect();
  listener.disconnect();
});
