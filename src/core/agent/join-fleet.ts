/**
 * How the agents of a host come into their fleet: registered, their orders obeyed one after the other whichever way they
 * come, their heartbeats written. Out: what goes on until the host stops.
 */
import { messageOf } from '../errors.js';
import { limits } from '../limits.js';
import { duplicateConnection, passesByItself } from '../nerve/connection.js';
import type { FleetClock } from '../nerve/fleet-clock.js';
import { pause } from '../pause.js';
import { createRandom } from '../random.js';
import type { Agent } from './agent.js';
import type { HostOptions } from './host.js';
import type { Journal } from './journal.js';
import type { ProgramLoader } from './load-program.js';
import { type OrderRequest, obeyOrder } from './obey-order.js';
import { followOrders } from './order-stream.js';
import type { Reporter } from './report.js';
import { type Restored, readOrdersAfter } from './restore.js';
import { createSoleProcess } from './sole-process.js';
import type { TickRhythm } from './tick-rhythm.js';
import { answeringInFiles } from './volume-answers.js';
import { followVolumeOrders, type VolumeLetter, type VolumeOrdersOptions } from './volume-orders.js';

export interface JoinRequest {
  readonly options: HostOptions;
  readonly agents: readonly Agent[];
  readonly reporter: Reporter;
  readonly rhythm: TickRhythm;
  readonly clock: FleetClock;
  readonly journal: Journal;
  readonly loader: ProgramLoader;
  readonly letters: Letterbox;
  readonly restored: Restored;
  readonly stopping: AbortController;
  readonly log: (line: string) => void;
}

export interface Joined {
  /** Resolves when nothing of it goes on, once the host's signal is raised. */
  leave(): Promise<void>;
}

/** The letter that is being read now: the bytes of its program may have come with it. */
export interface Letterbox {
  program(digest: string): Promise<Uint8Array | undefined>;
  reading<T>(letter: VolumeLetter, work: () => Promise<T>): Promise<T>;
}

export function createLetterbox(): Letterbox {
  let letter: VolumeLetter | undefined;
  return {
    program: async (digest) => letter?.program(digest),
    reading: (come, work) => {
      letter = come;
      return work().finally(() => {
        letter = undefined;
      });
    },
  };
}

/** Resolves when the agents are registered and obey orders. */
export async function joinFleet(request: JoinRequest): Promise<Joined> {
  const { options, agents, reporter, rhythm, clock, journal, loader, letters, stopping, log } = request;
  const { redis, names, hostId } = options;
  const after = await readOrdersAfter(redis, names.orders(hostId), request.restored.obeyed);
  await reporter.register(agents, clock.now());
  await tellMissing(request);
  const blocking = await duplicateConnection(redis);
  // One order at a time, whichever way it came.
  const inTurn = createTurns();
  const agentsById = new Map(agents.map((agent) => [agent.id, agent]));
  let lastStreamId = after;
  const obey = (order: Pick<OrderRequest, 'streamId' | 'envelope' | 'agents' | 'reporter'>) =>
    obeyOrder({
      ...{ hostId, fleet: options.names.prefix, loader, journal, rhythm, clock, log },
      ...order,
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
    log,
  });
  const volume = await followVolume(options, {
    agents,
    obeyed: new Set(journal.entries.map((entry) => entry.envelope)),
    signal: stopping.signal,
    handle: (letter) =>
      inTurn(() =>
        letters.reading(letter, () =>
          obey({
            // Reading the stream goes on where it was.
            streamId: lastStreamId,
            envelope: letter.envelope,
            agents: only(agentsById, letter.agent),
            reporter: answeringInFiles(reporter, letter, log),
          }),
        ),
      ),
  }).catch(async (thrown) => {
    stopping.abort();
    blocking.disconnect();
    await orders;
    await reporter.signOff(agents);
    throw thrown;
  });
  const beating = heartbeatUntil(stopping.signal, request);
  return {
    async leave() {
      blocking.disconnect();
      // Either may never end: a read on a connection that is just coming back, a heartbeat while Redis is away.
      const last = Promise.race([
        Promise.all([orders, beating]),
        pause(lastOrderMs, new AbortController().signal),
      ]);
      await Promise.all([last, ...volume]);
    },
  };
}

/** An order that is being obeyed when the host stops has this long. */
const lastOrderMs = 1_000;

/** Tries until it is done or the signal is raised; never rejects. */
export async function joinOnceThere(
  join: () => Promise<Joined>,
  { signal, log }: { readonly signal: AbortSignal; readonly log: (line: string) => void },
): Promise<Joined | undefined> {
  while (!signal.aborted) {
    try {
      return await join();
    } catch (thrown) {
      if (signal.aborted) return undefined;
      log(`agents not registered: ${messageOf(thrown)}`);
      await pause(passesByItself(thrown) ? retryAfterMs : limits.heartbeatEveryMs, signal);
    }
  }
  return undefined;
}

const retryAfterMs = 200;

async function tellMissing({ restored, reporter, log }: JoinRequest): Promise<void> {
  for (const { code, reason, agents: count } of restored.missing) {
    const what = `${count === 1 ? '1 agent has' : `${count} agents have`} not what was held before the restart`;
    log(`${what}: ${code} ${reason}`);
    await reporter.orderRefused(code, `${reason}; ${what}`);
  }
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

async function heartbeatUntil(
  signal: AbortSignal,
  { agents, reporter, clock, log, options }: JoinRequest,
): Promise<void> {
  const jitter = createRandom(process.pid, 'heartbeat');
  const sole = createSoleProcess(options);
  while (!signal.aborted) {
    await clock
      .measure()
      .then(() => reporter.heartbeat(agents, clock.now()))
      .then(() => sole.beat(clock.now()))
      .catch((thrown) => log(`heartbeat not written: ${messageOf(thrown)}`));
    await pause(limits.heartbeatEveryMs * (0.9 + 0.2 * jitter()), signal);
  }
}
