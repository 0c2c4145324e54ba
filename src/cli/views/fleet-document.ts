/** What is known of a home's fleet -> the document of `status` and `up`: processes, Redis, agents alive, last rollout. */
import type { FleetStatus } from '../../core/fleet/fleet-status.js';
import type { Home } from '../../core/fleet/home.js';
import { hasOtherPrefix, prefixText } from '../../core/fleet/match-running.js';
import { limits } from '../../core/limits.js';
import { withoutPassword } from '../../core/nerve/address.js';
import type { Health } from '../../core/nerve/messages/aggregate.js';
import type { RolloutRecord } from '../../core/nerve/messages/rollout-record.js';
import type { Names } from '../../core/nerve/names.js';
import type { Redis } from '../../core/nerve/redis.js';
import { readHold } from '../../core/nerve/rollout-holds.js';
import { newestRollouts, readRollout } from '../../core/nerve/rollout-records.js';
import { readAggregate, readHealth } from '../../core/orchestrator/read.js';

export interface FleetDocument {
  /** `unmanaged`: a given Redis without a local fleet, or a prefix that the fleet of this home does not have. */
  readonly state: FleetStatus['state'] | 'unmanaged';
  readonly reason: string | null;
  readonly home: string;
  /** Prefix of the names in Redis that were looked at; null when they have none. */
  readonly prefix: string | null;
  readonly supervisor: {
    readonly pid: number;
    readonly startedAt: number;
    /** `session` ends with the process `ownerPid`. */
    readonly lifetime: 'daemon' | 'session';
    readonly ownerPid: number;
    readonly seed: number;
    readonly prefix: string;
  } | null;
  readonly redis: {
    readonly address: string;
    readonly private: boolean;
    readonly pid: number | null;
    readonly restarts: number;
  } | null;
  readonly hosts: readonly {
    readonly id: string;
    readonly pid: number | null;
    readonly ready: boolean;
    readonly agents: number;
    readonly firstAgent: number;
    readonly restarts: number;
  }[];
  /** As the orchestrator saw the agents last; null when that is not known, or not any more. */
  readonly health: {
    readonly state: Health['state'];
    readonly reasons: readonly string[];
    /** What is not known of them. */
    readonly notes: readonly string[];
  } | null;
  /** `alive` and `known` are null when Redis was not asked. */
  readonly agents: { readonly started: number; readonly alive: number | null; readonly known: number | null };
  readonly lastRollout: {
    readonly id: string;
    readonly type: string;
    readonly goal: string | null;
    readonly state: string;
    readonly agents: number;
    readonly failed: number;
    readonly plannedAt: number;
    readonly finishedAt: number | null;
    /** The command that goes on with it, when it is not finished and nobody is seen to work on it. */
    readonly next: string | null;
  } | null;
}

/** What Redis tells beyond the state file; null when it was not asked. */
export type FleetFacts = Pick<FleetDocument, 'lastRollout' | 'health'> & {
  readonly alive: number;
  readonly known: number;
};

export interface FleetDocumentOptions {
  readonly home: Home;
  readonly status: FleetStatus;
  readonly facts: FleetFacts | null;
  /** A Redis that was given on the command line. */
  readonly redisUrl?: string | undefined;
  /** A prefix that was given on the command line. */
  readonly prefix?: string | undefined;
}

export function fleetDocument(options: FleetDocumentOptions): FleetDocument {
  const { home, status, facts, prefix } = options;
  const { fleet } = status;
  const runs = fleet !== null && status.state !== 'stale' && !hasOtherPrefix(status, prefix);
  return {
    ...stateOf(options),
    home: home.stateDir,
    prefix: (prefix ?? fleet?.prefix) || null,
    supervisor: runs
      ? {
          pid: fleet.pid,
          startedAt: fleet.startedAt,
          lifetime: fleet.lifetime,
          ownerPid: fleet.ownerPid,
          seed: fleet.seed,
          prefix: fleet.prefix,
        }
      : null,
    redis: redisOf(options),
    hosts: runs
      ? fleet.hosts.map(({ id, pid, ready, agents, firstAgent, restarts }) => ({
          id,
          pid,
          ready,
          agents,
          firstAgent,
          restarts,
        }))
      : [],
    health: facts?.health ?? null,
    agents: {
      started: runs ? fleet.agents : 0,
      alive: facts?.alive ?? null,
      known: facts?.known ?? null,
    },
    lastRollout: facts?.lastRollout ?? null,
  };
}

function stateOf({
  status,
  redisUrl,
  prefix,
}: FleetDocumentOptions): Pick<FleetDocument, 'state' | 'reason'> {
  const { fleet, state, reason = null } = status;
  if (fleet !== null && hasOtherPrefix(status, prefix))
    return { state: 'unmanaged', reason: `the one of this home ${prefixText(fleet)}` };
  return { state: state === 'down' && redisUrl !== undefined ? 'unmanaged' : state, reason };
}

/** An orchestrator aggregates every 30 s at the slowest: two of its rounds, and some time for a slow one. */
const healthOldAfterMs = 65_000;

/** A few small questions and the newest rollout. */
export async function readFleetFacts(redis: Redis, names: Names, nowMs: number): Promise<FleetFacts> {
  const [alive, known, seen, aggregate, newest] = await Promise.all([
    redis.zcount(names.agents, `(${nowMs - limits.agentAliveMs}`, '+inf'),
    redis.zcard(names.agents),
    readHealth(redis, names),
    readAggregate(redis, names),
    newestRollouts(redis, names, 1),
  ]);
  const record = newest[0] === undefined ? undefined : await readRollout(redis, names, newest[0]);
  // What was seen before these agents came says nothing of them.
  const isOfOthers = aggregate?.agentsKnown === 0 && known > 0;
  const isNews = seen !== undefined && nowMs - seen.at < healthOldAfterMs && !isOfOthers;
  const health = isNews ? healthOf(seen) : null;
  if (record === undefined) return { alive, known, health, lastRollout: null };
  const { id, goal, state, agents, counts, plannedAt, finishedAt, instruction } = record;
  return {
    alive,
    known,
    health,
    lastRollout: {
      id,
      type: instruction.type,
      goal: goal ?? null,
      state,
      agents,
      failed: counts.failed,
      plannedAt,
      finishedAt: finishedAt ?? null,
      next: nextStep(record, (await readHold(redis, names, id)).held),
    },
  };
}

function healthOf({ state, reasons, notes }: Health): FleetDocument['health'] {
  return { state, reasons, notes };
}

/** Interrupted it waits for somebody; in any state on the way it needs a process that works on it. */
function nextStep({ id, state }: RolloutRecord, held: boolean): string | null {
  if (held) return state === 'paused' ? `dreamnet rollout resume ${id}` : null;
  const goesOn = ['planned', 'canary', 'injecting', 'paused', 'live', 'aborted'].includes(state);
  return goesOn ? `dreamnet inject --resume ${id}` : null;
}

function redisOf({ status, redisUrl }: FleetDocumentOptions): FleetDocument['redis'] {
  if (redisUrl !== undefined)
    return { address: withoutPassword(redisUrl), private: false, pid: null, restarts: 0 };
  const redis = status.state === 'stale' ? undefined : status.fleet?.redis;
  if (redis === undefined) return null;
  return {
    address: redis.url === null ? (redis.socketPath ?? '') : withoutPassword(redis.url),
    private: redis.private,
    pid: redis.pid,
    restarts: redis.restarts,
  };
}
