/** A rollout as values: its record and where each agent begins, which batches are done, how many are where. Pure. */
import type { AgentOutcome, RolloutAgent, RolloutRecord } from '../../nerve/messages/rollout-record.js';
import type { RolloutSettings } from '../../nerve/messages/rollout-settings.js';
import type { Plan, PlannedAgent } from '../plan/plan.js';
import type { RolloutOptions } from './rollout.js';

/**
 * Every agent at the start. Resumed, those that failed or were never asked are asked again, except in a rollout that is
 * live already; those that are left out this time, and those that have left the registry, are marked.
 */
export function startingAgents(
  plan: Plan,
  known: ReadonlyMap<string, RolloutAgent>,
  { isLive, leftOut }: { readonly isLive: boolean; readonly leftOut: ReadonlyMap<string, string> },
): Map<string, RolloutAgent> {
  const agents = new Map<string, RolloutAgent>();
  for (const planned of plan.agents) {
    const { id, batch } = planned;
    const before = known.get(id);
    const again = before === undefined || (isAskedAgain(before) && !isLive);
    agents.set(id, again ? { outcome: 'pending', ...placeOf(planned) } : { ...before, batch });
  }
  for (const [id, before] of known) {
    if (agents.has(id)) continue;
    const reason = leftOut.get(id);
    if (reason !== undefined) agents.set(id, passedOver(before, reason));
    else agents.set(id, isUnfinished(before) ? departedAgent(before) : before);
  }
  return agents;
}

function isUnfinished({ outcome }: RolloutAgent): boolean {
  return outcome === 'pending' || outcome === 'staged';
}

/** What a resumed rollout asks for: untouched and failed agents, and those that an earlier resume was told to leave out. */
export function isAskedAgain({ outcome, code }: RolloutAgent): boolean {
  return outcome === 'pending' || outcome === 'failed' || (outcome === 'skipped' && code === passedOverCode);
}

const passedOverCode = 'DN546';

function passedOver(before: RolloutAgent, reason: string): RolloutAgent {
  return { ...placeOf(before), outcome: 'skipped', code: passedOverCode, reason };
}

/** The record of a rollout that begins, or that goes on after an `earlier` coordinator. */
export function recordAtStart({
  instruction,
  goal,
  program,
  plan,
  windowMs,
  service,
  epoch,
  earlier,
  agents,
  settings,
  nowMs,
}: RolloutOptions & {
  readonly settings: RolloutSettings;
  readonly epoch: number;
  readonly earlier: RolloutRecord | undefined;
  readonly agents: ReadonlyMap<string, RolloutAgent>;
  readonly nowMs: number;
}): RolloutRecord {
  const { service: _service, seal: _seal, finishedAt: _ended, canaryPassedAt, ...before } = earlier ?? {};
  // A canary that was returned watches over nothing any more: another one goes first.
  const isWatchedOver = canaryPassedAt !== undefined && countsOf(agents).live > 0;
  return {
    ...(goal === undefined ? {} : { goal }),
    ...before,
    ...(service ? { service } : {}),
    ...(isWatchedOver ? { canaryPassedAt } : {}),
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
    batchesDone: batchesDone(plan, agents).length,
    counts: countsOf(agents),
    maxFailures: plan.maxFailures,
    windowMs,
    options: settings,
    plannedAt: earlier?.plannedAt ?? nowMs,
  };
}

/** Numbers of the batches of which no agent is still to be asked, the first one 1. */
export function batchesDone(plan: Plan, agents: ReadonlyMap<string, RolloutAgent>): number[] {
  const isDone = ({ id }: PlannedAgent) => (agents.get(id)?.outcome ?? 'pending') !== 'pending';
  return plan.batches.flatMap((batch, at) => (batch.every(isDone) ? [at + 1] : []));
}

/** The same agents are held out as before, whatever the fleet looks like now: else an agent would change sides. */
export function planAgain(plan: Plan, known: ReadonlyMap<string, RolloutAgent>): Plan {
  const asBefore = (agent: PlannedAgent): PlannedAgent => {
    const { heldOut = agent.heldOut, joined } = known.get(agent.id) ?? {};
    return { ...agent, heldOut, ...(joined === undefined ? {} : { joined }) };
  };
  const batches = plan.batches.map((batch) => batch.map(asBefore));
  const agents = batches.flat();
  return { ...plan, batches, agents, heldOut: agents.filter(({ heldOut }) => heldOut).length };
}

/**
 * Whom to tell that a program is taken back: agents that have it, and those that perhaps have it without our knowing.
 * Those are agents that failed, because they may have obeyed late, and agents of the batches that were under way, of
 * which there were at most `parallel`.
 */
export function agentsToReturn(
  agents: readonly PlannedAgent[],
  known: ReadonlyMap<string, RolloutAgent>,
  parallel: number,
): { touched: PlannedAgent[]; perhaps: PlannedAgent[] } {
  const outcomeOf = ({ id }: PlannedAgent) => known.get(id)?.outcome ?? 'pending';
  const asked = agents.filter((agent) => outcomeOf(agent) !== 'pending').map(({ batch }) => batch);
  const underWay = asked.reduce((last, batch) => Math.max(last, batch), -1) + parallel;
  return {
    touched: agents.filter((agent) => ['staged', 'live'].includes(outcomeOf(agent))),
    perhaps: agents.filter((agent) => {
      const state = known.get(agent.id);
      if (state?.outcome === 'failed') return true;
      return (state === undefined || isAskedAgain(state)) && agent.batch <= underWay;
    }),
  };
}

export function countsOf(agents: ReadonlyMap<string, RolloutAgent>): Record<AgentOutcome, number> {
  const counts = { pending: 0, staged: 0, live: 0, failed: 0, skipped: 0, rolled_back: 0 };
  for (const { outcome } of agents.values()) counts[outcome]++;
  return counts;
}

export type Place = Pick<PlannedAgent, 'batch' | 'heldOut' | 'joined'>;

/** What stays of an agent, whatever becomes of it. */
export function placeOf({
  batch,
  heldOut,
  joined,
}: Pick<RolloutAgent, 'batch' | 'heldOut' | 'joined'>): Place {
  return joined === undefined ? { batch, heldOut } : { batch, heldOut, joined };
}

/** An agent of the rollout that is not there any more; whether it comes back nobody knows. */
export function departedAgent(before: RolloutAgent): RolloutAgent {
  return { ...placeOf(before), outcome: 'failed', code: 'DN542', reason: 'it has left the fleet' };
}
