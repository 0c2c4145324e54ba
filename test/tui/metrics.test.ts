import { describe, expect, it } from 'vitest';
import { noProgress } from '../../src/cli/progress/state.js';
import { metricsText } from '../../src/cli/progress/wording.js';
import type { Aggregate } from '../../src/core/nerve/messages/aggregate.js';
import type { FleetFacts } from '../../src/tui/hooks/fleet-facts.js';
import { liveMetrics } from '../../src/tui/metrics.js';
import { sampleAggregate } from './support/sample-fleet.js';
import { idleFacts, nowMs, runningFacts } from './support/sample-view.js';

function metricOf(facts: FleetFacts, name: string) {
  const metric = liveMetrics(facts).find((one) => one.name === name);
  if (metric === undefined) throw new Error(`no metric ${name}`);
  return metric;
}

describe('the success rate', () => {
  /** `agoMs` -> rate, oldest first; the last one is the current aggregate. */
  function factsWith(...rates: [agoMs: number, rate: number | null][]): FleetFacts {
    const history = rates.map(
      ([agoMs, successRate]): Aggregate => ({ ...sampleAggregate(nowMs - agoMs), successRate }),
    );
    return { ...idleFacts(), history, aggregate: history.at(-1) };
  }

  it('is the newest that is known while agents tick more seldom than aggregates come', () => {
    const facts = factsWith([6_000, 0.9], [4_000, 0.95], [2_000, null], [0, null]);
    expect(metricOf(facts, 'success')).toMatchObject({ value: '95.00 %', verdict: 'bad' });
  });

  it('is missing when nothing ran for half a minute', () => {
    expect(metricOf(factsWith([30_000, 0.95], [0, null]), 'success').value).toBe('95.00 %');
    expect(metricOf(factsWith([31_000, 0.95], [0, null]), 'success')).toMatchObject({
      value: '–',
      verdict: undefined,
    });
  });
});

describe('the comparison with the moment before go-live', () => {
  const facts = runningFacts({ state: 'complete' }, 40_000);

  it('is made while agents run the program of the rollout', () => {
    expect(metricOf(facts, 'cost')).toMatchObject({
      remark: expect.stringMatching(/^-1\d\.\d %$/),
      verdict: 'good',
    });
    expect(metricOf(facts, 'effects').remark).toBe('since go-live');
  });

  it('is not made with a fleet that was here before: nobody runs that program now', () => {
    const aggregate = facts.aggregate && { ...facts.aggregate, programs: { none: 1159 } };
    const later = { ...facts, aggregate };
    for (const name of ['cost', 'latency', 'throughput', 'success', 'active tasks'])
      expect(metricOf(later, name).remark).toBe('');
    expect(metricOf(later, 'effects').remark).toBe('since start');
  });
});

describe('metrics that no agent measures', () => {
  const unmeasured = (atMs: number): Aggregate => ({
    ...sampleAggregate(atMs),
    ...{ cost: null, latency: null, throughput: null, completed: null, failed: null, successRate: null },
  });

  it('are dashes without a course, also where others measured them before', () => {
    const facts = { ...runningFacts({ state: 'complete' }, 40_000), aggregate: unmeasured(nowMs) };
    for (const name of ['cost', 'latency', 'throughput'])
      expect(metricOf(facts, name)).toMatchObject({ value: '–', remark: '', verdict: undefined });
    const alone = { ...facts, history: [unmeasured(nowMs - 2_000), unmeasured(nowMs)] };
    expect(metricOf(alone, 'cost')).toMatchObject({ value: '–', series: [] });
    expect(metricOf(alone, 'success')).toMatchObject({ value: '–', remark: '' });
  });

  it('are left out of the line of a run', () => {
    const state = (aggregate: Aggregate) => ({ ...noProgress(), aggregate });
    const memoryOnly = { ...unmeasured(nowMs), tasks: 3 };
    expect(metricsText(state(memoryOnly))).toBe('3 tasks');
    expect(metricsText(state({ ...memoryOnly, cost: 2.5 }))).toBe('$2.50/h');
  });
});
