import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/random.js';
import { readLeaderboard } from '../../src/core/results/leaderboard.js';
import { pointsOf } from '../../src/core/results/points-rule.js';
import { distributePoints, readLedger } from '../../src/core/rewards/points.js';
import { underPerformersOf } from '../../src/core/rewards/under-performers.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
beforeEach(() => server.clear());
afterAll(() => server.stop());

const distribute = (id: string, contributions: Record<string, number>) =>
  distributePoints({ redis: server.redis, names: server.names, result: { id, contributions } });
const board = () => readLeaderboard({ redis: server.redis, names: server.names, kind: 'points', count: 100 });
const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

describe('the rule of points', () => {
  test('gives out the whole pool in whole points, with a base for everyone', () => {
    const random = createRandom('points');
    for (let round = 0; round < 50; round++) {
      const agents = 1 + Math.floor(random() * 200);
      const contributions = Object.fromEntries(
        Array.from({ length: agents }, (_, at) => [`a${at}`, random() ** 4]),
      );
      const points = [...pointsOf(contributions).values()];
      expect(sum(points)).toBe(100 * agents);
      expect(points.every((value) => Number.isInteger(value) && value >= 20)).toBe(true);
    }
  });

  test('gives more to those who contribute more, and alike to equals but for the last point', () => {
    expect([...pointsOf({ a: 0.75, b: 0.25, c: 0 })]).toEqual([
      ['a', 200],
      ['b', 80],
      ['c', 20],
    ]);
    expect([...pointsOf({ c: 1, b: 1, a: 1, d: 0 })]).toEqual([
      ['a', 127],
      ['b', 127],
      ['c', 126],
      ['d', 20],
    ]);
  });

  test('gives only the base when nobody contributed, and ignores figures that are none', () => {
    expect([...pointsOf({ a: 0, b: 0 })]).toEqual([
      ['a', 20],
      ['b', 20],
    ]);
    expect([...pointsOf({ a: Number.NaN, b: -3, c: 1 })]).toEqual([
      ['a', 20],
      ['b', 20],
      ['c', 260],
    ]);
    expect(pointsOf({}).size).toBe(0);
  });
});

describe('distributing points', () => {
  test('fills the ledgers and sets the board to their sums', async () => {
    expect(await distribute('instr_1', { a: 0.75, b: 0.25, c: 0 })).toEqual({
      distributed: 300,
      agents: 3,
      alreadyPaid: 0,
      top: [
        { agent: 'a', points: 200, total: 200 },
        { agent: 'b', points: 80, total: 80 },
        { agent: 'c', points: 20, total: 20 },
      ],
    });
    await distribute('instr_2', { a: 0, c: 1 });
    expect(await readLedger(server.redis, server.names, 'a')).toEqual({ instr_1: 200, instr_2: 20 });
    expect(await board()).toEqual([
      { agent: 'a', value: 220 },
      { agent: 'c', value: 200 },
      { agent: 'b', value: 80 },
    ]);
  });

  test('a second time changes nothing, whatever the second delivery says', async () => {
    await distribute('instr_1', { a: 1, b: 0 });
    const before = await board();
    const again = await distribute('instr_1', { a: 0, b: 1 });
    expect(again).toMatchObject({ distributed: 0, agents: 0, alreadyPaid: 2 });
    expect(again.top).toEqual([
      { agent: 'a', points: 180, total: 180 },
      { agent: 'b', points: 20, total: 20 },
    ]);
    expect(await board()).toEqual(before);
  });

  test('by several at once pays once', async () => {
    const contributions = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`a${at}`, at]));
    const second = await server.connect();
    const calls = await Promise.all([
      distribute('instr_1', contributions),
      distributePoints({ redis: second, names: server.names, result: { id: 'instr_1', contributions } }),
      distribute('instr_2', contributions),
    ]);
    expect(sum(calls.map(({ distributed }) => distributed))).toBe(2 * 30_000);
    const totals = await readLeaderboard({ ...server, kind: 'points', count: 1_000 });
    expect(totals).toHaveLength(300);
    expect(sum(totals.map(({ value }) => value))).toBe(2 * 30_000);
  });

  test('makes good what an interrupted call left undone', async () => {
    const { redis, names } = server;
    await redis.hset(names.points('a'), 'instr_1', 180);
    expect(await distribute('instr_1', { a: 1, b: 0 })).toMatchObject({ agents: 1, alreadyPaid: 1 });
    expect(await board()).toEqual([
      { agent: 'a', value: 180 },
      { agent: 'b', value: 20 },
    ]);
  });

  test('of a result without contributions does nothing', async () => {
    expect(await distribute('instr_1', {})).toEqual({ distributed: 0, agents: 0, alreadyPaid: 0, top: [] });
  });
});

describe('under-performers', () => {
  const equals = Object.fromEntries(Array.from({ length: 19 }, (_, at) => [`a${at}`, 0.05]));

  test('are those far behind the median, worst first', () => {
    expect(underPerformersOf({ contributions: { ...equals, z: 0.001 } })).toEqual([
      { agent: 'z', contribution: 0.001, median: 0.05 },
    ]);
    const worst = underPerformersOf({ contributions: { ...equals, z: 0.001, y: 0, x: 0 } });
    expect(worst.map(({ agent }) => agent)).toEqual(['x', 'y']);
  });

  test('are nobody in a fleet of equals or in an empty one', () => {
    expect(underPerformersOf({ contributions: equals })).toEqual([]);
    expect(underPerformersOf({ contributions: {} })).toEqual([]);
  });
});
