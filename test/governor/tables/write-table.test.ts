import { describe, expect, it } from 'vitest';
import type { TaskTable } from '../../../src/core/bytecode/task-table.js';
import { joinLabels, joinTables } from '../../../src/core/governor/tables/join-tables.js';
import { readTable } from '../../../src/core/governor/tables/read-table.js';
import { writeTable } from '../../../src/core/governor/tables/write-table.js';
import { referenceFleet } from '../../../src/core/language/capabilities.js';
import { tableOf } from '../../bytecode/support.js';
import { type SeededRandom, seededRandom } from '../../support/seeded-random.js';

const region = { name: 'region', unit: 'name', names: ['eu,west', 'us "east"', 'null', '5'] } as const;
const fields = [...referenceFleet.fields, region];

function roundTrip(table: TaskTable, format: 'csv' | 'json'): TaskTable {
  const text = writeTable(table, format, { fields });
  const reading = readTable(Buffer.from(text), format, { fields, needed: [] });
  if (!reading.ok) throw new Error(`${JSON.stringify(reading.problems)}\n${text}`);
  return reading.table;
}

const ugly = [
  Number.NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  -1,
  Number.MAX_VALUE,
  5e-324,
  2 ** 53 + 2,
  0.1 + 0.2,
  1e21,
];

function uglyTable(random: SeededRandom, rows: number): TaskTable {
  const value = () =>
    random.chance(0.3) ? random.pick(ugly) : (random.next() - 0.5) * 10 ** random.below(20);
  const columns = referenceFleet.fields.map(
    ({ name }) => [name, Float64Array.from({ length: rows }, value)] as const,
  );
  return {
    rows,
    columns: {
      ...Object.fromEntries(columns),
      region: Float64Array.from({ length: rows }, () => random.below(4)),
    },
  };
}

/** Bit for bit, but for the many forms of NaN. */
function bitsOf({ rows, columns }: TaskTable): unknown {
  return [
    rows,
    Object.entries(columns).map(([name, values]) => [
      name,
      [...values].map((one) => (Object.is(one, -0) ? '-0' : one)),
    ]),
  ];
}

describe('a written table', () => {
  it.each(['csv', 'json'] as const)('reads back from %s as the same table, bit for bit', (format) => {
    for (let seed = 1; seed <= 50; seed++) {
      const table = uglyTable(seededRandom(seed), 40);
      expect(bitsOf(roundTrip(table, format)), `seed ${seed}`).toEqual(bitsOf(table));
    }
  });

  it.each(['csv', 'json'] as const)('keeps names, and gaps of a single column, in %s', (format) => {
    for (const table of [
      tableOf({ region: [0, Number.NaN, 3, 1, 2] }),
      tableOf({ age: [Number.NaN, 1, Number.NaN] }),
    ])
      expect(bitsOf(roundTrip(table, format))).toEqual(bitsOf(table));
  });

  it.each(['csv', 'json'] as const)('keeps ids, and numbers of names that are not known, in %s', (format) => {
    const labels = ['a', '', 'with "quotes", commas\nand lines', '7'];
    const unknown = [{ name: 'zone', unit: 'name' } as const];
    const table = tableOf({ zone: [3, 0, Number.NaN, 1] });
    const text = writeTable(table, format, { fields: unknown, labels });
    const reading = readTable(Buffer.from(text), format, { fields: unknown, needed: ['zone'] });
    if (!reading.ok) throw new Error(JSON.stringify(reading));
    expect(bitsOf(reading.table)).toEqual(bitsOf(table));
    expect(reading.labels).toEqual(labels);
  });

  it('is plain text that people can change', () => {
    const table = tableOf({ age: [1, Number.NaN], cost: [0.5, -0], region: [1, 0] });
    expect(writeTable(table, 'csv', { fields })).toBe(
      'cost,age,region\n0.5,1,"us ""east"""\n-0,,"eu,west"\n',
    );
    expect(writeTable(table, 'json', { fields })).toBe(
      '{\n  "columns": {\n    "cost": [0.5, -0],\n    "age": [1, null],\n    "region": ["us \\"east\\"", "eu,west"]\n  }\n}\n',
    );
  });
});

describe('joined tables', () => {
  it('have the rows of all of them, and gaps where one lacks a column', () => {
    const joined = joinTables([
      tableOf({ age: [1, 2], cost: [3, 4] }),
      tableOf({ age: [5] }),
      tableOf({ cost: [6] }),
    ]);
    expect(bitsOf(joined)).toEqual(
      bitsOf(tableOf({ age: [1, 2, 5, Number.NaN], cost: [3, 4, Number.NaN, 6] })),
    );
  });

  it('have the ids of all of them, and none where no table has some', () => {
    expect(
      joinLabels([
        { rows: 2, labels: ['a', 'b'] },
        { rows: 2, labels: undefined },
        { rows: 1, labels: ['c'] },
      ]),
    ).toEqual(['a', 'b', '', '', 'c']);
    expect(joinLabels([{ rows: 2, labels: undefined }])).toBeUndefined();
  });
});
