/** A home in, what runs there out, judged by what lives and not by what a file says. */
import type { Home } from './home.js';
import { lockHolder } from './lock.js';
import type { ProcessName } from './process-identity.js';
import { askRedis } from './redis-probe.js';
import { type FleetPhase, type FleetState, readState } from './state-file.js';

/** How a client reaches the fleet's Redis. */
export type FleetConnection = { readonly socketPath: string } | { readonly url: string };

export interface FleetStatus {
  /** `stale`: its supervisor is gone without cleaning up; the next start or stop cleans. */
  readonly state: 'down' | 'stale' | FleetPhase;
  /** Why it is degraded, stopping or stale, in words. */
  readonly reason?: string;
  /** Null when nothing runs that could be connected to; Redis may be at its start or its end still. */
  readonly connection: FleetConnection | null;
  /** What the supervisor last wrote; null when there is nothing that can be trusted. */
  readonly fleet: FleetState | null;
}

/** The name of the lock that the living supervisor of a home holds. */
export const supervisorLock = 'supervisor';

/** A Redis that does not answer within this is not fit for use. */
const probeMs = 1_000;

export async function fleetStatus(home: Home): Promise<FleetStatus> {
  const status = recordedStatus(home);
  const { fleet } = status;
  if (status.state !== 'up' || fleet === null || !fleet.redis.private) return status;
  const problem = await redisProblem(home);
  return problem === undefined ? status : { ...status, state: 'degraded', reason: problem };
}

/** The same without asking Redis: at once, from the files alone. */
export function recordedStatus(home: Home): FleetStatus {
  const supervisor = supervisorOf(home);
  const state = readState(home.stateFile);
  if (supervisor === undefined) return state === undefined ? down : staleStatus(home, state);
  if (state === 'damaged') return damagedStatus(home, supervisor);
  // It has taken the lock and not yet written its state, or has removed it and not yet released the lock.
  if (state === undefined || state.pid !== supervisor.pid)
    return { state: 'starting', connection: null, fleet: null };
  const { phase, reason } = state;
  return {
    state: phase,
    ...(reason === undefined ? {} : { reason }),
    connection: connectionOf(state),
    fleet: state,
  };
}

/** The living supervisor of a home. */
export function supervisorOf(home: Home): ProcessName | undefined {
  return lockHolder(home.stateDir, supervisorLock);
}

const down: FleetStatus = { state: 'down', connection: null, fleet: null };

function staleStatus(home: Home, state: FleetState | 'damaged'): FleetStatus {
  const reason =
    state === 'damaged'
      ? `state file ${home.stateFile} is damaged, and no supervisor runs`
      : `supervisor ${state.pid} is gone without cleaning up`;
  return { state: 'stale', reason, connection: null, fleet: state === 'damaged' ? null : state };
}

function damagedStatus(home: Home, supervisor: ProcessName): FleetStatus {
  const reason = `state file ${home.stateFile} is damaged while supervisor ${supervisor.pid} runs`;
  return { state: 'degraded', reason, connection: null, fleet: null };
}

function connectionOf({ redis }: FleetState): FleetConnection | null {
  if (redis.url !== null) return { url: redis.url };
  return redis.socketPath === null ? null : { socketPath: redis.socketPath };
}

async function redisProblem(home: Home): Promise<string | undefined> {
  const { socketPath } = home;
  const info = await askRedis({ socketPath, command: 'INFO persistence', timeoutMs: probeMs });
  if (info === undefined) return `Redis on ${socketPath} does not answer within ${probeMs} ms`;
  if (info.startsWith('-')) return `Redis on ${socketPath} answers: ${info.slice(1)}`;
  if (info.includes('aof_last_write_status:ok')) return undefined;
  return `Redis cannot write to ${home.redisDir}: is the disk full?`;
}
