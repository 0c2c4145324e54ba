import { describe, expect, test } from 'vitest';
import type { WindowReport } from '../../src/core/nerve/messages/agent-record.js';
import { encodeTaskRows } from '../../src/core/nerve/task-rows.js';
import { createRandom, normal } from '../../src/core/random.js';
import { summarise } from '../../src/core/results/summary.js';
import { summaryInput, type TestAgent } from './rollout-fixture.js';

/** An agent whose tasks have these levels before and these in the window. */
function agent(id: string, heldOut: boolean, tasks: readonly (readonly [number, number])[]): TestAgent {
  const total = (level: 0 | 1) => tasks.reduce((sum, task) => sum + task[level], 0);
  const cost: [number, number] = [total(0), total(1)];
  const rows = tasks.map(([before, after]) => ({
    ...{ group: 0, tasks: 1 },
    metrics: { cost: { before, atGoLive: before, after } },
  }));
  const report: Partial<WindowReport> = {
    ...{ version: 2, followed: tasks.length, rows: encodeTaskRows(['cost'], rows) },
    groups: [{ actions: 1, tasks: tasks.length, arguments: { '1': 0.2 }, sums: { cost } }],
  };
  return { id, heldOut, cost, report };
}

const fleetOf = (tasks: (heldOut: boolean) => readonly (readonly [number, number])[]) =>
  Array.from({ length: 60 }, (_, at) => agent(`agent-${at}`, at % 3 === 0, tasks(at % 3 === 0)));

describe('two ways of measuring', () => {
  const random = createRandom('contradiction');
  const noisy = (value: number) => value * Math.exp(0.01 * normal(random));

  test('that contradict each other are named in the notes', () => {
    // What is between small and large doubles by itself: no law in levels has it, and the forecast is wrong.
    const drifts = [1, 2, 1];
    const fleet = fleetOf(() =>
      [1, 10, 100].map((level, at) => [level, noisy(level * (drifts[at] ?? 1))] as const),
    );
    const { execution, notes } = summarise(summaryInput(fleet));
    expect(execution.metrics.cost?.plain).toMatchObject({ agrees: false });
    expect(Math.abs(execution.metrics.cost?.plain?.change ?? 1)).toBeLessThan(0.01);
    expect(notes).toContainEqual(
      expect.stringMatching(
        /^Two ways of measuring cost contradict each other: -\d.* task by task, -?0\.\d % as plain/,
      ),
    );
  });

  test('that agree are not', () => {
    const fleet = fleetOf((heldOut) =>
      [1, 10, 100].map((level) => [level, noisy(level * (heldOut ? 1.1 : 0.99))] as const),
    );
    const { execution, notes } = summarise(summaryInput(fleet));
    expect(execution.metrics.cost).toMatchObject({ by: 'task', plain: { agrees: true } });
    expect(execution.reductionPct).toBeCloseTo(10, 0);
    expect(notes).toEqual([]);
  });

  test('a held-out fleet whose tasks drift by their level is followed task by task', () => {
    // Large tasks grow by themselves by a fifth, and the treated agents happen to have more of them.
    const grown = (level: number) => noisy(level * level ** 0.02);
    const fleet = fleetOf((heldOut) =>
      (heldOut ? [1, 1, 2, 50, 100] : [1, 50, 100, 100, 200]).map((level) => [level, grown(level)] as const),
    );
    const { execution } = summarise(summaryInput(fleet));
    expect(Math.abs(execution.metrics.cost?.change ?? 1)).toBeLessThan(0.02);
  });
});

describe('reports of earlier versions', () => {
  test('have their groups for tasks', () => {
    const fleet = fleetOf((heldOut) => [[10, heldOut ? 10 : 9]]).map(({ report, ...rest }) => {
      const { rows: _rows, version: _version, followed: _followed, ...old } = report ?? {};
      return { ...rest, report: old };
    });
    const { execution } = summarise(summaryInput(fleet));
    expect(execution.metrics.cost).toMatchObject({ by: 'task', method: 'hold-out' });
    expect(execution.reductionPct).toBeCloseTo(10);
  });
});

describe('tasks that fall to nothing', () => {
  test('count as what they are', () => {
    const fleet = fleetOf((heldOut) => [
      [10, heldOut ? noisyTen() : 0],
      [10, noisyTen()],
    ]);
    expect(summarise(summaryInput(fleet)).execution.reductionPct).toBeCloseTo(50, 0);
    const all = fleetOf((heldOut) => [[10, heldOut ? noisyTen() : 0]]);
    const { execution } = summarise(summaryInput(all));
    expect(execution).toMatchObject({ reductionPct: 100, interval: null });
    expect(execution.metrics.cost?.noInterval).toBe('nothing is left, so nothing varies');
  });
});

const tens = createRandom('tens');
function noisyTen(): number {
  return 10 * Math.exp(0.01 * normal(tens));
}
