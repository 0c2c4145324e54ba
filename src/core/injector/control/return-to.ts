/**
 * Back to the program of an earlier rollout: which one in, every rollout since then that has its agents taken back out,
 * newest first and without a canary, because that program has run before.
 */
import { limits } from '../../limits.js';
import { readAgentRecords } from '../../nerve/agent-records.js';
import type { AgentOutcome, RolloutAgent, RolloutRecord } from '../../nerve/messages/rollout-record.js';
import { newestRollouts, readRolloutAgents, readRollouts } from '../../nerve/rollout-records.js';
import { findRollout } from './find-rollout.js';
import { type SteerDependencies, type Steered, type SteerRequest, steerRollout } from './steer.js';
import { nobodyRemembers } from './wish-refusals.js';

export interface ReturnPlan {
  readonly target: RolloutRecord;
  /** Agents that run its program, or hold it and can return to it. */
  readonly agents: readonly string[];
  /** Agents on which it was live and that do not hold it any more. */
  readonly forgotten: readonly string[];
  /** Rollouts to take back, newest first; empty when nothing has come since. */
  readonly since: readonly RolloutRecord[];
}

export interface Returned {
  readonly takenBack: readonly Steered[];
  /** Of the plan's agents, those that run the program of the earlier rollout now. */
  readonly running: number;
}

/**
 * `to` as typed: an id or the beginning of one. Throws DN506 and DN514 when no such rollout is found, DN538 when no agent
 * holds its program any more.
 */
export async function planReturn(dependencies: SteerDependencies, to: string): Promise<ReturnPlan> {
  const { redis, names } = dependencies;
  const target = await findRollout(redis, names, to);
  const wereLive = [...(await readRolloutAgents(redis, names, target.id))].flatMap(([id, { outcome }]) =>
    outcome === 'live' ? [id] : [],
  );
  const records = await readAgentRecords(redis, names, wereLive);
  const holds = (_id: string, at: number) =>
    records[at]?.instruction === target.id || records[at]?.former?.includes(target.id) === true;
  const agents = wereLive.filter(holds);
  if (agents.length === 0) throw nobodyRemembers(target, wereLive.length);
  const forgotten = wereLive.filter((id, at) => !holds(id, at));
  return { target, agents, forgotten, since: await rolloutsSince(dependencies, target, new Set(agents)) };
}

/** Each step can be repeated: what failed half way is simply asked for again. */
export async function returnTo(
  dependencies: SteerDependencies,
  { target, agents, since }: ReturnPlan,
  request: Omit<SteerRequest, 'action' | 'typed'>,
): Promise<Returned> {
  const takenBack: Steered[] = [];
  for (const { id } of since) {
    takenBack.push(await steerRollout(dependencies, { ...request, action: 'rollback', typed: id }));
  }
  const records = await readAgentRecords(dependencies.redis, dependencies.names, agents);
  const running = records.filter((record) => record?.instruction === target.id).length;
  return { takenBack, running };
}

async function rolloutsSince(
  { redis, names }: SteerDependencies,
  target: RolloutRecord,
  agents: ReadonlySet<string>,
): Promise<RolloutRecord[]> {
  const ids = await newestRollouts(redis, names, limits.rolloutsListedMax);
  const since: RolloutRecord[] = [];
  for (const record of await readRollouts(redis, names, ids)) {
    if (record === undefined || record.id === target.id || record.plannedAt < target.plannedAt) continue;
    const known = await readRolloutAgents(redis, names, record.id);
    if ([...known].some(([id, agent]) => agents.has(id) && mayHaveIt(record, agent))) since.push(record);
  }
  return since;
}

/** Its program is there, or perhaps on its way there. */
function mayHaveIt({ state }: RolloutRecord, { outcome }: RolloutAgent): boolean {
  const isUnderWay = ['planned', 'canary', 'injecting', 'paused'].includes(state);
  return isUnderWay || (outcomesWithIt as readonly AgentOutcome[]).includes(outcome);
}

const outcomesWithIt = ['staged', 'live', 'failed'] as const;
