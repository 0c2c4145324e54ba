import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../src/core/limits.js';
import { readLeaderboard, writeLeaderboards } from '../../src/core/results/leaderboard.js';
import { publishResult, readNewestResults, readResult } from '../../src/core/results/publish.js';
import { agentScores, summarise } from '../../src/core/results/summary.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { summaryInput, type TestAgent } from './rollout-fixture.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
beforeEach(() => server.clear());
afterAll(() => server.stop());

const fleet: TestAgent[] = [
  { id: 'a', cost: [100, 66] },
  { id: 'b', cost: [100, 94] },
  { id: 'c', cost: [50, 55], heldOut: true },
];
const resultOf = (id: string) => ({ ...summarise(summaryInput(fleet)), id });
const publish = (id: string) =>
  publishResult({ redis: server.redis, names: server.names, result: resultOf(id) });

describe('a result', () => {
  test('is on the stream once, however often and by however many it is published', async () => {
    const { redis, names } = server;
    const second = await server.connect();
    const published = await Promise.all([
      publish('instr_1'),
      publishResult({ redis: second, names, result: resultOf('instr_1') }),
      publish('instr_1'),
    ]);
    expect(published.filter(({ added }) => added)).toHaveLength(1);
    expect(new Set(published.map(({ streamId }) => streamId)).size).toBe(1);
    expect(await publish('instr_1')).toMatchObject({ added: false });
    expect(await redis.xlen(names.results)).toBe(1);
  });

  test('is recognised on the stream when a crash lost the note of where it is', async () => {
    const { redis, names } = server;
    const { streamId } = await publish('instr_1');
    await redis.del(names.rollout('instr_1'));
    expect(await readResult(redis, names, 'instr_1')).toEqual(resultOf('instr_1'));
    expect(await publish('instr_1')).toEqual({ added: false, streamId });
  });

  test('wakes listeners with the whole result, once', async () => {
    const heard: string[] = [];
    const listener = await server.connect();
    await listener.subscribe(server.names.results);
    listener.on('message', (_channel, text) => heard.push(text));
    await publish('instr_1');
    await publish('instr_1');
    await listener.ping();
    expect(heard.map((text) => JSON.parse(text))).toEqual([resultOf('instr_1')]);
  });

  test('is found by its id and among the newest', async () => {
    const { redis, names } = server;
    for (const id of ['instr_1', 'instr_2', 'instr_3']) await publish(id);
    await redis.xadd(names.results, '*', 'json', '{"not":"a result"}');
    expect(await readResult(redis, names, 'instr_2')).toEqual(resultOf('instr_2'));
    expect(await readResult(redis, names, 'instr_9')).toBeUndefined();
    const newest = await readNewestResults(redis, names, 3);
    expect(newest.map(({ id }) => id)).toEqual(['instr_3', 'instr_2']);
    expect(await readNewestResults(redis, names, 0)).toEqual([]);
  });

  test('of a fleet too large for one message is published without its contributions, and says so', async () => {
    const { redis, names } = server;
    const contributions = Object.fromEntries(
      Array.from({ length: 60_000 }, (_, at) => [`agent-${at}`, 0.0000166667]),
    );
    await publishResult({ redis, names, result: { ...resultOf('instr_1'), contributions } });
    const read = await readResult(redis, names, 'instr_1');
    expect(read?.contributions).toEqual({});
    expect(read?.notes).toContainEqual(expect.stringContaining('60000 agents'));
    expect(JSON.stringify(read).length).toBeLessThan(limits.messageBytesMax);
  });
});

describe('the boards', () => {
  test('are those of the last result', async () => {
    const { redis, names } = server;
    await redis.zadd(names.leaderboard('volume'), 99, 'yesterday');
    await writeLeaderboards({ redis, names, scores: agentScores(summaryInput(fleet)) });
    const read = (kind: 'savings' | 'volume' | 'throughput') =>
      readLeaderboard({ redis, names, kind, count: 10 });
    expect(await read('savings')).toEqual([
      { agent: 'a', value: expect.closeTo(40) },
      { agent: 'b', value: expect.closeTo(14.545, 2) },
    ]);
    expect(await read('volume')).toEqual([
      { agent: 'a', value: 4 },
      { agent: 'b', value: 4 },
    ]);
    expect((await read('throughput')).map(({ value }) => value)).toEqual([5, 5]);
  });

  test('give ties to the smaller id, also where the list is cut', async () => {
    const { redis, names } = server;
    await redis.zadd(names.leaderboard('volume'), 9, 'z', 5, 'a', 5, 'b', 5, 'c', 1, 'd');
    const read = await readLeaderboard({ redis, names, kind: 'volume', count: 3 });
    expect(read.map(({ agent }) => agent)).toEqual(['z', 'a', 'b']);
    expect(await readLeaderboard({ redis, names, kind: 'points', count: 3 })).toEqual([]);
  });

  test('are empty when nobody was scored', async () => {
    const { redis, names } = server;
    await redis.zadd(names.leaderboard('volume'), 99, 'yesterday');
    await writeLeaderboards({ redis, names, scores: [] });
    expect(await readLeaderboard({ redis, names, kind: 'volume', count: 3 })).toEqual([]);
  });
});
