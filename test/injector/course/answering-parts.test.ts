import { expect, test } from 'vitest';
import { partsOf } from '../../../src/core/injector/course/answering-parts.js';
import type { PlannedAgent } from '../../../src/core/injector/plan/plan.js';

const agentsOf = (count: number, transport: PlannedAgent['transport'] = 'bus') =>
  Array.from({ length: count }, (_, at): PlannedAgent => {
    return { id: `a-${at}`, host: 'h', transport, batch: 0, heldOut: false };
  });

test('a large order is waited for in parts, each agent in one of them, in the order of the plan', () => {
  const targets = agentsOf(9_001);
  const parts = partsOf(targets);
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.flat()).toEqual(targets);
});

test('agents off the bus are waited for together, however many', () => {
  const targets = [...agentsOf(9_000), ...agentsOf(1, 'docker')];
  expect(partsOf(targets)).toEqual([targets]);
});

test('an order to nobody is one part', () => {
  expect(partsOf([])).toEqual([[]]);
});
