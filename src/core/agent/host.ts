/**
 * A host process carries many agents: it registers them, obeys the orders on its stream, ticks them and writes their
 * traces, all agents of a step in one pipeline. Orders come in on `host:<id>:orders`; acknowledgements, traces, records
 * and task snapshots go out.
 */
import { bytecodeLimits } from '../bytecode/limits.js';
import { messageOf } from '../errors.js';
import type { TrustSource } from '../keys/trust.js';
import { createFleetClock, describeClock, type FleetClock } from '../nerve/fleet-clock.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import { isServing } from '../nerve/serving.js';
import { readStoredProgram } from '../nerve/stored-program.js';
import { pause } from '../pause.js';
import { Agent } from './agent.js';
import { createLetterbox, joinFleet, joinOnceThere } from './join-fleet.js';
import { openJournal } from './journal.js';
import { createProgramLoader } from './load-program.js';
import { createRefresher, type Refresher } from './refresh.js';
import { type AgentTick, createReporter } from './report.js';
import { restoreAgents } from './restore.js';
import { createTickRhythm, type TickRhythm } from './tick-rhythm.js';
import { createTickWriter, type TickWriter, untilClosed } from './tick-writer.js';
import type { Workload } from './workload.js';

/** An agent to be, and what it works on. */
export interface HostedAgent {
  readonly id: string;
  /** Besides those of its workload. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Called once, with the fleet's time; what it throws ends the start of the host. */
  readonly workload: (nowMs: number) => Workload | Promise<Workload>;
}

export interface HostOptions {
  readonly hostId: string;
  readonly redis: Redis;
  readonly names: Names;
  readonly agents: readonly HostedAgent[];
  /** Asked before every order. */
  readonly trust: TrustSource;
  readonly stateDir: string;
  /** A directory shared with the injector, by which the agents are reached as well, and first. */
  readonly volumeDir?: string | undefined;
  /** Of this machine, milliseconds since 1970; the system's unless told otherwise. */
  readonly clock?: () => number;
  /** After this time without Redis the agents go to work with what they had before, and register when it is there. Never unless told. */
  readonly withoutRedisAfterMs?: number;
  /** Says what went wrong, for the log. */
  readonly log: (line: string) => void;
}

export interface Host {
  readonly agents: readonly Agent[];
  /** Signs off: agents leave the registry, timers stop, connections stay with their owner. */
  stop(): Promise<void>;
}

/** Resolves when all agents are registered and obey orders; or, told not to wait for Redis, when they work without it. */
export async function startHost(options: HostOptions): Promise<Host> {
  const { redis, names, hostId, log } = options;
  const stopping = new AbortController();
  const clock = createFleetClock({
    redis,
    clock: options.clock ?? Date.now,
    onChange: (aheadMs) => log(describeClock(aheadMs)),
  });
  const compared = clock.measure();
  const isThere = await settlesWithin(compared, options.withoutRedisAfterMs);
  const nowMs = clock.now();
  const agents = await createAgents(options.agents, nowMs);
  const journal = await openJournal(options.stateDir, hostId);
  const letters = createLetterbox();
  const loader = createProgramLoader({
    clock: () => performance.now(),
    fetch: async (digest) =>
      (await journal.readProgram(digest)) ??
      (await letters.program(digest)) ??
      (await readStoredProgram(redis, names, { digest, bytesMax: bytecodeLimits.fileBytesMax })),
  });
  // Without Redis, what the disk does not have is missed, instead of being waited for.
  const onDisk = createProgramLoader({ clock: () => performance.now(), fetch: journal.readProgram });
  const refresher = createRefresher(log);
  await refresher.refresh(agents, nowMs);
  const restored = await restoreAgents({
    ...{ agents, journal, loader: isThere ? loader : onDisk, log },
    trust: options.trust(),
  });
  for (const agent of agents) warmUp(agent, nowMs);
  const reporter = createReporter({
    ...{ redis, names, hostId },
    transport: options.volumeDir === undefined ? 'bus' : 'volume',
  });
  const rhythm = createTickRhythm(clock.now);
  const shift = { agents, reporter, rhythm, refresher, clock, log };
  const join = async () => {
    if (!isThere) await clock.measure();
    stopping.signal.throwIfAborted();
    return joinFleet({ ...shift, options, journal, loader, letters, restored, stopping });
  };
  let joined = isThere ? await join() : undefined;
  if (!isThere) {
    log('Redis is away: agents go to work with what they had before');
    joinOnceThere(join, { signal: stopping.signal, log }).then((late) => {
      joined = late;
    });
  }
  const tick = createTickWriter({ redis, reporter, log });
  const ticking = tickUntil(stopping.signal, { ...shift, tick });
  return {
    agents,
    async stop() {
      stopping.abort();
      refresher.close();
      await Promise.all([ticking, joined?.leave()]);
      await Promise.all(agents.map((agent) => agent.close()));
      if (joined !== undefined && isServing(redis)) await untilClosed(redis, reporter.signOff(agents));
    },
  };
}

/** False when it is not settled after this time; without a time it is waited for. */
async function settlesWithin(work: Promise<void>, ms: number | undefined): Promise<boolean> {
  const wait = new AbortController();
  const late = ms === undefined ? [] : [pause(ms, wait.signal).then(() => false)];
  try {
    return await Promise.race([work.then(() => true), ...late]);
  } finally {
    wait.abort();
  }
}

async function createAgents(wanted: readonly HostedAgent[], nowMs: number): Promise<Agent[]> {
  const agents: Agent[] = [];
  for (const { id, labels, workload } of wanted)
    agents.push(new Agent({ id, workload: await workload(nowMs), ...(labels && { labels }) }));
  return agents;
}

/** So that the histories of simulated tasks hold a level from the start. */
function warmUp(agent: Agent, nowMs: number): void {
  const { warmUpTicks = 0 } = agent.workload;
  for (let left = warmUpTicks - 1; left >= 0; left--) agent.tick(nowMs - left * 1000);
}

interface Shift {
  readonly agents: readonly Agent[];
  readonly tick: TickWriter;
  readonly rhythm: TickRhythm;
  readonly refresher: Refresher;
  readonly clock: FleetClock;
  readonly log: (line: string) => void;
}

async function tickUntil(signal: AbortSignal, shift: Shift): Promise<void> {
  while (!signal.aborted) {
    await shift.rhythm.wait(signal);
    if (signal.aborted) return;
    const fresh = await shift.refresher.refresh(shift.agents, shift.clock.now());
    if (signal.aborted) return;
    const started = performance.now();
    const nowMs = shift.clock.now();
    const ticks = fresh.flatMap((agent) => tickOne(agent, nowMs, shift.log));
    await shift.tick(ticks, { nowMs, snapshots: shift.rhythm.snapshotDue(nowMs) });
    shift.rhythm.ticked({ nowMs, tookMs: performance.now() - started, agents: shift.agents });
  }
}

/** An agent whose workload fails misses its tick; the others of the host do not. */
function tickOne(agent: Agent, nowMs: number, log: (line: string) => void): AgentTick[] {
  const before = performance.now();
  try {
    return [{ agent, outcome: agent.tick(nowMs), evaluateMs: performance.now() - before }];
  } catch (thrown) {
    log(`${agent.id} did not tick: ${messageOf(thrown)}`);
    return [];
  }
}
