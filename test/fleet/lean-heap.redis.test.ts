import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.stop());

const source = (file: string) => JSON.stringify(new URL(`../../src/core/${file}`, import.meta.url).href);

/** Bytes of the young generation of a process that asks first, and then holds more and more for a while. */
async function youngBytes(): Promise<number> {
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { keepHeapLeanForLargeFleet } from ${source('fleet/lean-heap.ts')};
    import { connectRedis } from ${source('nerve/connection.ts')};
    import { createNames } from ${source('nerve/names.ts')};
    const target = ${JSON.stringify(server.target)};
    const redis = await connectRedis(target, { patience: 'command', name: 'heap' });
    await keepHeapLeanForLargeFleet(redis, createNames(''));
    redis.disconnect();
    const held = [];
    for (let round = 0; round < 400; round++) {
      held.push(Array.from({ length: 2_000 }, (_, at) => ({ at, round })));
      if (held.length > 100) held.shift();
    }
    const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
    console.log(young.space_size);`;
  const words = ['--import', 'tsx', '--input-type=module', '-e', program];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  return Number(stdout);
}

test('a process that deals with a large fleet keeps its young generation small; another need not', async () => {
  const put = (from: number, to: number) => {
    const members = Array.from({ length: to - from }, (_, at) => [1, `agent-${from + at}`]).flat();
    return server.redis.zadd(server.names.agents, ...members);
  };
  await put(0, limits.largeFleetAgentsMin - 1);
  const usual = await youngBytes();
  await put(limits.largeFleetAgentsMin - 1, limits.largeFleetAgentsMin);
  const large = await youngBytes();
  expect(large).toBeLessThanOrEqual(usual / 2);
  await put(limits.largeFleetAgentsMin, limits.hugeFleetAgentsMin);
  // When V8 collects is its own matter: of some processes one shows how small it can be.
  const huge = [await youngBytes(), await youngBytes(), await youngBytes()];
  expect(Math.min(...huge)).toBeLessThanOrEqual(large / 2);
});
