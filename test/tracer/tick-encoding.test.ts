import { describe, expect, test } from 'vitest';
import { decodeTick, type EncodedTick, encodeTick } from '../../src/core/tracer/tick-encoding.js';
import { seededRandom } from '../support/seeded-random.js';

const atMs = 1_767_225_600_000;

function tickOf(change: Partial<EncodedTick['tick']> = {}): EncodedTick {
  const metrics = {
    ...{ at: atMs, tasks: 11, cost: 8.5, latency: 0.8125, throughput: 3.25, memory: 2 ** 31, cpuTime: 42.5 },
    ...{ completed: 91_234, failed: 12, applied: 311, refused: 2 },
  };
  return {
    reference: Buffer.from('01020304', 'hex'),
    effects: new Map([
      [0, 4],
      [2, 1],
    ]),
    tick: {
      at: atMs,
      metrics,
      steps: 440,
      evaluateMs: 0.125,
      processCpuPct: 12.5,
      processMemory: 2 ** 27,
      ...change,
    },
  };
}

function again(one: EncodedTick, entryMs = atMs): EncodedTick {
  return decodeTick(encodeTick(one, entryMs) as Buffer, entryMs);
}

/** Measurements to three digits. */
function nearly({ tick, ...rest }: EncodedTick) {
  const metrics = Object.entries(tick.metrics).map(([name, value]) => [name, Number(value?.toPrecision(3))]);
  return { ...rest, tick: { ...tick, metrics: { ...Object.fromEntries(metrics), at: tick.metrics.at } } };
}

describe('a tick in its compact form', () => {
  test('is some thirty bytes, and comes back', () => {
    expect(encodeTick(tickOf(), atMs)?.length).toBeLessThanOrEqual(38);
    expect(nearly(again(tickOf()))).toEqual(nearly(tickOf()));
  });

  test('comes back without what it does not have', () => {
    const { at, tasks, applied, refused } = tickOf().tick.metrics;
    const bare = {
      ...tickOf({ metrics: { at, tasks, applied, refused } }),
      reference: undefined,
      effects: new Map(),
    };
    expect(again(bare)).toEqual(bare);
  });

  test('keeps texts, times that differ, and what could not be written', () => {
    const unapplied = { refused: 1, failed: 0, overBudget: 0, putOff: 0, effects: [] };
    const metrics = { ...tickOf().tick.metrics, at: atMs - 3 };
    const full = tickOf({ at: atMs - 7_200_000, metrics, ticks: 17, dropped: 4, error: 'ü\n"', unapplied });
    expect(nearly(again(full))).toEqual(nearly(full));
  });

  test('keeps measurements to one part in 1,900, and those beyond the scale as they are', () => {
    const random = seededRandom(65).next;
    for (let round = 0; round < 2_000; round++) {
      const cost = (random() + 0.1) * 10 ** Math.floor(random() * 28 - 11);
      const metrics = { ...tickOf().tick.metrics, cost };
      const kept = again(tickOf({ metrics })).tick.metrics.cost as number;
      expect(Math.abs(kept / cost - 1)).toBeLessThan(1 / 1_800);
    }
    for (const cost of [0, -2.5, 1e300, -1e-300, Number.MAX_VALUE, Number.MIN_VALUE]) {
      const metrics = { ...tickOf().tick.metrics, cost };
      expect(again(tickOf({ metrics })).tick.metrics.cost).toBe(cost);
    }
  });

  test('keeps counts of any size exactly', () => {
    for (const count of [0, 127, 128, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const one = { ...tickOf({ steps: count }), effects: new Map([[1, count]]) };
      expect(nearly(again(one))).toEqual(nearly(one));
    }
  });

  test('is refused for what does not fit it', () => {
    for (const steps of [0.5, -1, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])
      expect(encodeTick(tickOf({ steps }), atMs)).toBeUndefined();
    expect(encodeTick({ ...tickOf(), effects: new Map([[-1, 1]]) }, atMs)).toBeUndefined();
    expect(encodeTick(tickOf({ evaluateMs: Number.NaN }), atMs)).toBeUndefined();
  });
});

describe('bytes that are no tick', () => {
  test('of another version, cut short or with something behind are refused', () => {
    const bytes = encodeTick(tickOf(), atMs) as Buffer;
    expect(() => decodeTick(Buffer.concat([Buffer.from([2]), bytes.subarray(1)]), atMs)).toThrow('version 2');
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeTick(bytes.subarray(0, length), atMs)).toThrow(RangeError);
    expect(() => decodeTick(Buffer.concat([bytes, Buffer.from([0])]), atMs)).toThrow('left');
    const unknown = Buffer.concat([Buffer.from([1, 0x80, 0x80, 0x02]), bytes.subarray(2)]);
    expect(() => decodeTick(unknown, atMs)).toThrow('not known');
  });

  test('never do more than be refused, whatever they are', () => {
    const random = seededRandom(66).next;
    const bytes = encodeTick(tickOf({ error: 'text' }), atMs) as Buffer;
    for (let round = 0; round < 20_000; round++) {
      const spoilt = Buffer.from(bytes);
      for (let left = 1 + Math.floor(random() * 4); left > 0; left--)
        spoilt[Math.floor(random() * spoilt.length)] = Math.floor(random() * 256);
      try {
        decodeTick(spoilt.subarray(0, Math.floor(random() * (spoilt.length + 1))), atMs);
      } catch (thrown) {
        expect(thrown instanceof RangeError || thrown instanceof SyntaxError).toBe(true);
      }
    }
  });
});
