/** Rollouts as Redis has them in, the documents of `rollout list` and `rollout show` out. */
import { findRollout } from '../core/injector/control/find-rollout.js';
import type { AgentOutcome, RolloutAgent, RolloutRecord } from '../core/nerve/messages/rollout-record.js';
import type { Control, Wish } from '../core/nerve/messages/wish.js';
import type { Names } from '../core/nerve/names.js';
import type { Redis } from '../core/nerve/redis.js';
import { readHold } from '../core/nerve/rollout-holds.js';
import { newestRollouts, readRolloutAgents, readRollouts } from '../core/nerve/rollout-records.js';

export interface ListedRollout {
  readonly id: string;
  readonly goal: string | null;
  readonly type: string;
  readonly state: RolloutRecord['state'];
  readonly reason: string | null;
  /** A process works on it now. */
  readonly held: boolean;
  readonly program: { readonly name: string; readonly digest: string };
  readonly agents: number;
  readonly counts: RolloutRecord['counts'];
  readonly plannedAt: number;
  readonly finishedAt: number | null;
}

export interface RolloutsDocument {
  /** Rollouts that can be listed; `rollouts` holds the newest of these, newest first. */
  readonly known: number;
  /** Of those looked at, records that cannot be read. */
  readonly damaged: number;
  readonly rollouts: readonly ListedRollout[];
}

export interface RolloutFailure {
  readonly code: string;
  readonly reason: string;
  readonly agents: number;
}

export interface RolloutDocument {
  readonly rollout: RolloutRecord;
  /** The process that works on it, or was the last to. */
  readonly holder: string | null;
  readonly held: boolean;
  /** What was asked of it and has not been done yet. */
  readonly waiting: Wish | null;
  readonly control: Control | null;
  /** Why agents failed, the most frequent first. */
  readonly failures: readonly RolloutFailure[];
  /** Only when asked for: those with the outcome that was asked for, by id; batches are counted from 1. */
  readonly agents: readonly (RolloutAgent & { readonly id: string })[] | null;
}

export async function rolloutsDocument(
  redis: Redis,
  names: Names,
  { count, state }: { readonly count: number; readonly state: string | undefined },
): Promise<RolloutsDocument> {
  const known = await redis.zcard(names.rollouts);
  const ids = await newestRollouts(redis, names, state === undefined ? count : known);
  const records = await readRollouts(redis, names, ids);
  const readable = records.filter((record) => record !== undefined);
  const meant = readable.filter((record) => state === undefined || record.state === state).slice(0, count);
  const rollouts = await Promise.all(
    meant.map(async (record) => listed(record, isOnTheWay(record) && (await isHeld(redis, names, record)))),
  );
  return { known, damaged: records.length - readable.length, rollouts };
}

/** Throws DN506 and DN514 as `findRollout` does. */
export async function rolloutDocument(
  redis: Redis,
  names: Names,
  {
    typed,
    agents: wanted,
  }: { readonly typed: string | undefined; readonly agents: AgentOutcome | 'all' | undefined },
): Promise<RolloutDocument> {
  const rollout = await findRollout(redis, names, typed);
  const [hold, agents] = await Promise.all([
    readHold(redis, names, rollout.id),
    readRolloutAgents(redis, names, rollout.id),
  ]);
  const shown = [...agents]
    .filter(([, { outcome }]) => wanted === 'all' || outcome === wanted)
    .map(([id, agent]) => ({ id, ...agent, batch: agent.batch + 1 }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    rollout,
    holder: hold.holder ?? null,
    held: hold.held,
    waiting: hold.wish ?? null,
    control: rollout.control ?? null,
    failures: failuresOf(agents),
    agents: wanted === undefined ? null : shown,
  };
}

export function isOnTheWay({ state }: { readonly state: RolloutRecord['state'] }): boolean {
  return ['planned', 'canary', 'injecting', 'paused', 'live'].includes(state);
}

async function isHeld(redis: Redis, names: Names, { id }: RolloutRecord): Promise<boolean> {
  return (await readHold(redis, names, id)).held;
}

function listed(record: RolloutRecord, held: boolean): ListedRollout {
  const { id, goal, instruction, state, reason, program, agents, counts, plannedAt, finishedAt } = record;
  return {
    id,
    goal: goal ?? null,
    type: instruction.type,
    state,
    reason: reason ?? null,
    held,
    program: { name: program.name, digest: program.digest },
    agents,
    counts,
    plannedAt,
    finishedAt: finishedAt ?? null,
  };
}

function failuresOf(agents: ReadonlyMap<string, RolloutAgent>): RolloutFailure[] {
  const failed = [...agents.values()].filter(({ outcome }) => outcome === 'failed');
  const groups = Map.groupBy(failed, ({ code = '', reason = '' }) => `${code} ${reason}`);
  return [...groups.values()]
    .map((group) => ({ code: group[0]?.code ?? '', reason: group[0]?.reason ?? '', agents: group.length }))
    .sort((a, b) => b.agents - a.agents);
}
