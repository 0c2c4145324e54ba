/**
 * A wish for a fleet in, a running fleet and how to reach it out. One supervisor process per home does the work; this is the
 * side that starts it, finds it running, or waits for another process that is starting it.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DreamnetError } from '../errors.js';
import { limits } from '../limits.js';
import type { FleetJob } from './fleet-job.js';
import {
  type FleetConnection,
  type FleetStatus,
  fleetStatus,
  recordedStatus,
  supervisorOf,
} from './fleet-status.js';
import { prepareHome } from './home.js';
import { type Lock, lockHolder, tryLock } from './lock.js';
import { logTail } from './log-file.js';
import { type FleetWish, matchRunning } from './match-running.js';
import { siblingModule } from './module-runner.js';
import { findRedisBinary } from './redis-binary.js';
import { requireReachable } from './redis-url.js';
import { ensureSigningKeys } from './signing-keys.js';
import type { FleetState } from './state-file.js';
import { type StopResult, stopFleet } from './stop-fleet.js';
import { type SupervisorLink, startSupervisor } from './supervisor-link.js';
import { settlesWithin, waitFor } from './wait.js';

export { type FleetConnection, type FleetStatus, fleetStatus } from './fleet-status.js';
export type { FleetState } from './state-file.js';
export { type StopResult, stopFleet } from './stop-fleet.js';

export interface FleetOptions extends FleetWish {
  readonly seed: number;
  /** File URL or path of the module that a host process runs. */
  readonly hostModule?: string;
  /** Agents of a session know again what those of the session before had staged and live. */
  readonly keepAgents?: boolean;
  /** Stops what was started so far. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FleetProgress) => void;
  /** What the supervisor, Redis and the hosts inherit. */
  readonly env?: NodeJS.ProcessEnv;
  readonly readyMsMax?: number;
}

export interface FleetProgress {
  /** `waiting`: another process is starting or stopping the fleet. */
  readonly phase: 'waiting' | FleetState['phase'];
  readonly hostsReady: number;
  readonly hosts: number;
  readonly agentsReady: number;
  readonly agents: number;
}

export interface RunningFleet {
  readonly status: FleetStatus;
  readonly connection: FleetConnection;
  /** False when the fleet ran already. */
  readonly started: boolean;
  /** Stops a fleet that this call started, and waits until it is gone; a fleet that ran already stays. */
  stop(): Promise<StopResult>;
}

/** 1,159 agents take seconds; reading back a large append-only file on a busy machine takes longer. */
const readyMsDefault = 120_000;
/** The supervisor gives hosts 5 s and Redis 10 s. */
const stopMsMax = 20_000;
const startLock = 'start';

export async function startFleet(options: FleetOptions): Promise<RunningFleet> {
  requireSane(options);
  prepareHome(options.home);
  const turn = await myTurn(options);
  if ('running' in turn) return turn.running;
  try {
    return await startNew(options);
  } finally {
    turn.lock.release();
  }
}

/** Waits until the fleet runs, which ends the matter, or until this process alone may start it. */
async function myTurn(options: FleetOptions): Promise<{ lock: Lock } | { running: RunningFleet }> {
  const { home } = options;
  let lock: Lock | undefined;
  const isMine = () => {
    lock ??= tryLock(home.stateDir, startLock);
    return lock !== undefined && supervisorOf(home) === undefined;
  };
  const settled = () => isRunning(recordedStatus(home)) || isMine();
  if (!settled()) options.onProgress?.(waitingProgress(options));
  const inTime = await waitFor(settled, { timeoutMs: readyMsOf(options), signal: options.signal });
  if (inTime && lock !== undefined && isMine()) return { lock };
  lock?.release();
  if (!inTime) throw options.signal?.aborted ? interruptedError() : busyError(options, recordedStatus(home));
  const status = await fleetStatus(home);
  // Somebody may have stopped it since it was seen running.
  if (!isRunning(status)) return myTurn(options);
  return { running: { ...matchRunning(options, status), started: false, stop: leaveRunning } };
}

function isRunning({ state }: FleetStatus): boolean {
  return state === 'up' || state === 'degraded';
}

async function startNew(options: FleetOptions): Promise<RunningFleet> {
  const { home, env = process.env } = options;
  if (options.redisUrl === undefined) findRedisBinary(env);
  else await requireReachable(options.redisUrl);
  const onState = (state: FleetState) => options.onProgress?.(progressOf(state));
  const link = startSupervisor({ job: jobOf(options), env, onState });
  try {
    await readyInTime(link, options);
  } catch (thrown) {
    await endStart(link, options);
    throw thrown;
  }
  if (options.lifetime === 'daemon') link.release();
  else link.unref();
  const running = matchRunning(options, await fleetStatus(home));
  return { ...running, started: true, stop: () => stopOwn(link, options) };
}

function jobOf(options: FleetOptions): FleetJob {
  const { home, agents, seed, prefix, lifetime } = options;
  // Hosts read them: a home that cannot sign is told before anything is started.
  ensureSigningKeys(home);
  const redisOnly = options.redisOnly ?? false;
  return {
    home,
    agents: redisOnly ? 0 : agents,
    seed,
    prefix,
    redisUrl: options.redisUrl ?? null,
    lifetime,
    ownerPid: process.pid,
    redisOnly,
    hostModule: options.hostModule ?? siblingModule('../agent/host-main.js', import.meta.url),
    agentsDir: agentsDirOf(options),
  };
}

/**
 * Agents of a daemon fleet keep their programs over `down` and `up`. Those of a session are new each time, as their
 * simulated tasks are, unless it goes on with what an earlier session was interrupted in.
 */
function agentsDirOf({ home, lifetime, keepAgents = false, redisOnly = false }: FleetOptions): string {
  if (lifetime === 'daemon') return home.agentsDir;
  const own = join(home.agentsDir, 'session');
  if (!keepAgents && !redisOnly) rmSync(own, { recursive: true, force: true });
  return own;
}

async function readyInTime(link: SupervisorLink, options: FleetOptions): Promise<void> {
  const readyMs = readyMsOf(options);
  const interrupted = Promise.withResolvers<never>();
  const interrupt = () => interrupted.reject(interruptedError());
  options.signal?.addEventListener('abort', interrupt, { once: true });
  try {
    if (options.signal?.aborted) interrupt();
    const up = Promise.race([link.up, interrupted.promise]);
    if (!(await settlesWithin(up, readyMs))) throw slowError(options);
  } finally {
    options.signal?.removeEventListener('abort', interrupt);
  }
}

/** After a start that failed: its supervisor stops what it had started. */
async function endStart(link: SupervisorLink, { home }: FleetOptions): Promise<void> {
  link.cut();
  if (!(await settlesWithin(link.exited, stopMsMax))) await stopFleet(home, { graceMs: 0 });
}

/** Meanwhile the fleet may have been stopped, and another started in its place, by somebody else. */
async function stopOwn(link: SupervisorLink, { home }: FleetOptions): Promise<StopResult> {
  return supervisorOf(home)?.pid === link.pid ? stopFleet(home) : { stopped: false, forced: false };
}

async function leaveRunning(): Promise<StopResult> {
  return { stopped: false, forced: false };
}

function readyMsOf(options: FleetOptions): number {
  return options.readyMsMax ?? readyMsDefault;
}

function waitingProgress({ agents }: FleetOptions): FleetProgress {
  return { phase: 'waiting', hostsReady: 0, hosts: 0, agentsReady: 0, agents };
}

function progressOf({ phase, hosts, agents }: FleetState): FleetProgress {
  const ready = hosts.filter((host) => host.ready);
  const agentsReady = ready.reduce((sum, host) => sum + host.agents, 0);
  return { phase, hostsReady: ready.length, hosts: hosts.length, agentsReady, agents };
}

function requireSane({ agents, redisOnly = false, redisUrl }: FleetOptions): void {
  if (redisOnly && redisUrl !== undefined) {
    throw badInput('A private Redis was asked for together with one at a URL', 'Leave one of the two out.');
  }
  if (redisOnly || (Number.isSafeInteger(agents) && agents >= 1 && agents <= limits.localAgentsMax)) return;
  throw badInput(
    `A fleet cannot have ${agents} agents`,
    `Ask for 1 to ${limits.localAgentsMax.toLocaleString('en')}.`,
  );
}

function badInput(message: string, hint: string): DreamnetError {
  return new DreamnetError({ code: 'DN325', kind: 'bad-input', message, hint });
}

function interruptedError(): DreamnetError {
  return new DreamnetError({
    code: 'DN323',
    kind: 'interrupted',
    message: 'The start of the fleet was interrupted, and what had been started is stopped again',
    hint: 'Run the same command again.',
  });
}

function busyError(options: FleetOptions, status: FleetStatus): DreamnetError {
  const { home } = options;
  const holder = supervisorOf(home) ?? lockHolder(home.stateDir, startLock);
  return new DreamnetError({
    code: 'DN322',
    kind: 'failed',
    message: `The fleet was still ${status.state} after ${readyMsOf(options) / 1000} s, at the hands of process ${holder?.pid ?? 'that has just ended'}`,
    hint: 'Run `dreamnet down`, then start again.',
  });
}

function slowError(options: FleetOptions): DreamnetError {
  const { home } = options;
  const missing =
    recordedStatus(home)
      .fleet?.hosts.filter((host) => !host.ready)
      .map((host) => host.id) ?? [];
  const what =
    missing.length === 0 ? 'Redis was' : `${missing.join(', ')} ${missing.length === 1 ? 'was' : 'were'}`;
  const log = missing[0] === undefined ? home.redisLog : join(home.logsDir, `${missing[0]}.log`);
  const tail = logTail(log);
  return new DreamnetError({
    code: 'DN322',
    kind: 'failed',
    message: `The fleet was not up after ${readyMsOf(options) / 1000} s: ${what} not ready${tail === '' ? '' : `. The log ends with:\n${tail}`}`,
    hint: `Read ${log}.`,
  });
}
