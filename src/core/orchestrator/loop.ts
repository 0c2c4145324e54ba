/**
 * The orchestrator: while it holds the lease it aggregates at a steady pace and raises an alert when the fleet's health
 * settles on another state. Any number may run; one aggregates. Errors of Redis cost ticks, never the loop.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { holdLease, type Lease, releaseLease } from '../nerve/lease.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import type { RunCounters } from './aggregate.js';
import { raiseHealthAlert } from './alert.js';
import { type HealthState, type HealthWatch, newHealthWatch, watchHealth } from './health-watch.js';

import { type Tick, tickOnce } from './tick.js';

export interface OrchestratorOptions {
  readonly redis: Redis;
  readonly names: Names;
  /** Milliseconds from the start of one tick to the start of the next. */
  readonly everyMs: number;
  /** Ends the loop; the lease is given back. */
  readonly signal: AbortSignal;
  /** Wall clock in ms. */
  readonly clock: () => number;
  /** Name of this orchestrator, unique among those that share the Redis. */
  readonly holder: string;
  /** Numbers in [0, 1), for the ids of alerts. */
  readonly random?: () => number;
  /** Waits, or ends early when the signal is raised. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onTick?: (tick: Tick) => void;
  readonly onError?: (thrown: unknown) => void;
}

/** Resolves when the signal is raised, at once even when Redis does not answer. */
export async function runOrchestrator(options: OrchestratorOptions): Promise<void> {
  const { signal, clock, everyMs } = options;
  const wait = options.wait ?? waitOrAbort;
  let state: LoopState = { held: false, watch: newHealthWatch() };
  while (!signal.aborted) {
    const startMs = clock();
    const round = runRound(options, state).catch((thrown) => {
      options.onError?.(thrown);
      return state;
    });
    state = (await unlessAborted(round, signal)) ?? state;
    const spentMs = Math.max(0, clock() - startMs);
    if (!signal.aborted) await wait(Math.max(0, everyMs - spentMs), signal);
  }
  await Promise.race([giveBack(options), waitOrAbort(releaseMsMax)]);
}

interface LoopState {
  readonly held: boolean;
  readonly watch: HealthWatch;
  readonly counters?: RunCounters;
}

/** A Redis that is gone frees the lease by itself: the end of a process waits no longer than this for it. */
const releaseMsMax = 500;

/** Two ticks may be missed, and then some time for a slow one, before another takes over. */
function leaseMs(everyMs: number): number {
  return 2 * everyMs + 2_000;
}

async function runRound(options: OrchestratorOptions, state: LoopState): Promise<LoopState> {
  const { redis, names, clock, everyMs } = options;
  const askedMs = clock();
  const held = await holdLease(leaseOf(options), leaseMs(everyMs));
  if (!held) return { held, watch: newHealthWatch() };
  const started = state.held ? state.watch : newHealthWatch(await readSettled(options));
  const mayWrite = () => !options.signal.aborted && clock() - askedMs < leaseMs(everyMs);
  const tick = await tickOnce({ redis, names, nowMs: clock(), previous: state.counters, mayWrite });
  options.onTick?.(tick);
  const watch = await alertOnChange(options, started, tick);
  return { held, watch, counters: tick.counters };
}

/** The watch moves on only when the alert is out: a failure to raise it is repeated with the next tick. */
async function alertOnChange(
  options: OrchestratorOptions,
  before: HealthWatch,
  { health }: Tick,
): Promise<HealthWatch> {
  const { redis, names } = options;
  const { watch, change } = watchHealth(before, health.state);
  if (change !== null) {
    await raiseHealthAlert({ redis, names, change, health, random: options.random ?? Math.random });
  }
  if (watch.settled !== null && watch.settled !== before.settled) {
    await redis.hset(names.health, 'settled', watch.settled);
  }
  return watch;
}

const healthStates: readonly string[] = ['healthy', 'degraded', 'down'] satisfies HealthState[];

async function readSettled({ redis, names }: OrchestratorOptions): Promise<HealthState | null> {
  const settled = await redis.hget(names.health, 'settled');
  return settled !== null && healthStates.includes(settled) ? (settled as HealthState) : null;
}

function leaseOf({ redis, names, holder }: OrchestratorOptions): Lease {
  return { redis, key: names.orchestratorLease, holder };
}

async function giveBack(options: OrchestratorOptions): Promise<void> {
  try {
    await releaseLease(leaseOf(options));
  } catch (thrown) {
    options.onError?.(thrown);
  }
}

/** The promise's value, or undefined as soon as the signal is raised; leaves no listener behind. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const onAbort = () => resolve(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function waitOrAbort(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, { ref: signal !== undefined, ...(signal && { signal }) }).catch(() => undefined);
}
