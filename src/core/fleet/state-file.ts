/** What a supervisor knows in, one JSON file out that is always whole; and back. Status, stop and start read it. */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { diskError, errnoOf } from './disk-error.js';
import type { ProcessName } from './process-identity.js';

export type FleetPhase = 'starting' | 'up' | 'degraded' | 'stopping';
/** `daemon` lasts until it is stopped, `session` ends with the process that started it. */
export type FleetLifetime = 'daemon' | 'session';

export interface FleetState {
  readonly version: 1;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly phase: FleetPhase;
  /** Why the fleet is degraded or stopping. */
  readonly reason?: string;
  readonly lifetime: FleetLifetime;
  /** The process that started the fleet. */
  readonly ownerPid: number;
  readonly redisOnly: boolean;
  readonly redis: RedisState;
  readonly prefix: string;
  readonly agents: number;
  readonly seed: number;
  readonly hosts: readonly HostState[];
}

/** Exactly one of `url` and `socketPath` is set; `process` names the private Redis while it runs. */
export interface RedisState {
  readonly url: string | null;
  readonly socketPath: string | null;
  readonly private: boolean;
  readonly pid: number | null;
  readonly process: ProcessName | null;
  readonly restarts: number;
}

export interface HostState {
  readonly id: string;
  readonly pid: number | null;
  readonly process: ProcessName | null;
  readonly firstAgent: number;
  readonly agents: number;
  readonly restarts: number;
  readonly ready: boolean;
}

/** Undefined when there is no file; `damaged` when there is one that no supervisor of this version wrote. */
export function readState(path: string): FleetState | 'damaged' | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT' || errnoOf(cause) === 'ENOTDIR') return undefined;
    throw diskError(`State file ${path} cannot be read`, cause);
  }
  try {
    const value: unknown = JSON.parse(text);
    return isFleetState(value) ? value : 'damaged';
  } catch {
    return 'damaged';
  }
}

/** Readers see the old state or the new one, never a part: the file is written aside and renamed. */
export function writeState(path: string, state: FleetState): void {
  const text = `${JSON.stringify(state, null, 2)}\n`;
  const aside = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(aside, text, { mode: 0o600 });
    renameSync(aside, path);
  } catch (cause) {
    rmSync(aside, { force: true });
    if (!overwrite(path, text)) throw diskError(`State file ${path} cannot be written`, cause);
  }
}

export function removeState(path: string): void {
  rmSync(path, { force: true });
}

/** A full disk has no room for a second file, but the first has its block: one write, padded so that nothing old is left. */
function overwrite(path: string, text: string): boolean {
  try {
    writeFileSync(path, text.padEnd(statSync(path).size), { flag: 'r+' });
    return true;
  } catch {
    return false;
  }
}

function isFleetState(value: unknown): value is FleetState {
  return (
    isRecord(value) &&
    value.version === 1 &&
    isOneOf(value.phase, ['starting', 'up', 'degraded', 'stopping']) &&
    isOneOf(value.lifetime, ['daemon', 'session']) &&
    [value.pid, value.startedAt, value.ownerPid, value.agents, value.seed].every(Number.isFinite) &&
    typeof value.redisOnly === 'boolean' &&
    typeof value.prefix === 'string' &&
    isRedisState(value.redis) &&
    Array.isArray(value.hosts) &&
    value.hosts.every(isHostState)
  );
}

function isRedisState(value: unknown): value is RedisState {
  return (
    isRecord(value) &&
    (typeof value.url === 'string') !== (typeof value.socketPath === 'string') &&
    typeof value.private === 'boolean' &&
    isProcessOrNull(value.process)
  );
}

function isHostState(value: unknown): value is HostState {
  return (
    isRecord(value) &&
    typeof value.id === 'string' &&
    typeof value.ready === 'boolean' &&
    Number.isFinite(value.agents) &&
    isProcessOrNull(value.process)
  );
}

function isProcessOrNull(value: unknown): value is ProcessName | null {
  return (
    value === null || (isRecord(value) && Number.isFinite(value.pid) && typeof value.identity === 'string')
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOneOf(value: unknown, allowed: readonly string[]): boolean {
  return typeof value === 'string' && allowed.includes(value);
}
