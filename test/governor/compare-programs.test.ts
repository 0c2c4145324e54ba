import { describe, expect, it } from 'vitest';
import { compileSource } from '../../src/core/bytecode/compile.js';
import type { TaskTable } from '../../src/core/bytecode/task-table.js';
import { type ComparisonReport, comparePrograms } from '../../src/core/governor/compare-programs.js';
import { expectedSizes } from '../../src/core/governor/expected-sizes.js';
import { simulate } from '../../src/core/governor/simulate.js';
import type { Capabilities } from '../../src/core/language/capabilities.js';
import { referenceFleet } from '../../src/core/language/capabilities.js';
import { inLoop, tableOf, verified } from '../bytecode/support.js';

const withRegion: Capabilities = {
  ...referenceFleet,
  fields: [
    ...referenceFleet.fields,
    { name: 'region', unit: 'name', about: 'where it runs', names: ['eu-west', 'us-east'] },
  ],
};

function compared(
  [first, second]: readonly [string, string],
  table: TaskTable,
  { examplesMax = 10, parameters = {} }: { examplesMax?: number; parameters?: Record<string, number> } = {},
): ComparisonReport {
  const [one, other] = [first, second].map((source, at) => {
    const result = compileSource(source, { fileName: 'test.dream', capabilities: withRegion });
    if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join());
    const program = verified(result.program.bytes);
    const request = { program, parameters: at === 0 ? {} : parameters, table };
    const report = simulate({ ...request, sizes: expectedSizes(withRegion), capabilities: withRegion });
    return { ...request, report };
  });
  if (one === undefined || other === undefined) throw new Error('two are compared');
  return comparePrograms({ first: one, second: other, table, fields: withRegion.fields, examplesMax });
}

const slow = inLoop('IF task.cpu_time > 5s THEN REDUCE_CPU_THROTTLE(task, 20%)');
const slower = inLoop(
  'IF task.cpu_time > 8s THEN REDUCE_CPU_THROTTLE(task, 30%) IF task.cpu_time < 2s THEN ROUTE_TO_CHEAPER_REGION(task)',
);
const table = tableOf({ cpu_time: [1, 3, 6, 9, Number.NaN], cost: [1, 1, 1, 1, 1] });

describe('a comparison of two programs', () => {
  it('tells tasks that one of them leaves alone from those that both treat differently', () => {
    const { identical, tasks } = compared([slow, slower], table);
    expect(identical).toBe(false);
    expect(tasks).toMatchObject({ differing: 3, onlyFirst: 1, onlySecond: 1 });
    const unit = 'ratio';
    expect(tasks.examples).toEqual([
      {
        task: 1,
        origin: null,
        fields: [{ name: 'cpu_time', unit: 'duration', value: 1 }],
        first: [],
        second: [{ action: 'ROUTE_TO_CHEAPER_REGION', argument: null, unit: null }],
      },
      {
        task: 3,
        origin: null,
        fields: [{ name: 'cpu_time', unit: 'duration', value: 6 }],
        first: [{ action: 'REDUCE_CPU_THROTTLE', argument: 0.2, unit }],
        second: [],
      },
      {
        task: 4,
        origin: null,
        fields: [{ name: 'cpu_time', unit: 'duration', value: 9 }],
        first: [{ action: 'REDUCE_CPU_THROTTLE', argument: 0.2, unit }],
        second: [{ action: 'REDUCE_CPU_THROTTLE', argument: 0.3, unit }],
      },
    ]);
  });

  it('gives both values and the difference for each action and each metric', () => {
    const { perAction, changes } = compared([slow, slower], table);
    expect(perAction).toMatchObject([
      {
        action: 'REDUCE_CPU_THROTTLE',
        first: { tasks: 2 },
        second: { tasks: 1 },
        difference: { effects: -1, tasks: -1 },
      },
      {
        action: 'ROUTE_TO_CHEAPER_REGION',
        first: null,
        second: { tasks: 1 },
        difference: { effects: 1, tasks: 1 },
      },
    ]);
    const { first, second, difference } = changes.cpu_time ?? expect.fail('cpu_time is compared');
    // 20 % of 6 s + 9 s, and 30 % of 9 s, of 19 s.
    expect(first.change.mean).toBeCloseTo(-3 / 19, 10);
    expect(second.change.mean).toBeCloseTo(-2.7 / 19, 10);
    expect(difference.change).toBeCloseTo(0.3 / 19, 10);
    expect(difference.after).toBeCloseTo(0.3, 10);
  });

  it('knows a program by its bytes and its parameters', () => {
    const tuned =
      'FUNC a(cut = 20% IN 5%..50%) { FOR EACH task IN task_queue { REDUCE_CPU_THROTTLE(task, cut) } }';
    expect(compared([tuned, tuned], table)).toMatchObject({
      identical: true,
      tasks: { differing: 0, examples: [] },
    });
    expect(compared([tuned, tuned], table, { parameters: { cut: 0.2 } }).identical).toBe(true);
    expect(compared([tuned, tuned], table, { parameters: { cut: 0.3 } })).toMatchObject({
      identical: false,
      tasks: { differing: 5, onlyFirst: 0, onlySecond: 0 },
    });
    const same = slow.replace('5s', '5_000ms');
    expect(compared([slow, same], table)).toMatchObject({ identical: false, tasks: { differing: 0 } });
  });

  it('looks at the order of effects on one task', () => {
    const one = inLoop('REDUCE_CPU_THROTTLE(task, 20%) REDUCE_MEMORY_CACHE(task, 20%)');
    const other = inLoop('REDUCE_MEMORY_CACHE(task, 20%) REDUCE_CPU_THROTTLE(task, 20%)');
    expect(compared([one, other], table).tasks.differing).toBe(5);
  });

  it('shows as many examples as were asked for, with gaps and names as people know them', () => {
    const regional = inLoop('IF task.region == "us-east" THEN ROUTE_TO_CHEAPER_REGION(task)');
    const where = tableOf({ region: [1, 0, Number.NaN, 1], cpu_time: [6, Number.NaN, 9, 6] });
    const { tasks } = compared([regional, slow], where, { examplesMax: 2 });
    expect(tasks.differing).toBe(3);
    expect(tasks.examples.map(({ task, fields }) => [task, ...fields.map(({ value }) => value)])).toEqual([
      [1, 'us-east', 6],
      [3, null, 9],
    ]);
  });

  it('finds the one task that differs beyond the first chunk', () => {
    const rows = 2_500;
    const wide = tableOf({ cpu_time: Array.from({ length: rows }, (_, row) => (row === 2_100 ? 7 : 1)) });
    const { tasks } = compared(
      [slow, inLoop('IF task.cpu_time > 9s THEN REDUCE_CPU_THROTTLE(task, 20%)')],
      wide,
    );
    expect(tasks).toMatchObject({ differing: 1, onlyFirst: 1, examples: [{ task: 2_101 }] });
  });
});
