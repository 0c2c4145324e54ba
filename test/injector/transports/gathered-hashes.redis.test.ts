import { afterAll, beforeAll, expect, it } from 'vitest';
import { gatherHashes } from '../../../src/core/injector/transports/gathered-hashes.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';

let server: TestRedis;

beforeAll(async () => {
  server = await startTestRedis();
});

afterAll(() => server.stop());

it('gives each its own answer to what is asked at the same moment', async () => {
  const hashes = gatherHashes(server.redis);
  const ids = Array.from({ length: 50 }, (_, at) => `gathered:${at}`);
  await Promise.all(ids.map((id) => hashes.hset(id, { held: `of ${id}`, status: 'live' })));
  const found = await Promise.all(ids.map((id) => hashes.hget(id, 'held')));
  expect(found).toEqual(ids.map((id) => `of ${id}`));
  expect(await hashes.hget('gathered:nobody', 'held')).toBeNull();
});

it('tells an error to who asked for it, and to nobody else', async () => {
  const hashes = gatherHashes(server.redis);
  await server.redis.set('gathered:text', 'no hash');
  const [wrong, right] = await Promise.allSettled([
    hashes.hget('gathered:text', 'held'),
    hashes.hset('gathered:hash', { held: 'something' }),
  ]);
  expect(wrong).toMatchObject({
    status: 'rejected',
    reason: { message: expect.stringContaining('WRONGTYPE') },
  });
  expect(right.status).toBe('fulfilled');
});

it('tells everybody who waits when the connection is gone', async () => {
  const redis = await server.connect();
  await redis.ping();
  redis.disconnect();
  const hashes = gatherHashes(redis);
  await expect(hashes.hget('gathered:hash', 'held')).rejects.toThrow('Connection is closed');
});
