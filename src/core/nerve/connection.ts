/**
 * Where Redis is -> a connected client, or a DreamnetError that says what was tried and what to do. Whether it is one server
 * or a cluster is found out by asking the first that answers.
 */
import type { Redis as Standalone } from 'ioredis';
import { DreamnetError, messageOf } from '../errors.js';
import { limits } from '../limits.js';
import { addressesIn, describeTarget, type RedisTarget } from './address.js';
import { ClusterClient, waitMs } from './cluster-client.js';
import { lateClient, settledClient } from './late-client.js';
import { openCluster, readyCluster } from './open-cluster.js';
import type { Redis } from './redis.js';
import { causeOf, type Patience, serverClients } from './server-client.js';

export { describeTarget, type RedisTarget } from './address.js';

export interface ConnectOptions {
  /**
   * `command`: gives up after `limits.redisGiveUpAfterMs` with DN201. `agent`: reconnects for ever, with jitter;
   * its commands wait. `request`: reconnects as well, but its commands fail at once while there is no connection, so that
   * nothing is done after somebody was told that it was not.
   */
  readonly patience: 'command' | 'agent' | 'request';
  readonly name: string;
  /** Milliseconds before a `command` connection gives up; the default is the product's limit. */
  readonly giveUpAfterMs?: number;
  /** Raised when the connection is wanted no longer before it is made: then nothing goes on trying. */
  readonly signal?: AbortSignal;
}

/**
 * Resolves when the server answers, and all of a cluster is served; the client closes with `client.disconnect()`. Throws
 * DN201, DN202, or DN203 to DN205 for a cluster that is none or cannot be worked with.
 */
export async function connectRedis(target: RedisTarget, options: ConnectOptions): Promise<Redis> {
  const patience = patienceOf(options);
  const servers = serverClients(target, patience);
  options.signal?.addEventListener('abort', () => {
    for (const client of servers) client.disconnect();
  });
  let isUsed = false;
  let server: Standalone | undefined;
  try {
    server = await firstThatAnswers(servers, options);
    const cluster =
      target.socketPath === null
        ? await openCluster({ target, servers, server, patience, signal: options.signal })
        : undefined;
    isUsed = cluster === undefined;
    return cluster ?? server;
  } catch (thrown) {
    throw thrown instanceof DreamnetError ? thrown : unreachable(target, thrown);
  } finally {
    if (!isUsed) server?.disconnect();
  }
}

/** A client at once, whether the server is there or not: it goes on trying, and its commands wait. Throws DN202. */
export function beginConnecting(target: RedisTarget, options: ConnectOptions & { patience: 'agent' }): Redis {
  if (target.socketPath !== null) {
    const [client] = serverClients(target, patienceOf(options));
    client.connect().catch(() => undefined);
    return client;
  }
  addressesIn(target.url ?? '');
  return lateClient((signal) => connectRedis(target, { ...options, signal }));
}

/** A second connection of the same kind, for commands that block and for listening. */
export async function duplicateConnection(client: Redis): Promise<Redis> {
  const known = await settledClient(client);
  if (known instanceof ClusterClient) return readyCluster(known.another());
  const copy = (known as Standalone).duplicate({ lazyConnect: true });
  copy.on('error', () => undefined);
  // The client subscribes again by itself after each reconnect, and nobody waits for that: closed at that moment, it would
  // end the process.
  const { subscribe } = copy;
  copy.subscribe = (...channels: unknown[]) => {
    const subscribed: Promise<unknown> = Reflect.apply(subscribe, copy, channels);
    subscribed.catch(() => undefined);
    return subscribed;
  };
  await copy.connect();
  return copy;
}

/** A connection to the same place, connecting when it is first used, that reconnects for ever while its commands wait. */
export function patientCopy(client: Redis, name: string): Redis {
  const patient = { waits: true, giveUpAfterMs: Number.POSITIVE_INFINITY };
  if (client instanceof ClusterClient) {
    const shared = { ...client.opening.shared, connectionName: name };
    return client.another({ ...patient, answerWithinMs: patient.giveUpAfterMs, shared });
  }
  const copy = (client as Standalone).duplicate({
    lazyConnect: true,
    connectionName: name,
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,
    retryStrategy: waitMs,
  });
  copy.on('error', () => undefined);
  return copy;
}

/** The DN201 error for a server that does not answer; `thrown` gives the cause. */
export function unreachable(target: RedisTarget, thrown: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN201',
    kind: 'unreachable',
    message: `Redis at ${describeTarget(target)} cannot be reached: ${messageOf(thrown)}.`,
    hint:
      target.socketPath === null
        ? 'Check REDIS_URL or --redis and that the server runs; without them dreamnet starts a private Redis.'
        : '`dreamnet status` tells more; `dreamnet down`, then `dreamnet up`, starts it again.',
    cause: thrown,
  });
}

/** For people: a client of a cluster says what it tried, that of a single server only that its connection is closed. */
export function whyLost(thrown: unknown): string {
  const text = messageOf(thrown);
  return text.startsWith('the cluster') ? text : 'it went away and did not come back';
}

/** True for failures of the connection, as opposed to an error that the server answered. */
export function isReachability(thrown: unknown): boolean {
  const text = messageOf(thrown);
  return /ECONN|ENOENT|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|Connection is closed|max retries|LOADING|None of startup nodes|Cluster is ended|the cluster gave no answer/i.test(
    text,
  );
}

/** True where the same command may work a moment later: no connection, or a server that is starting or changing roles. */
export function passesByItself(thrown: unknown): boolean {
  const text = messageOf(thrown);
  return (
    isReachability(thrown) || /^(BUSY|CLUSTERDOWN|MASTERDOWN|READONLY|TRYAGAIN) |connection close/.test(text)
  );
}

function patienceOf({ patience, name, giveUpAfterMs = limits.redisGiveUpAfterMs }: ConnectOptions): Patience {
  return {
    name,
    waits: patience !== 'request',
    giveUpAfterMs: patience === 'command' ? giveUpAfterMs : Number.POSITIVE_INFINITY,
  };
}

async function firstThatAnswers(
  servers: readonly [Standalone, ...Standalone[]],
  options: ConnectOptions,
): Promise<Standalone> {
  let found: Standalone | undefined;
  try {
    found = await Promise.any(servers.map((server) => answering(server, options)));
    return found;
  } catch (thrown) {
    throw thrown instanceof AggregateError ? thrown.errors[0] : thrown;
  } finally {
    for (const server of servers) if (server !== found) server.disconnect();
  }
}

/** The client, when it is connected; patient ones wait for that. Throws what the connection failed with. */
async function answering(server: Standalone, options: ConnectOptions): Promise<Standalone> {
  try {
    await answerInTime(server, options);
  } catch (thrown) {
    if (options.patience === 'command' || !isReachability(thrown)) throw causeOf(server) ?? thrown;
    await new Promise<void>((resolve) => server.once('ready', () => resolve()));
  }
  return server;
}

/** A server may take the connection and then say nothing, which is no error to the client. */
async function answerInTime(client: Standalone, options: ConnectOptions): Promise<void> {
  if (options.patience !== 'command') return client.connect();
  const giveUpAfterMs = options.giveUpAfterMs ?? limits.redisGiveUpAfterMs;
  const silent = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => silent.reject(new Error(`no answer within ${giveUpAfterMs} ms`)),
    giveUpAfterMs,
  );
  try {
    const connecting = client.connect();
    connecting.catch(() => undefined);
    await Promise.race([connecting, silent.promise]);
  } finally {
    clearTimeout(timer);
  }
}
