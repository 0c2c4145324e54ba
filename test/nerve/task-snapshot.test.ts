import { expect, test } from 'vitest';
import { decodeTaskSnapshot, encodeTaskSnapshot } from '../../src/core/nerve/task-snapshot.js';
import { seededRandom } from '../support/seeded-random.js';

const snapshot = {
  atMs: 1_767_225_600_000,
  rows: 3,
  columns: { cost: Float64Array.of(1, 2.5, -0), memory: Float64Array.of(2 ** 53, Number.NaN, 1e-300) },
};

test('a table comes back as it was, whatever the bytes lie on', () => {
  const bytes = encodeTaskSnapshot(snapshot);
  expect(decodeTaskSnapshot(bytes)).toEqual(snapshot);
  const shifted = Buffer.concat([Buffer.of(1), bytes]).subarray(1);
  expect(decodeTaskSnapshot(shifted)).toEqual(snapshot);
});

test('columns longer than the rows are cut, and empty tables are tables', () => {
  const long = { atMs: 1, rows: 1, columns: { cost: Float64Array.of(1, 2, 3) } };
  expect(decodeTaskSnapshot(encodeTaskSnapshot(long))?.columns.cost).toEqual(Float64Array.of(1));
  const empty = { atMs: 0, rows: 0, columns: {} };
  expect(decodeTaskSnapshot(encodeTaskSnapshot(empty))).toEqual(empty);
});

test('what is no snapshot is none', () => {
  const bytes = encodeTaskSnapshot(snapshot);
  const other = Buffer.from(bytes);
  other.write('DNT2', 0);
  for (const damage of [
    null,
    undefined,
    Buffer.alloc(0),
    Buffer.alloc(19),
    Buffer.alloc(20),
    other,
    Buffer.from('text'),
  ])
    expect(decodeTaskSnapshot(damage)).toBeUndefined();
  for (let length = 0; length < bytes.length; length++)
    expect(decodeTaskSnapshot(bytes.subarray(0, length)), `${length} bytes`).toBeUndefined();
  expect(decodeTaskSnapshot(Buffer.concat([bytes, Buffer.of(0)]))).toBeUndefined();
});

test('absurd counts are refused before anything is allocated', () => {
  const bytes = encodeTaskSnapshot(snapshot);
  for (const [rows, fields] of [
    [0xffffffff, 1],
    [1, 0xffffffff],
    [1_000_001, 1],
    [3, 257],
    [1_000_000, 256],
  ] as const) {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt32LE(rows, 4);
    damaged.writeUInt32LE(fields, 8);
    expect(decodeTaskSnapshot(damaged), `${rows} × ${fields}`).toBeUndefined();
  }
});

test('bytes changed at random never throw, and give whole columns or nothing', () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
  const random = seededRandom(seed);
  const bytes = encodeTaskSnapshot(snapshot);
  for (let round = 0; round < 5_000; round++) {
    const damaged = Buffer.from(bytes);
    for (let change = 0; change <= random.below(4); change++)
      damaged[random.below(bytes.length)] = random.below(256);
    const decoded = decodeTaskSnapshot(damaged);
    for (const column of Object.values(decoded?.columns ?? {}))
      expect(column.length, `SEED=${seed} round ${round}`).toBe(decoded?.rows);
  }
});
