import { describe, expect, test } from 'vitest';
import type { Aggregate } from '../../src/core/nerve/messages/aggregate.js';
import { aggregateOf } from '../../src/core/orchestrator/aggregate.js';
import { healthOf } from '../../src/core/orchestrator/health.js';
import { type HealthState, newHealthWatch, watchHealth } from '../../src/core/orchestrator/health-watch.js';
import { nowMs } from './fleet-fixture.js';

function aggregate(change: Partial<Aggregate>): Aggregate {
  const empty = aggregateOf({ samples: new Map(), heartbeats: new Map(), nowMs });
  return { ...empty, agentsAlive: 100, agentsKnown: 100, ...change };
}

describe('health', () => {
  test('is good while one agent in a hundred is in trouble', () => {
    const health = healthOf({
      aggregate: aggregate({ stale: 1, statuses: { failed: 1 } }),
      lost: 1,
      unwatched: 0,
    });
    expect(health).toEqual({ state: 'healthy', reasons: [], notes: [], at: nowMs });
  });

  test('names every reason at once', () => {
    const bad = aggregate({ stale: 2, statuses: { failed: 3 }, successRate: 0.9 });
    const health = healthOf({ aggregate: bad, lost: 10, unwatched: 0 });
    expect(health.state).toBe('degraded');
    expect(health.reasons).toEqual([
      '10 of 110 agents are silent',
      '2 of 100 living agents have no recent measurement',
      '3 of 100 living agents have failed',
      'only 90.0 % of the runs succeed',
    ]);
  });

  test('says what is not known of agents that are reached from outside, and finds no fault in it', () => {
    const measuring = aggregate({ agentsAlive: 30, agentsKnown: 50, unmeasured: 10 });
    expect(healthOf({ aggregate: measuring, lost: 0, unwatched: 20 })).toEqual({
      state: 'healthy',
      reasons: [],
      notes: [
        '10 agents report no measurements: reached from outside',
        '20 agents are reached from outside, and nobody looks for them now',
      ],
      at: nowMs,
    });
    const none = aggregate({ agentsAlive: 0, agentsKnown: 1 });
    expect(healthOf({ aggregate: none, lost: 0, unwatched: 1 })).toMatchObject({
      state: 'healthy',
      notes: ['1 agent is reached from outside, and nobody looks for it now'],
    });
    const two = aggregate({ agentsAlive: 0, agentsKnown: 2 });
    expect(healthOf({ aggregate: two, lost: 1, unwatched: 1 })).toMatchObject({
      state: 'down',
      reasons: ['none of 1 known agents is alive'],
    });
    const stuck = aggregate({ agentsAlive: 100, stale: 1, unmeasured: 90 });
    expect(healthOf({ aggregate: stuck, lost: 0, unwatched: 0 }).reasons).toEqual([
      '1 of 10 living agents have no recent measurement',
    ]);
  });

  test('is down without agents, and when most of them are lost', () => {
    expect(
      healthOf({ aggregate: aggregate({ agentsAlive: 0, agentsKnown: 0 }), lost: 0, unwatched: 0 }),
    ).toMatchObject({
      state: 'down',
      reasons: ['no agent has registered'],
    });
    expect(healthOf({ aggregate: aggregate({ agentsAlive: 0 }), lost: 100, unwatched: 0 })).toMatchObject({
      state: 'down',
      reasons: ['none of 100 known agents is alive'],
    });
    expect(healthOf({ aggregate: aggregate({ agentsAlive: 40 }), lost: 60, unwatched: 0 })).toMatchObject({
      state: 'down',
      reasons: ['60 of 100 agents are silent'],
    });
  });
});

describe('the health watch', () => {
  const changesOf = (states: HealthState[], settled: HealthState | null = null) => {
    let watch = newHealthWatch(settled);
    return states.map((state) => {
      const seen = watchHealth(watch, state);
      watch = seen.watch;
      return seen.change;
    });
  };

  test('settles after two ticks that agree', () => {
    expect(changesOf(['healthy', 'healthy', 'down', 'down', 'down'])).toEqual([
      null,
      null,
      null,
      { from: 'healthy', to: 'down' },
      null,
    ]);
  });

  test('ignores a state that does not last', () => {
    expect(changesOf(['degraded', 'healthy', 'degraded', 'healthy', 'healthy'], 'healthy')).toEqual(
      Array(5).fill(null),
    );
  });

  test('reports trouble that was there from the start, but not health', () => {
    expect(changesOf(['degraded', 'degraded'])).toEqual([null, { from: null, to: 'degraded' }]);
    expect(changesOf(['healthy', 'healthy'])).toEqual([null, null]);
  });
});
