import { describe, expect, it } from 'vitest';
import { expectedSizes } from '../../src/core/governor/expected-sizes.js';
import { loadPlaybooks } from '../../src/core/governor/playbooks.js';
import { searchParameters } from '../../src/core/governor/search.js';
import { whatIfModel } from '../../src/core/governor/what-if.js';
import { referenceFleet } from '../../src/core/language/capabilities.js';
import type { Objective } from '../../src/core/nerve/messages/decision.js';
import { loadProgram, simulatedFleet } from '../support/simulated-fleet.js';

const sizes = expectedSizes(referenceFleet);
const metrics = ['cost', 'latency', 'throughput', 'memory'] as const;
const table = simulatedFleet({ seed: 1, agents: 100 }).table();

function search(playbook: string, objective: Partial<Objective>, budgetDollarsPerHour = 1e9) {
  const source = loadPlaybooks().find(({ name }) => name === playbook)?.source ?? '';
  const model = whatIfModel({
    table,
    instance: loadProgram(source).instance,
    sizes,
    capabilities: referenceFleet,
  });
  const full = {
    metric: 'cost',
    direction: 'decrease',
    amount: 0.1,
    selector: '',
    latencyRiseMax: 0.1,
    ...objective,
  } as const;
  return searchParameters(model, { objective: full, metrics, budgetDollarsPerHour });
}

describe('the parameter search', () => {
  it.each([
    ['cost_optimize', { metric: 'cost', direction: 'decrease', amount: 0.15 }],
    ['latency_reduce', { metric: 'latency', direction: 'decrease', amount: 0.2 }],
    ['throughput_scale', { metric: 'throughput', direction: 'increase', amount: 0.25 }],
    ['memory_free', { metric: 'memory', direction: 'decrease', amount: 0.1 }],
  ] as const)('%s just reaches its target within the guard rail', (playbook, objective) => {
    const { chosen } = search(playbook, objective);
    const gain = Math.abs(chosen?.whatIf.changes[objective.metric]?.mean ?? 0);
    expect(gain).toBeGreaterThanOrEqual(objective.amount);
    expect(gain).toBeLessThan(objective.amount + 0.01);
    if (objective.metric !== 'latency') expect(chosen?.whatIf.changes.latency?.mean).toBeLessThanOrEqual(0.1);
  });

  it('finds nothing beyond reach, and says what comes nearest', () => {
    const { chosen, nearest } = search('cost_optimize', { amount: 0.9 });
    expect(chosen).toBeUndefined();
    expect(nearest?.whatIf.changes.cost?.mean).toBeLessThan(-0.1);
    expect(nearest?.whatIf.changes.latency?.mean).toBeLessThanOrEqual(0.1);
  });

  it('keeps a tighter guard rail at the price of the target', () => {
    const { chosen } = search('cost_optimize', { amount: 0.3, latencyRiseMax: 0.005 });
    expect(chosen).toBeUndefined();
  });

  it('stays within the budget of a change that costs', () => {
    expect(search('latency_reduce', { metric: 'latency', amount: 0.2 }, 0.01).chosen).toBeUndefined();
  });

  it('gives the same answer twice', () => {
    expect(search('cost_optimize', { amount: 0.12 })).toEqual(search('cost_optimize', { amount: 0.12 }));
  });
});
