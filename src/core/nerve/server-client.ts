/** The address of one server -> a client that tries as long as it was told to, connecting when it is first used. */
import { type RedisOptions, Redis as Standalone } from 'ioredis';
import { addressesIn, type RedisTarget } from './address.js';
import { waitMs } from './cluster-client.js';

export interface Patience {
  readonly name: string;
  /** Infinite: it reconnects for ever. */
  readonly giveUpAfterMs: number;
  /** False: while there is no connection, commands fail instead of waiting for the next one. */
  readonly waits: boolean;
}

/** Replies as flat arrays, the same under both protocol versions. */
export type ServerOptions = RedisOptions & { replyMapping: 'legacy' };

/** One client for each server that the target names. Throws DN202. */
export function serverClients(target: RedisTarget, patience: Patience): [Standalone, ...Standalone[]] {
  if (target.socketPath !== null) return [newClient({ path: target.socketPath }, patience)];
  const [first, ...others] = addressesIn(target.url ?? '');
  return [newClient(first, patience), ...others.map((url) => newClient(url, patience))];
}

/** The last failure of its connection. */
export function causeOf(client: Standalone): Error | undefined {
  return causes.get(client);
}

const causes = new WeakMap<Standalone, Error>();

function newClient(address: string | { readonly path: string }, patience: Patience): Standalone {
  const { name, giveUpAfterMs, waits } = patience;
  let brokenSince = 0;
  const shared: ServerOptions = {
    replyMapping: 'legacy',
    connectionName: name,
    lazyConnect: true,
    maxRetriesPerRequest: waits ? null : 0,
    enableOfflineQueue: waits,
    connectTimeout: 5_000,
    retryStrategy: (attempt) => {
      if (attempt === 1) brokenSince = Date.now();
      return Date.now() - brokenSince >= giveUpAfterMs ? null : waitMs(attempt);
    },
  };
  const client =
    typeof address === 'string'
      ? new Standalone(address, shared)
      : new Standalone({ ...shared, path: address.path });
  client.on('error', (error: Error) => causes.set(client, error));
  return client;
}
