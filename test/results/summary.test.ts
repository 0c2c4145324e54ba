import { describe, expect, test } from 'vitest';
import type { WindowReport } from '../../src/core/nerve/messages/agent-record.js';
import { resultSchema } from '../../src/core/nerve/messages/result.js';
import { agentScores, summarise } from '../../src/core/results/summary.js';
import { effectGroup, nowMs, rolloutId, summaryInput, type TestAgent } from './rollout-fixture.js';

const fleet: TestAgent[] = [
  { id: 'a', cost: [100, 66] },
  { id: 'b', cost: [100, 94], report: { applied: 12, completed: 300 } },
  { id: 'c', cost: [50, 55], heldOut: true },
  { id: 'd', cost: [50, 55], heldOut: true },
];

describe('the summary', () => {
  test('fits its schema and accounts for every agent', () => {
    const agents: TestAgent[] = [...fleet, { id: 'e', outcome: 'failed' }, { id: 'f', outcome: 'skipped' }];
    const result = summarise(summaryInput(agents));
    expect(resultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
    expect(result).toMatchObject({
      id: rolloutId,
      at: nowMs,
      decision: 'dec_test',
      goal: 'reduce costs 15%',
    });
    expect(result).toMatchObject({ agents: 6, succeeded: 4, failed: 1, heldOut: 2, leftOut: {}, notes: [] });
  });

  test('gives the reduction against the hold-out, not against the past', () => {
    const { execution } = summarise(summaryInput(fleet));
    expect(execution).toMatchObject({ costBefore: 200, costAfter: 160 });
    expect(execution.holdOut).toEqual({ agents: 2, costBefore: 100, costAfter: 110 });
    const reductionPct = execution.reductionPct ?? Number.NaN;
    expect(reductionPct).toBeCloseTo((1 - 0.8 / 1.1) * 100);
    const [low, high] = execution.interval ?? [0, 0];
    expect(low).toBeLessThan(reductionPct);
    expect(high).toBeGreaterThan(reductionPct);
    expect(execution.metrics.cost?.change).toBeCloseTo(-reductionPct / 100);
  });

  test('adds up what was done in the window', () => {
    const { execution } = summarise(summaryInput(fleet));
    expect(execution).toMatchObject({
      windowMs: 20_000,
      workload: 'simulated',
      agentsReporting: 4,
      tasksProcessed: 600,
      tasks: 16,
      effectsApplied: 16,
      effectsByAction: { REDUCE_CPU_THROTTLE: 8 },
      errors: 0,
      successRate: 1,
    });
  });

  test('measures latency beside cost', () => {
    const withLatency = fleet.map((agent) => ({
      ...agent,
      report: {
        groups: [
          effectGroup([1, 1], { sums: { cost: [1, 1], latency: agent.heldOut ? [10, 10] : [10, 11] } }),
        ],
      },
    }));
    expect(summarise(summaryInput(withLatency)).execution.latencyChangePct).toBeCloseTo(10);
  });

  test('names mixed workloads', () => {
    const mixed = [{ ...fleet[0], id: 'a', workload: 'docker' } as TestAgent, ...fleet.slice(1)];
    expect(summarise(summaryInput(mixed)).execution.workload).toBe('docker+simulated');
  });
});

describe('the summary of a damaged measurement', () => {
  test('leaves out agents with impossible figures and counts them', () => {
    const bad: TestAgent[] = [
      { id: 'x', cost: [Number.NaN, 1] },
      { id: 'y', cost: [10, -1] },
      { id: 'z', cost: [10, 1], report: { completed: Number.POSITIVE_INFINITY } },
      { id: 'w', cost: [10, 1], report: { arm: 'held-out' } },
      { id: 'v', outcome: 'live' },
    ];
    const result = summarise(summaryInput([...fleet, ...bad]));
    const clean = summarise(summaryInput(fleet));
    const { sampleRatio, ...execution } = result.execution;
    expect(execution).toEqual({ ...clean.execution, sampleRatio: undefined });
    expect(sampleRatio).toMatchObject({
      treated: { drawn: 7, reported: 2 },
      heldOut: { drawn: 2, reported: 2 },
    });
    expect(result.contributions).toEqual(clean.contributions);
    expect(result.leftOut).toEqual({ 'impossible figures': 3, 'other arm': 1, 'no report': 1 });
    expect(result.succeeded).toBe(9);
  });

  test('without a single report says so instead of claiming figures', () => {
    const result = summarise(summaryInput([{ id: 'a' }, { id: 'c', heldOut: true }]));
    expect(result.execution).toMatchObject({
      agentsReporting: 0,
      reductionPct: null,
      interval: null,
      holdOut: null,
      successRate: null,
      metrics: {},
      workload: '',
    });
    expect(result.leaderboard).toEqual({
      topPerformer: null,
      mostEfficient: null,
      hardestWorker: null,
      top: [],
    });
    expect(result.contributions).toEqual({});
    expect(result.notes).toContain('No agent reported: nothing was measured.');
  });

  test('ignores reports of another rollout', () => {
    const stale = fleet.map((agent) => ({ ...agent, report: { instruction: 'instr_old' } }));
    const result = summarise(summaryInput(stale));
    expect(result.execution.agentsReporting).toBe(0);
    expect(result.leftOut).toEqual({ 'no report': 4 });
  });

  test('with agents that have no tasks measures nothing', () => {
    const idle = fleet.map((agent) => ({ ...agent, report: { groups: [] } }));
    const result = summarise(summaryInput(idle));
    expect(result.execution).toMatchObject({ tasks: 0, reductionPct: null, metrics: {} });
    expect(result.notes).toContain('The agents that reported had no tasks: nothing was measured.');
  });

  test('says when the agents were stopped within their window', () => {
    const stopped = fleet.map((agent) => ({
      ...agent,
      report: { since: nowMs - 20_000, at: nowMs - 16_000 },
    }));
    const { notes } = summarise(summaryInput(stopped));
    expect(notes).toEqual(['No agent watched its tasks for longer than 4000 of 20000 ms.']);
  });

  test('says when the window was cut short, and how long it was', () => {
    const result = summarise(summaryInput(fleet, { finishedAt: nowMs - 12_000 }));
    expect(result.execution.windowMs).toBe(8_000);
    expect(result.notes).toEqual(['The window was cut short: 8000 of 20000 ms.']);
  });

  test('learns from the treated agents how agents differ when one is held out, and has no control with none', () => {
    const one = summarise(summaryInput(fleet.slice(0, 3)));
    const [low, high] = one.execution.interval ?? [0, 0];
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(one.execution.reductionPct ?? Number.NaN);
    expect(one.execution.metrics.cost).toMatchObject({ by: 'task', plain: { interval: null, agrees: null } });
    expect(one.notes).toEqual([
      'Only one held-out agent reported: how held-out agents differ is taken from the treated ones.',
    ]);
    const pair = summarise(summaryInput([fleet[0], fleet[2]] as TestAgent[]));
    expect(pair.execution.interval).toBeNull();
    expect(pair.execution.metrics.cost?.noInterval).toBe('too few agents say how agents differ');
    expect(pair.notes).toEqual(['Only one held-out agent reported: no interval can be given.']);
    const none = summarise(summaryInput(fleet.slice(0, 2)));
    expect(none.execution).toMatchObject({ interval: null, metrics: { cost: { method: 'before-after' } } });
    expect(none.execution.reductionPct).toBeCloseTo(20);
  });
});

describe('the leaderboard', () => {
  test('names who was fastest, who saved most and who did most', () => {
    const { leaderboard } = summarise(summaryInput(fleet));
    expect(leaderboard.topPerformer).toEqual({ agent: 'b', value: 15 });
    expect(leaderboard.mostEfficient).toEqual({ agent: 'a', value: expect.closeTo((1 - 0.66 / 1.1) * 100) });
    expect(leaderboard.hardestWorker).toEqual({ agent: 'b', value: 12 });
    expect(leaderboard.top.map(({ agent }) => agent)).toEqual(['b', 'a']);
  });

  test('breaks ties by id, whatever the order of the agents', () => {
    const tied: TestAgent[] = ['m', 'k', 'l'].map((id) => ({ id, cost: [10, 8] }));
    const { leaderboard } = summarise(summaryInput(tied));
    expect(leaderboard.topPerformer?.agent).toBe('k');
    expect(leaderboard.mostEfficient?.agent).toBe('k');
    expect(leaderboard.hardestWorker?.agent).toBe('k');
    expect(leaderboard.top.map(({ agent }) => agent)).toEqual(['k', 'l', 'm']);
  });

  test('names nobody for nothing', () => {
    const idle: TestAgent[] = [{ id: 'a', cost: [10, 12], report: { completed: 0, applied: 0 } }];
    const { leaderboard } = summarise(summaryInput(idle));
    expect(leaderboard).toMatchObject({ topPerformer: null, mostEfficient: null, hardestWorker: null });
  });
});

describe('contributions', () => {
  test('are shares of gain and effects, and the held-out get the mean', () => {
    const { contributions } = summarise(summaryInput(fleet));
    // Gains 44 and 16 of 60, effects 4 and 12 of 16.
    const a = (44 / 60 + 4 / 16) / 4;
    const b = (16 / 60 + 12 / 16) / 4;
    expect(contributions.a).toBeCloseTo(a);
    expect(contributions.b).toBeCloseTo(b);
    expect(contributions.c).toBeCloseTo((a + b) / 2);
    expect(Object.values(contributions).reduce((sum, share) => sum + share)).toBeCloseTo(1);
  });

  test('follow the metric of the objective', () => {
    const input = summaryInput(fleet);
    const objective = { metric: 'cost', direction: 'increase' } as const;
    const scores = agentScores({ ...input, decision: { objective } as NonNullable<typeof input.decision> });
    expect(scores.map(({ gain }) => gain)).toEqual([0, 0]);
    expect(agentScores(input).map(({ gain }) => gain)).toEqual([expect.closeTo(44), expect.closeTo(16)]);
  });

  test('are not listed for agents that failed, and for nobody when all was rolled back', () => {
    const failed = summarise(summaryInput([...fleet, { id: 'e', outcome: 'failed', cost: [1, 1] }]));
    expect(Object.keys(failed.contributions)).toEqual(['a', 'b', 'c', 'd']);
    const undone = fleet.map((agent) => ({ ...agent, outcome: 'rolled_back' as const }));
    expect(summarise(summaryInput(undone)).contributions).toEqual({});
  });
});

describe('group totals', () => {
  test('keep arms and sets of actions apart and weigh arguments by tasks', () => {
    const touched = effectGroup([10, 8], { actions: 5, tasks: 1, arguments: { '1': 0.2, '3': 1 } });
    const more = effectGroup([30, 24], { actions: 5, tasks: 3, arguments: { '1': 0.4, '3': 1 } });
    const untouched = effectGroup([7, 7], { actions: 0, tasks: 2, arguments: {} });
    const { groups } = summarise(
      summaryInput([
        { id: 'a', cost: [0, 0], report: { groups: [touched, untouched] } },
        { id: 'b', cost: [0, 0], report: { groups: [more] } },
        {
          id: 'c',
          cost: [0, 0],
          heldOut: true,
          report: { groups: [touched, effectGroup([0, 0], { tasks: 0 })] },
        },
      ]),
    );
    expect(groups.map(({ arm, actions, agents, tasks }) => [arm, actions, agents, tasks])).toEqual([
      ['treated', 0, 1, 2],
      ['treated', 5, 2, 4],
      ['held-out', 5, 1, 1],
    ]);
    expect(groups[1]).toMatchObject({
      arguments: { '1': expect.closeTo(0.35), '3': 1 },
      metrics: { cost: { before: 40, after: 32, logVariance: expect.closeTo(0) } },
    });
    expect(groups[2]?.metrics.cost?.logVariance).toBeNull();
  });
});

describe('the summary of agents whose tasks have no cost and no runs', () => {
  test('gives nothing for what they do not measure, and what they do measure', () => {
    const memoryOnly = (after: number): Partial<WindowReport> => ({
      completed: undefined,
      failed: undefined,
      groups: [effectGroup([1, 1], { sums: { memory: [100, after] } })],
    });
    const result = summarise(
      summaryInput([
        { id: 'a', cost: [1, 1], report: memoryOnly(80) },
        { id: 'b', cost: [1, 1], report: memoryOnly(82) },
        { id: 'c', heldOut: true, outcome: 'staged', cost: [1, 1], report: memoryOnly(100) },
      ]),
    );
    expect(result.execution).toMatchObject({
      ...{ tasksProcessed: null, costBefore: null, costAfter: null, reductionPct: null, interval: null },
      ...{ latencyChangePct: null, successRate: null, holdOut: { agents: 1, costBefore: null } },
    });
    expect(result.execution.metrics.memory?.change).toBeCloseTo(-0.19);
    expect(result.leaderboard).toMatchObject({ topPerformer: null, mostEfficient: null });
    expect(result.leaderboard.top).toMatchObject([
      { throughput: null, savingsPct: null },
      { throughput: null, savingsPct: null },
    ]);
    expect(resultSchema.safeParse(JSON.parse(JSON.stringify(result))).success).toBe(true);
  });
});
