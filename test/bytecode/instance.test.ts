import { describe, expect, it } from 'vitest';
import { instantiateProgram } from '../../src/core/bytecode/instance.js';
import { ProgramError } from '../../src/core/bytecode/program-error.js';
import { compiled, effectsOf, tableOf, verified } from './support.js';

const source = `FUNC tuned(cut = 20% IN 5%..50%, fixed = 5s) {
  FOR EACH task IN task_queue {
    IF task.cpu_time > fixed THEN REDUCE_CPU_THROTTLE(task, cut)
  }
}`;
const table = tableOf({ cpu_time: [1, 6, 7] });

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof ProgramError) return `${thrown.code}: ${thrown.message}. ${thrown.hint}`;
    throw thrown;
  }
  return 'nothing was thrown';
}

describe('an instance', () => {
  it('takes the default of a parameter that is not given', () => {
    expect(effectsOf(source, table).map(({ argument }) => argument)).toEqual([0.2, 0.2]);
    expect(effectsOf(source, table, { cut: 0.5 }).map(({ argument }) => argument)).toEqual([0.5, 0.5]);
  });

  it('takes the default again after a run with another value', () => {
    const instance = instantiateProgram(verified(compiled(source).bytes));
    const seen: number[] = [];
    instance.run(table, { cut: 0.5 }, (_action, _row, argument) => seen.push(argument));
    instance.run(table, {}, (_action, _row, argument) => seen.push(argument));
    expect(seen).toEqual([0.5, 0.5, 0.2, 0.2]);
  });

  it('refuses parameters that the program does not have or that leave their range', () => {
    expect(codeOf(() => effectsOf(source, table, { cot: 0.2 }))).toMatch(/^DN130: .*cot.*cut, fixed$/);
    for (const cut of [0.6, 0.04, Number.NaN, Infinity]) {
      expect(codeOf(() => effectsOf(source, table, { cut }))).toMatch(/^DN131/);
    }
    expect(codeOf(() => effectsOf(source, table, { fixed: 6 }))).toMatch(/^DN131: .*no range/);
  });

  it('refuses a table whose columns do not fit', () => {
    expect(codeOf(() => effectsOf(source, tableOf({ memory: [1] })))).toMatch(/^DN132: .*cpu_time.*memory$/);
    expect(codeOf(() => effectsOf(source, { ...table, rows: 4 }))).toMatch(/^DN133/);
    expect(codeOf(() => effectsOf(source, { ...table, rows: -1 }))).toMatch(/^DN133/);
  });

  it('ignores rows beyond the count and columns that it does not read', () => {
    expect(
      effectsOf(source, { rows: 2, columns: { ...table.columns, memory: new Float64Array(0) } }),
    ).toHaveLength(1);
    expect(effectsOf(source, { ...table, rows: 0 })).toEqual([]);
  });

  it('goes through more rows than one chunk holds, with the rows of the table', () => {
    const rows = 2_500;
    const long = tableOf({ cpu_time: Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? 9 : 0)) });
    expect(effectsOf(source, long).map(({ row }) => row)).toEqual(
      Array.from({ length: rows / 2 }, (_, index) => index * 2),
    );
  });

  it('hands out effects in batches without a call for each', () => {
    const rows = 1_500;
    const long = tableOf({ cpu_time: Array.from({ length: rows }, () => 9) });
    const batches: [number, number][] = [];
    const instance = instantiateProgram(verified(compiled(source).bytes));
    const counted = instance.runBatches(long, {}, ({ firstRow, count, words, numbers }) => {
      expect([words[0], words[1], numbers[1]]).toEqual([1, 0, 0.2]);
      batches.push([firstRow, count]);
    });
    expect(counted).toEqual({ rows, effects: rows });
    expect(batches).toEqual([
      [0, 1_024],
      [1_024, 476],
    ]);
  });
});
