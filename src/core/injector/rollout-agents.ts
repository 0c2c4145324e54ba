/** A rollout as values: its record and where each agent begins, what an answer makes of one, how many are where. Pure. */
import type { AgentOutcome, RolloutAgent, RolloutRecord } from '../nerve/messages/rollout-record.js';
import type { Answer } from './acknowledgements.js';
import type { Plan, PlannedAgent } from './plan.js';
import type { RolloutOptions } from './rollout.js';

/**
 * Every agent at the start. Resumed, those that failed or were never asked are asked again, except in a rollout that is
 * live already; those that have left the registry are marked.
 */
export function startingAgents(
  plan: Plan,
  known: ReadonlyMap<string, RolloutAgent>,
  isLive: boolean,
): Map<string, RolloutAgent> {
  const agents = new Map<string, RolloutAgent>();
  for (const { id, batch, heldOut } of plan.agents) {
    const before = known.get(id);
    const again = before === undefined || (before.outcome === 'failed' && !isLive);
    agents.set(id, again ? { outcome: 'pending', batch, heldOut } : { ...before, batch });
  }
  for (const [id, before] of known) if (!agents.has(id)) agents.set(id, departed(before));
  return agents;
}

/** The record of a rollout that begins, or that goes on after an `earlier` coordinator. */
export function recordAtStart({
  instruction,
  goal,
  program,
  plan,
  windowMs,
  epoch,
  earlier,
  agents,
  nowMs,
}: RolloutOptions & {
  readonly epoch: number;
  readonly earlier: RolloutRecord | undefined;
  readonly agents: ReadonlyMap<string, RolloutAgent>;
  readonly nowMs: number;
}): RolloutRecord {
  const isDone = ({ id }: PlannedAgent) => (agents.get(id)?.outcome ?? 'pending') !== 'pending';
  return {
    ...(goal === undefined ? {} : { goal }),
    ...earlier,
    id: instruction.id,
    instruction,
    state: earlier?.state ?? 'planned',
    epoch,
    program: {
      name: program.name,
      digest: program.digest,
      bytes: program.bytes.length,
      optimizationScore: program.optimizationScore,
      costPerTask: program.costPerTask,
      parameters: program.parameters,
    },
    agents: agents.size,
    heldOut: [...agents.values()].filter((agent) => agent.heldOut).length,
    batches: plan.batches.length,
    batchesDone: plan.batches.filter((batch) => batch.every(isDone)).length,
    counts: countsOf(agents),
    maxFailures: plan.maxFailures,
    windowMs,
    plannedAt: earlier?.plannedAt ?? nowMs,
  };
}

/** The same agents are held out as before, whatever the fleet looks like now: else an agent would change sides. */
export function planAgain(plan: Plan, known: ReadonlyMap<string, RolloutAgent>): Plan {
  const asBefore = (agent: PlannedAgent) => ({
    ...agent,
    heldOut: known.get(agent.id)?.heldOut ?? agent.heldOut,
  });
  const batches = plan.batches.map((batch) => batch.map(asBefore));
  const agents = batches.flat();
  return { ...plan, batches, agents, heldOut: agents.filter(({ heldOut }) => heldOut).length };
}

/**
 * Whom to tell that a program is taken back: agents that have it, and those that perhaps have it without our knowing.
 * Those are agents that failed, because they may have obeyed late, and agents of the batch that was under way.
 */
export function agentsToReturn(
  agents: readonly PlannedAgent[],
  known: ReadonlyMap<string, RolloutAgent>,
): { touched: PlannedAgent[]; perhaps: PlannedAgent[] } {
  const outcomeOf = ({ id }: PlannedAgent) => known.get(id)?.outcome ?? 'pending';
  const asked = agents.filter((agent) => outcomeOf(agent) !== 'pending').map(({ batch }) => batch);
  const underWay = asked.reduce((last, batch) => Math.max(last, batch), -1) + 1;
  return {
    touched: agents.filter((agent) => ['staged', 'live'].includes(outcomeOf(agent))),
    perhaps: agents.filter((agent) => {
      const outcome = outcomeOf(agent);
      return outcome === 'failed' || (outcome === 'pending' && agent.batch <= underWay);
    }),
  };
}

export function countsOf(agents: ReadonlyMap<string, RolloutAgent>): Record<AgentOutcome, number> {
  const counts = { pending: 0, staged: 0, live: 0, failed: 0, skipped: 0, rolled_back: 0 };
  for (const { outcome } of agents.values()) counts[outcome]++;
  return counts;
}

/** What an answer, or none within `withinMs`, makes of an agent that was to become `outcome`. */
export function settledAgent(
  { batch, heldOut }: PlannedAgent,
  answer: Answer | undefined,
  expected: {
    readonly outcome: AgentOutcome;
    readonly sentAt: number;
    readonly withinMs: number;
    readonly reason?: string | undefined;
  },
): RolloutAgent {
  const { outcome, sentAt, withinMs, reason } = expected;
  if (answer?.outcome !== 'done') return { batch, heldOut, ...failureOf(answer, withinMs) };
  return { batch, heldOut, outcome, ...timesOf(answer, sentAt), ...(reason === undefined ? {} : { reason }) };
}

/** An agent of the rollout that is not in the registry any more: what was not finished with it never will be. */
function departed(before: RolloutAgent): RolloutAgent {
  const { outcome, batch, heldOut } = before;
  if (outcome !== 'pending' && outcome !== 'staged') return before;
  return { outcome: 'failed', batch, heldOut, code: 'DN542', reason: 'it has left the fleet' };
}

function timesOf(answer: Answer, sentAt: number): Pick<RolloutAgent, 'acknowledgedMs' | 'loadMs'> {
  const acknowledgedMs = Math.max(0, answer.at - sentAt);
  return answer.timings === undefined
    ? { acknowledgedMs }
    : { acknowledgedMs, loadMs: answer.timings.totalMs };
}

function failureOf(answer: Answer | undefined, withinMs: number): Omit<RolloutAgent, 'batch' | 'heldOut'> {
  if (answer === undefined) {
    return { outcome: 'failed', code: 'DN540', reason: `no acknowledgement within ${withinMs} ms` };
  }
  return { outcome: 'failed', code: answer.code ?? 'DN541', reason: answer.reason ?? answer.outcome };
}
