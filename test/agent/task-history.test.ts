import { describe, expect, it } from 'vitest';
import { measuredMetrics } from '../../src/core/agent/measured-metrics.js';
import { createTaskHistory } from '../../src/core/agent/task-history.js';

const cost = measuredMetrics.indexOf('cost');

describe('the history of a task', () => {
  it('is the plain mean at first, and then forgets old readings little by little', () => {
    const history = createTaskHistory();
    for (const value of [10, 20]) history.observe(view({ a: value }));
    expect(history.meanOf('a')?.[cost]).toBe(15);
    for (let tick = 0; tick < 50; tick++) history.observe(view({ a: 10 }));
    expect(history.meanOf('a')?.[cost]).toBeCloseTo(10, 4);
    history.observe(view({ a: 20 }));
    expect(history.meanOf('a')?.[cost]).toBeCloseTo(12.5, 4);
  });

  it('follows each task by its identity, wherever its row is', () => {
    const history = createTaskHistory();
    history.observe(view({ a: 1, b: 100 }));
    history.observe(view({ b: 100, a: 1 }));
    expect(history.meanOf('a')?.[cost]).toBe(1);
    expect(history.meanOf('b')?.[cost]).toBe(100);
  });

  it('forgets tasks that are gone, and knows nothing of those it never saw', () => {
    const history = createTaskHistory();
    history.observe(view({ a: 1, b: 2 }));
    history.observe(view({ b: 2 }));
    expect(history.meanOf('a')).toBeUndefined();
    expect(history.meanOf('b')?.[cost]).toBe(2);
    expect(history.meanOf('c')).toBeUndefined();
  });
});

function view(costs: Readonly<Record<string, number>>) {
  const ids = Object.keys(costs);
  return { rows: ids.length, ids, columns: { cost: Float64Array.from(Object.values(costs)) } };
}
