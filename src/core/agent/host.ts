/**
 * A host process carries many agents: it registers them, obeys the orders on its stream, ticks them and writes their
 * traces, all agents of a step in one pipeline. Orders come in on `host:<id>:orders`; acknowledgements, traces, records
 * and task snapshots go out.
 */
import type { Redis } from 'ioredis';
import { bytecodeLimits } from '../bytecode/limits.js';
import { messageOf } from '../errors.js';
import type { TrustSource } from '../keys/trust.js';
import { limits } from '../limits.js';
import { duplicateConnection } from '../nerve/connection.js';
import { describeClock, type FleetClock, openFleetClock } from '../nerve/fleet-clock.js';
import type { Names } from '../nerve/names.js';
import { readStoredProgram } from '../nerve/stored-program.js';
import { pause } from '../pause.js';
import { createRandom } from '../random.js';
import { Agent } from './agent.js';
import { openJournal } from './journal.js';
import { createProgramLoader } from './load-program.js';
import { type OrderRequest, obeyOrder } from './obey-order.js';
import { followOrders } from './order-stream.js';
import { createRefresher, type Refresher } from './refresh.js';
import { type AgentTick, createReporter, type Reporter } from './report.js';
import { readOrdersAfter, restoreAgents } from './restore.js';
import { createTickRhythm, type TickRhythm } from './tick-rhythm.js';
import { answeringInFiles } from './volume-answers.js';
import { followVolumeOrders, type VolumeLetter, type VolumeOrdersOptions } from './volume-orders.js';
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
  /** Says what went wrong, for the log. */
  readonly log: (line: string) => void;
}

export interface Host {
  readonly agents: readonly Agent[];
  /** Signs off: agents leave the registry, timers stop, connections stay with their owner. */
  stop(): Promise<void>;
}

/** An order that is being obeyed when the host stops has this long. */
const lastOrderMs = 1_000;

/** Resolves when all agents are registered and obey orders. */
export async function startHost(options: HostOptions): Promise<Host> {
  const { redis, names, hostId } = options;
  const clock = await openFleetClock({
    redis,
    clock: options.clock ?? Date.now,
    onChange: (aheadMs) => options.log(describeClock(aheadMs)),
  });
  const nowMs = clock.now();
  const agents = await createAgents(options.agents, nowMs);
  const agentsById = new Map(agents.map((agent) => [agent.id, agent]));
  const journal = await openJournal(options.stateDir, hostId);
  let letter: VolumeLetter | undefined;
  const loader = createProgramLoader({
    clock: () => performance.now(),
    fetch: async (digest) =>
      (await journal.readProgram(digest)) ??
      (await letter?.program(digest)) ??
      (await readStoredProgram(redis, names, { digest, bytesMax: bytecodeLimits.fileBytesMax })),
  });
  const refresher = createRefresher(options.log);
  await refresher.refresh(agents, nowMs);
  const restored = await restoreAgents({ agents, journal, loader, trust: options.trust(), log: options.log });
  const after = await readOrdersAfter(redis, names.orders(hostId), restored.obeyed);
  for (const agent of agents) warmUp(agent, nowMs);
  const reporter = createReporter({
    ...{ redis, names, hostId },
    transport: options.volumeDir === undefined ? 'bus' : 'volume',
  });
  await reporter.register(agents, nowMs);
  for (const { code, reason, agents: count } of restored.missing) {
    const what = `${count === 1 ? '1 agent has' : `${count} agents have`} not what was held before the restart`;
    options.log(`${what}: ${code} ${reason}`);
    await reporter.orderRefused(code, `${reason}; ${what}`);
  }

  const stopping = new AbortController();
  const blocking = await duplicateConnection(redis);
  const rhythm = createTickRhythm(clock.now);
  // One order at a time, whichever way it came.
  const inTurn = createTurns();
  let lastStreamId = after;
  const obey = (request: Pick<OrderRequest, 'streamId' | 'envelope' | 'agents' | 'reporter'>) =>
    obeyOrder({
      ...{ hostId, loader, journal, rhythm, clock, log: options.log, ...request },
      trust: options.trust(),
    });
  const orders = followOrders({
    redis: blocking,
    stream: names.orders(hostId),
    after,
    signal: stopping.signal,
    handle: (streamId, envelope) =>
      inTurn(async () => {
        await obey({ streamId, envelope, agents: agentsById, reporter });
        lastStreamId = streamId;
      }),
    passed: (streamId, reason) =>
      reporter.orderRefused(
        'DN621',
        `order ${streamId} was passed: ${reason.slice(0, limits.reasonCharactersMax)}`,
      ),
    log: options.log,
  });
  const volume = await followVolume(options, {
    agents,
    obeyed: new Set(journal.entries.map((entry) => entry.envelope)),
    signal: stopping.signal,
    handle: (come) =>
      inTurn(async () => {
        letter = come;
        await obey({
          // Reading the stream goes on where it was.
          streamId: lastStreamId,
          envelope: come.envelope,
          agents: only(agentsById, come.agent),
          reporter: answeringInFiles(reporter, come, options.log),
        }).finally(() => {
          letter = undefined;
        });
      }),
  }).catch(async (thrown) => {
    stopping.abort();
    blocking.disconnect();
    await orders;
    await reporter.signOff(agents);
    throw thrown;
  });
  const ticking = tickUntil(stopping.signal, {
    agents,
    reporter,
    rhythm,
    refresher,
    clock,
    log: options.log,
  });
  const beating = heartbeatUntil(stopping.signal, { agents, reporter, clock, log: options.log });
  return {
    agents,
    async stop() {
      stopping.abort();
      blocking.disconnect();
      // A read on a connection that is just coming back never ends.
      const read = Promise.race([orders, pause(lastOrderMs, new AbortController().signal)]);
      refresher.close();
      await Promise.all([read, ...volume, ticking, beating]);
      await Promise.all(agents.map((agent) => agent.close()));
      await reporter.signOff(agents);
    },
  };
}

/** Resolves when the agents have announced themselves, with the promise of its end. */
async function followVolume(
  { volumeDir, log }: HostOptions,
  {
    agents,
    ...options
  }: Pick<VolumeOrdersOptions, 'obeyed' | 'signal' | 'handle'> & {
    readonly agents: readonly Agent[];
  },
): Promise<readonly [ended?: Promise<void>]> {
  if (volumeDir === undefined) return [];
  const announced = agents.map(({ id, labels }) => ({ id, labels }));
  const { ended } = await followVolumeOrders({ volume: volumeDir, agents: announced, log, ...options });
  return [ended];
}

/** Does one thing after the other, in the order in which they are asked for. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

function only(agents: ReadonlyMap<string, Agent>, id: string): ReadonlyMap<string, Agent> {
  const agent = agents.get(id);
  return new Map(agent === undefined ? [] : [[id, agent]]);
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
  readonly reporter: Reporter;
  readonly clock: FleetClock;
  readonly log: (line: string) => void;
}

async function tickUntil(
  signal: AbortSignal,
  shift: Shift & { readonly rhythm: TickRhythm; readonly refresher: Refresher },
): Promise<void> {
  while (!signal.aborted) {
    await shift.rhythm.wait(signal);
    if (signal.aborted) return;
    const fresh = await shift.refresher.refresh(shift.agents, shift.clock.now());
    if (signal.aborted) return;
    const started = performance.now();
    const nowMs = shift.clock.now();
    const ticks = fresh.flatMap((agent) => tickOne(agent, nowMs, shift.log));
    try {
      await shift.reporter.tick(ticks, { nowMs, snapshots: shift.rhythm.snapshotDue(nowMs) });
    } catch (thrown) {
      shift.log(`tick not written: ${messageOf(thrown)}`);
    }
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

async function heartbeatUntil(signal: AbortSignal, { agents, reporter, clock, log }: Shift): Promise<void> {
  const jitter = createRandom(process.pid, 'heartbeat');
  while (!signal.aborted) {
    await clock
      .measure()
      .then(() => reporter.heartbeat(agents, clock.now()))
      .catch((thrown) => log(`heartbeat not written: ${messageOf(thrown)}`));
    await pause(limits.heartbeatEveryMs * (0.9 + 0.2 * jitter()), signal);
  }
}
