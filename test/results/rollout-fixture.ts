/** A rollout and its agents as the injector and the hosts leave them behind, for tests. */
import type { AgentRecord, EffectGroup, WindowReport } from '../../src/core/nerve/messages/agent-record.js';
import type { RolloutAgent, RolloutRecord } from '../../src/core/nerve/messages/rollout-record.js';
import type { SummaryInput } from '../../src/core/results/summary.js';

export const nowMs = 1_767_225_600_000;
export const digest = `sha256:${'cd'.repeat(32)}`;
export const rolloutId = 'instr_test';

export function rolloutRecord(change: Partial<RolloutRecord> = {}): RolloutRecord {
  return {
    id: rolloutId,
    instruction: {
      id: rolloutId,
      type: 'COST_OPTIMIZATION_v1',
      target_agents: 3,
      context: { currentCosts: 100, targetCosts: 85, deadline: 20_000, budget: 10, metrics: ['latency'] },
      timestamp: nowMs - 30_000,
      priority: 'HIGH',
      decision: 'dec_test',
    },
    goal: 'reduce costs 15%',
    state: 'live',
    epoch: 1,
    program: {
      name: 'cost_optimize',
      digest,
      bytes: 500,
      optimizationScore: 0.9,
      costPerTask: { min: 10, max: 20 },
      parameters: { cpu_cut: 0.2 },
    },
    agents: 3,
    heldOut: 1,
    batches: 1,
    batchesDone: 1,
    counts: { pending: 0, staged: 1, live: 2, failed: 0, skipped: 0, rolled_back: 0 },
    maxFailures: 0,
    windowMs: 20_000,
    plannedAt: nowMs - 30_000,
    liveAt: nowMs - 20_000,
    ...change,
  };
}

/** One agent: its place in the rollout and, unless it is silent, its record with a window report. */
export interface TestAgent {
  readonly id: string;
  readonly heldOut?: boolean;
  readonly outcome?: RolloutAgent['outcome'];
  /** [before, after] of its one group; absent: the agent has no report. */
  readonly cost?: readonly [number, number];
  readonly report?: Partial<WindowReport>;
  readonly workload?: string;
}

export function effectGroup(cost: readonly [number, number], change: Partial<EffectGroup> = {}): EffectGroup {
  return { actions: 1, tasks: 4, arguments: { '1': 0.2 }, sums: { cost: [...cost] }, ...change };
}

export function summaryInput(
  agents: readonly TestAgent[],
  change: Partial<RolloutRecord> = {},
): SummaryInput {
  return {
    record: rolloutRecord(change),
    agents: new Map(agents.map((agent) => [agent.id, rolloutAgent(agent)])),
    records: agents.flatMap((agent) => (agent.cost === undefined ? [] : [agentRecord(agent, agent.cost)])),
    nowMs,
  };
}

function rolloutAgent({ heldOut = false, outcome }: TestAgent): RolloutAgent {
  return { outcome: outcome ?? (heldOut ? 'staged' : 'live'), batch: 0, heldOut };
}

function agentRecord(agent: TestAgent, cost: readonly [number, number]): AgentRecord {
  return {
    id: agent.id,
    host: 'host-1',
    labels: {},
    workload: agent.workload ?? 'simulated',
    capabilities: [],
    status: agent.heldOut ? 'observing' : 'live',
    startedAt: nowMs - 60_000,
    window: {
      instruction: rolloutId,
      arm: agent.heldOut ? 'held-out' : 'treated',
      since: nowMs - 20_000,
      at: nowMs,
      ticks: 20,
      completed: 100,
      failed: 0,
      applied: agent.heldOut ? 0 : 4,
      refused: 0,
      effects: agent.heldOut ? {} : { REDUCE_CPU_THROTTLE: 4 },
      steps: 80,
      groups: [effectGroup(cost)],
      errors: 0,
      ...agent.report,
    },
  };
}
