/** Where Redis is -> a connected client, or a DreamnetError that says what was tried and what to do. */
import { Redis, type RedisOptions } from 'ioredis';
import { DreamnetError, messageOf } from '../errors.js';
import { limits } from '../limits.js';

export interface RedisTarget {
  /** Unix socket of the private Redis, or null. */
  readonly socketPath: string | null;
  /** `redis://` or `rediss://` address, or null. */
  readonly url: string | null;
}

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
}

/** Resolves when the server answers; the client closes with `client.disconnect()`. */
export async function connectRedis(target: RedisTarget, options: ConnectOptions): Promise<Redis> {
  const client = newClient(target, options);
  try {
    await answerInTime(client, options);
    return client;
  } catch (thrown) {
    if (options.patience !== 'command' && isReachability(thrown)) {
      await new Promise<void>((resolve) => client.once('ready', () => resolve()));
      return client;
    }
    client.disconnect();
    throw unreachable(target, causes.get(client) ?? thrown);
  }
}

/** A client at once, whether the server is there or not: it goes on trying, and its commands wait. Throws DN202. */
export function beginConnecting(target: RedisTarget, options: ConnectOptions & { patience: 'agent' }): Redis {
  const client = newClient(target, options);
  client.connect().catch(() => undefined);
  return client;
}

/** A server may take the connection and then say nothing, which is no error to the client. */
async function answerInTime(client: Redis, options: ConnectOptions): Promise<void> {
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

/** A second connection of the same kind, for commands that block and for listening. */
export async function duplicateConnection(client: Redis): Promise<Redis> {
  const copy = client.duplicate({ lazyConnect: true });
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

/** Address as shown to people: without the password. */
export function describeTarget(target: RedisTarget): string {
  if (target.socketPath !== null) return target.socketPath;
  return (target.url ?? '').replace(/^(rediss?:\/\/)[^@/]*@/, '$1***@');
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

/** True for failures of the connection, as opposed to an error that the server answered. */
export function isReachability(thrown: unknown): boolean {
  const text = messageOf(thrown);
  return /ECONN|ENOENT|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|Connection is closed|max retries|LOADING/i.test(
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

const causes = new WeakMap<Redis, Error>();

/** Replies as flat arrays, the same under both protocol versions. */
type LegacyOptions = RedisOptions & { replyMapping: 'legacy' };

function newClient(target: RedisTarget, options: ConnectOptions): Redis {
  const giveUpAfterMs = options.giveUpAfterMs ?? limits.redisGiveUpAfterMs;
  const patient = options.patience !== 'command';
  const waits = options.patience !== 'request';
  let brokenSince = 0;
  const shared: LegacyOptions = {
    replyMapping: 'legacy',
    connectionName: options.name,
    lazyConnect: true,
    maxRetriesPerRequest: waits ? null : 0,
    enableOfflineQueue: waits,
    connectTimeout: 5_000,
    retryStrategy: (attempt) => {
      if (attempt === 1) brokenSince = Date.now();
      if (!patient && Date.now() - brokenSince >= giveUpAfterMs) return null;
      return Math.min(50 * 2 ** Math.min(attempt, 6), 2_000) * (0.75 + Math.random() / 2);
    },
  };
  const client = connectionFor(target, shared);
  client.on('error', (error: Error) => causes.set(client, error));
  return client;
}

function connectionFor(target: RedisTarget, shared: LegacyOptions): Redis {
  if (target.socketPath !== null) return new Redis({ ...shared, path: target.socketPath });
  const url = target.url ?? '';
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw new DreamnetError({
      code: 'DN202',
      kind: 'bad-input',
      message: `"${url}" is no Redis address.`,
      hint: 'Use redis://host:port or rediss://host:port, for example --redis redis://127.0.0.1:6379.',
    });
  }
  return new Redis(url, shared);
}
