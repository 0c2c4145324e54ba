import { describe, expect, test } from 'vitest';
import { aggregateOf, runCountersOf, staleTickMs } from '../../src/core/orchestrator/aggregate.js';
import { agentRecord, digest, nowMs, tickMetrics } from './fleet-fixture.js';

const beats = (...agents: string[]) => new Map(agents.map((agent) => [agent, nowMs]));

describe('the aggregate', () => {
  test('sums the living agents and weighs latency by their tasks', () => {
    const aggregate = aggregateOf({
      samples: new Map([
        [
          'a',
          agentRecord('a', { live: digest, status: 'live', metrics: tickMetrics({ tasks: 30, latency: 1 }) }),
        ],
        ['b', agentRecord('b', { metrics: tickMetrics({ tasks: 10, latency: 3, cost: 2 }) })],
      ]),
      heartbeats: beats('a', 'b'),
      nowMs,
    });
    expect(aggregate).toMatchObject({
      agentsAlive: 2,
      agentsKnown: 2,
      tasks: 40,
      cost: 10,
      latency: 1.5,
      stale: 0,
      programs: { [digest]: 1, none: 1 },
      statuses: { live: 1, idle: 1 },
    });
  });

  test('leaves out agents that are silent, and counts living ones without a recent tick as stale', () => {
    const old = tickMetrics({ at: nowMs - staleTickMs - 1 });
    const aggregate = aggregateOf({
      samples: new Map([
        ['silent', agentRecord('silent')],
        ['stuck', agentRecord('stuck', { metrics: old })],
        ['fine', agentRecord('fine')],
      ]),
      heartbeats: new Map([...beats('stuck', 'fine', 'unread'), ['silent', nowMs - 60_000]]),
      nowMs,
    });
    expect(aggregate).toMatchObject({ agentsKnown: 4, agentsAlive: 3, stale: 2, tasks: 10 });
    expect(aggregate.statuses).toEqual({ idle: 2, unknown: 1 });
  });

  test('of no agents has no tasks, and no figure of what nobody measured', () => {
    const aggregate = aggregateOf({ samples: new Map(), heartbeats: new Map(), nowMs });
    expect(aggregate).toMatchObject({
      agentsKnown: 0,
      tasks: 0,
      cost: null,
      latency: null,
      successRate: null,
    });
  });

  test('gives the success rate since the previous reading, whoever joins, restarts or dies between', () => {
    const first = {
      samples: new Map([
        ['steady', agentRecord('steady', { metrics: tickMetrics({ completed: 100, failed: 50 }) })],
        ['restarting', agentRecord('restarting', { metrics: tickMetrics({ completed: 9_000 }) })],
        ['dying', agentRecord('dying', { metrics: tickMetrics({ completed: 9_000 }) })],
      ]),
      heartbeats: beats('steady', 'restarting', 'dying'),
      nowMs,
    };
    const second = {
      samples: new Map([
        ['steady', agentRecord('steady', { metrics: tickMetrics({ completed: 180, failed: 60 }) })],
        ['restarting', agentRecord('restarting', { metrics: tickMetrics({ completed: 10, failed: 0 }) })],
        ['joining', agentRecord('joining', { metrics: tickMetrics({ completed: 0, failed: 777 }) })],
      ]),
      heartbeats: beats('steady', 'restarting', 'joining'),
      nowMs,
      previous: runCountersOf(first),
    };
    expect(aggregateOf(first).successRate).toBeNull();
    expect(aggregateOf(second).successRate).toBeCloseTo(0.9);
  });
});
