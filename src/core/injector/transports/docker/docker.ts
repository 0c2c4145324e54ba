/**
 * Containers: an engine and the agents that were found in it in, a transport out. Each order is done for each container by
 * itself, so many at a time, and each answer is given as soon as it is there.
 */

import { answeredWithin } from '../../../answered-within.js';
import { digestOf } from '../../../bytecode/digest.js';
import { bytecodeLimits } from '../../../bytecode/limits.js';
import type { Engine } from '../../../docker/engine.js';
import { createLane } from '../../../docker/lane.js';
import type { Trust } from '../../../keys/trust.js';
import { limits } from '../../../limits.js';
import type { Acknowledgement, Order, SignedOrder } from '../../../nerve/messages/order.js';
import { readStoredProgram } from '../../../nerve/stored-program.js';
import { signOrder } from '../../../order-signature.js';
import { gatherHashes } from '../gathered-hashes.js';
import { openHeldRecords } from '../held-record.js';
import type { OpenTransport, Transport, TransportOpening } from '../transport.js';
import { captureContainers } from './capture.js';
import type { DockerAgents } from './docker-agents.js';
import { type ObeyDependencies, type Obeyed, obeyInContainer } from './obey-in-container.js';
import { createRoutes, type RouteWish } from './routes.js';

export interface DockerOptions {
  readonly engine: Engine;
  readonly agents: DockerAgents;
  readonly route: RouteWish;
  /** How long after go-live a container is captured; 0: not at all. */
  readonly captureMs: number;
}

/** The first seconds after go-live are those in which a program shows what is wrong with it. */
export const captureMs = 30_000;

/**
 * The engine does some calls at a time; more only wait inside it. A directory of this host is faster, but each one that is
 * open costs descriptors.
 */
const callsAtOnce = 10;
const directoriesAtOnce = 64;
/** Streams of log lines are connections; over ssh each is a process. */
const followersAtOnce = { unix: 256, tcp: 256, ssh: 8 } as const;

/** A signature takes as long as some files, and each of these agents gets a text with the ids of all of them. */
const targetsPerOrder = 16;

/** What is being written is finished, unless the engine hangs. */
const closeMsMax = 10_000;

export function dockerTransport(options: DockerOptions): OpenTransport {
  return (opening) => openDocker(opening, options);
}

async function openDocker(opening: TransportOpening, options: DockerOptions): Promise<Transport> {
  const { redis, names, key, clock } = opening;
  const { engine } = options;
  const { events } = options.agents;
  const records = openHeldRecords({ hashes: gatherHashes(redis), names, key });
  const calls = createLane(callsAtOnce);
  const captures = captureContainers({
    ...{ redis, names, clock, engine, events, orders: calls },
    forMs: options.captureMs,
  });
  const dependencies: ObeyDependencies = {
    ...{ records, engine, calls, agents: options.agents },
    directories: createLane(directoriesAtOnce),
    followers: createLane(followersAtOnce[engine.address.kind]),
    routes: createRoutes(engine, options.route),
    ...storedPrograms(opening),
    withinMs: opening.acknowledgeWithinMs,
  };
  let closed = false;
  const last = new Map<string, Told>();

  const carry = async ({ order, agent, host, signed, trust, signal }: Letter): Promise<void> => {
    let toldAt: number | undefined;
    const reached = () => {
      toldAt ??= clock();
      opening.reached(agent);
    };
    const obeyed = await obeyInContainer(dependencies, { agent, order, signed, trust, reached, signal });
    if (obeyed === 'called-off') return;
    const { held, outcome } = obeyed;
    if (held !== undefined) await records.show(agent, held, { failed: outcome !== 'done' });
    if (order.action === 'live' && obeyed.outcome === 'done' && options.captureMs > 0) {
      const { container, route } = obeyed;
      const { instruction, digest } = order;
      captures.begin({ container, route, instruction, digest, liveAt: toldAt ?? clock() });
    }
    opening.deliver(acknowledgementOf(obeyed, { agent, host, order, at: clock() }));
  };

  /** What an agent was told before is not waited for any more; what is being written is finished first. */
  const inTurn = async (letter: Omit<Letter, 'signal'>): Promise<void> => {
    const earlier = last.get(letter.agent);
    const over = new AbortController();
    earlier?.over.abort();
    const finished = (async () => {
      await earlier?.finished;
      if (!closed) await carry({ ...letter, signal: over.signal });
    })();
    last.set(letter.agent, { over, finished });
    await finished;
  };

  return {
    async send(batches) {
      const trust = opening.trust();
      for (const { order, targets } of batches) {
        for (let from = 0; from < targets.length; from += targetsPerOrder) {
          const together = targets.slice(from, from + targetsPerOrder);
          const signed = signOrder({ ...order, targets: together.map(({ id }) => id) }, key);
          for (const { id: agent, host } of together)
            inTurn({ order, agent, host, signed, trust }).catch(opening.fail);
        }
      }
    },
    async close() {
      closed = true;
      for (const { over } of last.values()) over.abort();
      const finished = Promise.allSettled([...last.values()].map((told) => told.finished));
      await answeredWithin(closeMsMax, finished).catch(() => undefined);
      await captures.close();
    },
  };
}

interface Letter {
  readonly order: Omit<Order, 'targets'>;
  readonly agent: string;
  readonly host: string;
  readonly signed: SignedOrder;
  readonly trust: Trust;
  /** Nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** What an agent was told last. */
interface Told {
  readonly over: AbortController;
  readonly finished: Promise<void>;
}

/** Bytes of programs by digest, each fetched once, and kept once. */
function storedPrograms({ redis, names }: TransportOpening): Pick<ObeyDependencies, 'program' | 'keep'> {
  const fetch = async (digest: string) => {
    const bytes = await readStoredProgram(redis, names, { digest, bytesMax: bytecodeLimits.fileBytesMax });
    if (bytes === undefined || digestOf(bytes) !== digest)
      throw new Error(`the program ${digest} is not in Redis, or is another one there`);
    return { digest, bytes };
  };
  const keep = (digest: string, bytes: Uint8Array) =>
    redis.set(names.program(digest), Buffer.from(bytes), 'NX');
  return { program: once(fetch), keep: once(keep) };
}

/** The same for each digest, unless it failed. */
function once<More extends unknown[], T>(
  work: (digest: string, ...more: More) => Promise<T>,
): (digest: string, ...more: More) => Promise<T> {
  const begun = new Map<string, Promise<T>>();
  return (digest, ...more) => {
    const known = begun.get(digest);
    if (known !== undefined) return known;
    const result = work(digest, ...more);
    begun.set(digest, result);
    result.catch(() => begun.delete(digest));
    return result;
  };
}

function acknowledgementOf(
  obeyed: Obeyed,
  { agent, host, order, at }: { agent: string; host: string; order: Omit<Order, 'targets'>; at: number },
): Acknowledgement {
  const { action, digest, epoch } = order;
  return {
    ...{ agent, host, action, digest, epoch, at, outcome: obeyed.outcome },
    ...(obeyed.outcome !== 'done'
      ? { code: obeyed.code, reason: obeyed.reason.slice(0, limits.reasonCharactersMax) }
      : {}),
    ...(obeyed.route === undefined ? {} : { route: obeyed.route }),
  };
}
