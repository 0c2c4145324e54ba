/**
 * A rollout that nobody works on any more, taken back: this process claims it, orders every agent that has its program to
 * return to what it had before, and writes down who did.
 */
import { listAgents } from '../../fleet/registry.js';
import { readAgentRecords } from '../../nerve/agent-records.js';
import type { RolloutAgent, RolloutRecord } from '../../nerve/messages/rollout-record.js';
import type { Wish } from '../../nerve/messages/wish.js';
import { claimRollout, readRolloutAgents } from '../../nerve/rollout-records.js';
import { HeldRollout } from '../course/held-rollout.js';
import { holdRollout, type RolloutDependencies } from '../course/rollout.js';
import { agentsToReturn, placeOf } from '../course/rollout-agents.js';
import { nextStates } from '../course/states.js';
import type { PlannedAgent } from '../plan/plan.js';
import { askedBy, doesNotFit, nobodyToReturn, noWayBack } from './wish-refusals.js';

export interface RollBackRequest {
  /** As read before; the claim makes sure that nobody else works on it. */
  readonly record: RolloutRecord;
  readonly wish: Wish;
  readonly acknowledgeWithinMs?: number;
}

export interface RolledBack {
  readonly record: RolloutRecord;
  readonly returned: number;
  /** Agents that were told and have not answered. */
  readonly silent: number;
}

/**
 * Throws DN515 when there is nothing to take back, DN536 when none of the agents that have it is alive, DN537 when some are
 * reached by a way that was not given.
 */
export async function rollBack(
  dependencies: RolloutDependencies,
  request: RollBackRequest,
): Promise<RolledBack> {
  const { redis, names, name, clock } = dependencies;
  const { record: earlier, wish } = request;
  const { id, options } = earlier;
  const isRepeated = earlier.state === 'rolled_back';
  if (!isRepeated && !nextStates[earlier.state].includes('rolled_back'))
    throw doesNotFit('rollback', earlier);
  const agents = await readRolloutAgents(redis, names, id);
  const known = await reachableAgents(dependencies, agents);
  const { touched, perhaps } = agentsToReturn(known.all, agents, options?.parallel ?? 1);
  // Those that did not answer the first time are all that is left the second time.
  const wanted = isRepeated ? [...touched, ...perhaps.filter(hasFailed(agents))] : touched;
  for (const { transport } of wanted)
    if (transport !== 'bus' && dependencies.transports?.[transport] === undefined)
      throw noWayBack(id, transport);
  const here = wanted.filter((agent) => known.alive.has(agent.id));
  if (wanted.length > 0 && here.length === 0) throw nobodyToReturn(id, wanted.length);
  const away = wanted.filter((agent) => !known.alive.has(agent.id));
  const answering = new Set(here.map((agent) => agent.id));
  const epoch = await claimRollout(redis, names, { id, holder: name, nowMs: clock() });
  const hold = await holdRollout(dependencies, {
    id,
    epoch,
    acknowledgeWithinMs: request.acknowledgeWithinMs ?? options?.acknowledgeWithinMs,
  });
  const held = new HeldRollout(dependencies, hold, { record: { ...earlier, epoch }, agents });
  try {
    const told = [...away, ...(isRepeated ? [] : perhaps)];
    const { returned, silent } = await held.takeBack({ touched: here, perhaps: told });
    const missed = agentsAway(held.agents, answering);
    await held.write(missed);
    await held.step('rolled_back', { reason: askedBy(wish), obeyed: wish });
    return { record: held.record, returned, silent: silent + missed.size };
  } finally {
    await held.close();
  }
}

/** With the host that carries each one now; an agent that signed off has left its record, and its host reads on later. */
async function reachableAgents(
  { redis, names, clock }: RolloutDependencies,
  agents: ReadonlyMap<string, RolloutAgent>,
): Promise<{ all: PlannedAgent[]; alive: ReadonlySet<string> }> {
  const ids = [...agents.keys()];
  const [registered, records] = await Promise.all([
    listAgents(redis, names, clock()),
    readAgentRecords(redis, names, ids),
  ]);
  const all = [...agents].flatMap(([id, agent], at) => {
    const record = records[at];
    if (record === undefined) return [];
    const { host, transport = 'bus' } = record;
    return [{ id, host, transport, ...placeOf(agent) }];
  });
  return { all, alive: new Set(registered.filter(({ alive }) => alive).map(({ id }) => id)) };
}

function hasFailed(agents: ReadonlyMap<string, RolloutAgent>): (agent: PlannedAgent) => boolean {
  return ({ id }) => agents.get(id)?.outcome === 'failed';
}

/** Agents that have the program and were not there to answer, as failed. */
function agentsAway(agents: ReadonlyMap<string, RolloutAgent>, answering: ReadonlySet<string>) {
  const reason = 'it was away when the rollout was taken back; it obeys when it comes back in time';
  const missed = new Map<string, RolloutAgent>();
  for (const [id, agent] of agents) {
    if (answering.has(id) || !['staged', 'live'].includes(agent.outcome)) continue;
    missed.set(id, { ...placeOf(agent), outcome: 'failed', code: 'DN543', reason });
  }
  return missed;
}
