import { describe, expect, it } from 'vitest';
import type { TaskView } from '../../src/core/agent/workload.js';
import { createSimulatedWorkload, type SimulatedWorkload } from '../../src/core/agent/workloads/simulated.js';
import { referenceFleet } from '../../src/core/language/capabilities.js';

const startMs = 1_800_000_000_000;
const workload = (agent: number, seed = 1) => createSimulatedWorkload({ seed, agent, nowMs: startMs });
const fleet = (agents: number, seed = 1) =>
  Array.from({ length: agents }, (_, agent) => workload(agent, seed));

describe('the simulated workload', () => {
  it('repeats itself for a seed, and differs for another', () => {
    const seen = (seed: number) => {
      const one = workload(5, seed);
      for (let second = 1; second <= 30; second++) one.advance(startMs + second * 1_000);
      return { ...one.labels, costs: [...column(one.view(), 'cost')], ...one.counters() };
    };
    expect(seen(1)).toEqual(seen(1));
    expect(seen(1)).not.toEqual(seen(2));
  });

  it('has about eleven tasks an agent with every field of the capability file, all finite', () => {
    const views = fleet(300).map((one) => one.view());
    expect(views.reduce((sum, view) => sum + view.rows, 0) / 300).toBeCloseTo(11.08, 0);
    for (const view of views) {
      expect(Object.keys(view.columns).sort()).toEqual(referenceFleet.fields.map(({ name }) => name).sort());
      for (const values of Object.values(view.columns)) {
        expect(
          [...values.subarray(0, view.rows)].every((value) => Number.isFinite(value) && value >= 0),
        ).toBe(true);
      }
    }
  });

  it('offers every action of the capability file', () => {
    const one = workload(0);
    for (const { name: action } of one.capabilities.actions) {
      const outcome = one.apply({ action, row: 0, argument: 0.2, instruction: 'i' });
      if (!outcome.applied) expect(outcome.reason).not.toContain('has no action');
    }
    expect(one.capabilities).toBe(referenceFleet);
  });

  it.each(referenceFleet.actions.map(({ name }) => name))(
    '%s moves its metrics the way the capability file expects',
    (action) => {
      const effects = referenceFleet.actions.find(({ name }) => name === action)?.effects ?? [];
      const agents = fleet(120);
      const before = agents.map((one) => snapshot(one.view()));
      let applied = 0;
      for (const one of agents) {
        for (let row = 0; row < one.view().rows; row++) {
          if (one.apply({ action, row, argument: 0.4, instruction: 'i' }).applied) applied++;
        }
        one.advance(startMs);
      }
      expect(applied).toBeGreaterThan(0);
      // Where the file itself is not sure of the sign, either is right.
      for (const { metric, perUnit } of effects.filter(
        (effect) => effect.uncertainty < Math.abs(effect.perUnit),
      )) {
        const change =
          total(
            agents.map((one) => snapshot(one.view())),
            metric,
          ) /
            total(before, metric) -
          1;
        expect(Math.sign(change), `${metric}: ${change}`).toBe(Math.sign(perUnit));
      }
    },
  );

  it('takes back exactly what one instruction set, and nothing of another', () => {
    const one = workload(3);
    const plain = snapshot(one.view());
    one.apply({ action: 'REDUCE_CPU_THROTTLE', row: 0, argument: 0.3, instruction: 'first' });
    one.advance(startMs);
    const afterFirst = snapshot(one.view());
    one.apply({ action: 'REDUCE_MEMORY_CACHE', row: 0, argument: 0.5, instruction: 'second' });
    one.advance(startMs);
    expect(snapshot(one.view())).not.toEqual(afterFirst);
    one.revert('second');
    expect(snapshot(one.view())).toEqual(afterFirst);
    one.revert('first');
    expect(snapshot(one.view())).toEqual(plain);
  });

  it('refuses, with the reason, what a task cannot take', () => {
    const one = fleet(50).find((candidate) => candidate.labels.region === 'ap-south') as SimulatedWorkload;
    const move = { action: 'ROUTE_TO_CHEAPER_REGION', row: 0, argument: 1, instruction: 'i' };
    expect(one.apply(move)).toEqual({ applied: false, reason: 'already in ap-south, the cheapest region' });
    expect(one.apply({ ...move, row: 10_000 })).toMatchObject({ applied: false });
    expect(one.apply({ ...move, action: 'FLY' })).toMatchObject({ applied: false });
  });

  it('replaces tasks that end by new ones, and counts runs as time passes', () => {
    const agents = fleet(100);
    const before = agents.flatMap((one) => one.view().ids);
    for (const one of agents) one.advance(startMs + 100_000);
    const changed = agents.flatMap((one) => one.view().ids).filter((id, at) => id !== before[at]).length;
    // A mean life of 600 s: about 15 % end within 100 s.
    expect(changed / before.length).toBeGreaterThan(0.1);
    expect(changed / before.length).toBeLessThan(0.21);
    const { completed, failed } = agents
      .map((one) => one.counters())
      .reduce((sum, one) => ({ completed: sum.completed + one.completed, failed: sum.failed + one.failed }));
    expect(completed).toBeGreaterThan(100_000);
    expect(failed / completed).toBeGreaterThan(1e-4);
    expect(failed / completed).toBeLessThan(1e-3);
  });

  it('stands still when the clock does, or goes back', () => {
    const one = workload(1);
    const before = one.counters();
    one.advance(startMs - 60_000);
    one.advance(startMs);
    expect(one.counters()).toEqual(before);
  });
});

function column(view: TaskView, field: string): number[] {
  return [...(view.columns[field] as Float64Array).subarray(0, view.rows)];
}

function snapshot(view: TaskView): Record<string, number[]> {
  return Object.fromEntries(Object.keys(view.columns).map((field) => [field, column(view, field)]));
}

function total(views: readonly Record<string, number[]>[], field: string): number {
  return views.reduce((sum, view) => sum + (view[field] ?? []).reduce((own, value) => own + value, 0), 0);
}
