/** A fleet as the console sees it at some moment of an operation: plain records, and the same written into a Redis. */
import type { Aggregate } from '../../../src/core/nerve/messages/aggregate.js';
import type { Decision } from '../../../src/core/nerve/messages/decision.js';
import type { Result } from '../../../src/core/nerve/messages/result.js';
import type { RolloutRecord, RolloutState } from '../../../src/core/nerve/messages/rollout-record.js';
import type { Names } from '../../../src/core/nerve/names.js';
import type { Redis } from '../../../src/core/nerve/redis.js';
import { hashFieldsOf } from '../../../src/core/orchestrator/hash-codec.js';

const digest = `sha256:${'ab'.repeat(32)}`;

export function sampleInstruction(atMs: number) {
  return {
    id: 'instr_mf3k2p0aquartz1',
    type: 'COST_OPTIMIZATION_v2',
    target_agents: 1159,
    context: {
      currentCosts: 10_012,
      targetCosts: 8_510,
      deadline: 7_200_000,
      budget: 500,
      metrics: ['latency'],
    },
    timestamp: atMs,
    priority: 'CRITICAL' as const,
    decision: 'dec_mf3k2p0aquartz1',
  };
}

export function sampleDecision(atMs: number): Decision {
  return {
    id: 'dec_mf3k2p0aquartz1',
    goal: 'reduce costs 15%',
    at: atMs,
    objective: { metric: 'cost', direction: 'decrease', amount: 0.15, selector: '', latencyRiseMax: 0.1 },
    playbook: 'cost_optimize',
    parameters: { cpu_cut: 0.23, cache_cut: 0.31 },
    prediction: {
      target: { mean: -0.151, low: -0.171, high: -0.128 },
      metrics: {},
      before: { cost: 10_012 },
      tasks: 12_847,
      tasksTouched: 4_312,
      effects: 5_120,
    },
    risk: { score: 0.34, parts: {}, threshold: 0.7 },
    reasoning: [
      'cost_optimize meets the target at the least risk of 3 playbooks.',
      'cpu_cut 23 % reaches -15.1 %; more would raise latency above the guard rail of 10 %.',
      'Effect sizes come from 2 earlier rollouts.',
    ],
    state: { agents: 1159, tasks: 12_847, ageMs: 900, fingerprint: 'f' },
    candidates: 48,
    instruction: sampleInstruction(atMs),
  };
}

export interface SampleRollout {
  readonly state: RolloutState;
  readonly plannedAtMs: number;
  readonly batchesDone?: number;
  readonly failed?: number;
  readonly reason?: string;
  readonly goal?: string;
}

export function sampleRollout(sample: SampleRollout): RolloutRecord {
  const { state, plannedAtMs } = sample;
  const failed = sample.failed ?? 0;
  const batchesDone = sample.batchesDone ?? 116;
  const allStaged = batchesDone === 116;
  const answered = allStaged ? 1159 : batchesDone * 10;
  const live = state === 'live' || state === 'complete';
  return {
    id: 'instr_mf3k2p0aquartz1',
    instruction: sampleInstruction(plannedAtMs - 300),
    goal: sample.goal ?? 'reduce costs 15%',
    state,
    ...(sample.reason !== undefined && { reason: sample.reason }),
    epoch: 3,
    program: {
      name: 'cost_optimize',
      digest,
      bytes: 1_312,
      optimizationScore: 0.93,
      costPerTask: { min: 14, max: 42 },
      parameters: { cpu_cut: 0.23 },
    },
    agents: 1159,
    heldOut: 58,
    batches: 116,
    batchesDone,
    counts: {
      pending: 1159 - answered,
      staged: live ? 58 : answered - failed,
      live: live ? answered - failed - 58 : 0,
      failed,
      skipped: 0,
      rolled_back: 0,
    },
    maxFailures: 11,
    windowMs: 20_000,
    plannedAt: plannedAtMs,
    startedAt: plannedAtMs + 40,
    ...(allStaged && { stagedAt: plannedAtMs + 730, injectMs: 690 }),
    ...(live && { liveAt: plannedAtMs + 800 }),
    ...(state === 'complete' && { finishedAt: plannedAtMs + 20_900 }),
  };
}

/** `liveAtMs`: costs fall from then on. */
export function sampleAggregate(atMs: number, liveAtMs = Number.POSITIVE_INFINITY): Aggregate {
  const second = Math.round(atMs / 1_000);
  const wave = Math.sin(second / 3) * 0.004;
  const progress = Math.max(0, Math.min(1, (atMs - liveAtMs) / 8_000));
  const live = atMs > liveAtMs;
  return {
    at: atMs,
    agentsAlive: 1159,
    agentsKnown: 1159,
    programs: live ? { [digest]: 1101, none: 58 } : { none: 1159 },
    statuses: live ? { live: 1101, observing: 58 } : { idle: 1159 },
    tasks: 12_847 + Math.round(20 * Math.sin(second / 5)),
    cost: 10_012 * (1 + wave) * (1 - 0.141 * progress),
    latency: 1.24 * (1 - wave) * (1 + 0.03 * progress),
    throughput: 2_912 * (1 + wave),
    memory: 9.1e12,
    cpuTime: 31_000,
    completed: second * 2_912,
    failed: second,
    applied: live ? Math.round((atMs - liveAtMs) * 0.52) : 0,
    successRate: 0.9997,
    stale: 0,
    unmeasured: 0,
  };
}

export function sampleResult(atMs: number): Result {
  return {
    id: 'instr_mf3k2p0aquartz1',
    at: atMs,
    decision: 'dec_mf3k2p0aquartz1',
    goal: 'reduce costs 15%',
    type: 'COST_OPTIMIZATION_v2',
    digest,
    parameters: { cpu_cut: 0.23 },
    state: 'complete',
    agents: 1159,
    succeeded: 1159,
    failed: 0,
    heldOut: 58,
    execution: {
      windowMs: 20_000,
      workload: 'simulated',
      agentsReporting: 1159,
      tasksProcessed: 58_120,
      tasks: 12_847,
      effectsApplied: 10_402,
      effectsRefused: 0,
      effectsByAction: { REDUCE_CPU_THROTTLE: 6_000 },
      costBefore: 9_512,
      costAfter: 8_107,
      holdOut: { agents: 58, costBefore: 500, costAfter: 503 },
      reductionPct: 14.8,
      interval: [13.9, 15.7],
      latencyChangePct: 2.1,
      metrics: {},
      errors: 3,
      successRate: 0.9997,
    },
    groups: [],
    leaderboard: { topPerformer: null, mostEfficient: null, hardestWorker: null, top: [] },
    contributions: {},
  };
}

export async function writeAgents(redis: Redis, names: Names, atMs: number, count = 1159): Promise<void> {
  const pipeline = redis.pipeline();
  for (let at = 0; at < count; at++) {
    pipeline.zadd(names.agents, atMs, `agent-${at}`);
    pipeline.hset(names.agent(`agent-${at}`), { id: `agent-${at}`, workload: 'simulated' });
  }
  await pipeline.exec();
}

export async function writeRollout(redis: Redis, names: Names, rollout: RolloutRecord): Promise<void> {
  await redis.zadd(names.rollouts, rollout.plannedAt, rollout.id);
  await redis.hset(names.rollout(rollout.id), 'record', JSON.stringify(rollout));
  await redis.publish(names.rolloutChanges, rollout.id);
}

export async function writeAggregate(redis: Redis, names: Names, aggregate: Aggregate): Promise<void> {
  await redis.hset(names.aggregate, hashFieldsOf(aggregate));
  await redis.xadd(names.history, '*', 'json', JSON.stringify(aggregate));
}

export async function writeHealth(redis: Redis, names: Names, atMs: number): Promise<void> {
  await redis.hset(names.health, hashFieldsOf({ state: 'healthy', reasons: [], at: atMs }));
}
