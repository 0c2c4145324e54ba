/** The events of one whole run, and its document, as the pipeline would give them. */
import type { RunDocument } from '../../src/cli/progress/result-card.js';
import type { Decision } from '../../src/core/nerve/messages/decision.js';
import type { PipelineEvent } from '../../src/core/pipeline-events.js';
import {
  sampleAggregate,
  sampleDecision,
  sampleInstruction,
  sampleResult,
} from '../tui/support/sample-fleet.js';

/** 116 batches of 10 in 580 ms, a window of 20 s. */
export function sampleRun(startMs: number): PipelineEvent[] {
  const liveAt = startMs + 2_000;
  return [
    { type: 'phase', at: startMs, phase: 'fleet', state: 'started' },
    { type: 'fleet', at: startMs, state: 'up', agents: 1159, redis: 'private', ms: 900 },
    { type: 'phase', at: startMs, phase: 'fleet', state: 'done', ms: 900 },
    { type: 'phase', at: startMs, phase: 'decide', state: 'started' },
    { type: 'decided', at: startMs, decision: sampleDecision(startMs) },
    { type: 'phase', at: startMs, phase: 'decide', state: 'done', ms: 210 },
    { type: 'phase', at: startMs, phase: 'compile', state: 'started' },
    {
      type: 'compiled',
      at: startMs,
      name: 'cost_optimize',
      digest: `sha256:${'ab'.repeat(32)}`,
      bytes: 1_312,
      optimizationScore: 0.93,
      costPerTask: { min: 14, max: 42 },
    },
    { type: 'phase', at: startMs, phase: 'compile', state: 'done', ms: 12 },
    { type: 'phase', at: startMs, phase: 'inject', state: 'started' },
    {
      type: 'planned',
      at: startMs,
      instruction: sampleInstruction(startMs),
      agents: 1159,
      heldOut: 58,
      batches: 116,
      maxFailures: 11,
      windowMs: 20_000,
    },
    ...Array.from({ length: 116 }, (_, at): PipelineEvent => sampleBatch(startMs, at + 1)),
    { type: 'phase', at: startMs + 700, phase: 'inject', state: 'done', ms: 590 },
    { type: 'phase', at: liveAt, phase: 'live', state: 'started' },
    { type: 'aggregate', at: liveAt, aggregate: sampleAggregate(liveAt, liveAt), remainingMs: 20_000 },
    { type: 'live', at: liveAt, agents: 1101, heldOut: 58, ms: 31 },
    { type: 'phase', at: liveAt, phase: 'live', state: 'done', ms: 31 },
    { type: 'phase', at: liveAt, phase: 'measure', state: 'started' },
    ...Array.from({ length: 20 }, (_, at): PipelineEvent => {
      const now = liveAt + (at + 1) * 1_000;
      return {
        type: 'aggregate',
        at: now,
        aggregate: sampleAggregate(now, liveAt),
        remainingMs: 19_000 - at * 1_000,
      };
    }),
    { type: 'measured', at: liveAt + 20_100, result: sampleResult(liveAt + 20_100) },
    { type: 'phase', at: liveAt + 20_100, phase: 'measure', state: 'done', ms: 20_100 },
    { type: 'phase', at: liveAt + 20_200, phase: 'feedback', state: 'started' },
    {
      type: 'learned',
      at: liveAt + 20_200,
      learned: { nextType: 'COST_OPTIMIZATION_v3', predicted: -0.151, measured: -0.148, effectSizes: [] },
    },
    { type: 'rewarded', at: liveAt + 20_200, rewards: { points: 11_590, agents: 1159, added: true } },
    { type: 'phase', at: liveAt + 20_200, phase: 'feedback', state: 'done', ms: 40 },
  ];
}

export function sampleBatch(startMs: number, batch: number): PipelineEvent {
  const agents = batch === 116 ? 9 : 10;
  return {
    type: 'batch',
    at: startMs + batch * 5,
    batch,
    batches: 116,
    group: batch === 1 ? 'canary' : 'fleet',
    agents,
    staged: agents,
    failed: 0,
    ms: 5,
  };
}

export function sampleDocument(): RunDocument & { readonly decision: Decision } {
  const decision = sampleDecision(0);
  const result = sampleResult(0);
  return {
    decision,
    program: { name: 'cost_optimize', bytes: 1_312, optimizationScore: 0.93 },
    rollout: {
      id: result.id,
      type: result.type,
      agents: 1159,
      succeeded: 1159,
      failed: 0,
      heldOut: 58,
      batches: 116,
      durationMs: 690,
      state: 'complete',
    },
    execution: { ...result.execution, notes: [] },
    leaderboard: {
      topPerformer: { agent: 'agent-0117', value: 31.2 },
      mostEfficient: { agent: 'agent-0871', value: 22.3 },
      hardestWorker: { agent: 'agent-0032', value: 41 },
    },
    learned: {
      nextType: 'COST_OPTIMIZATION_v3',
      effectSizes: [{ action: 'REDUCE_CPU_THROTTLE', metric: 'cost', before: -0.5, after: -0.4 }],
    },
    rewards: { points: 11_590, agents: 1159 },
  };
}
