/** Connections to single servers in, a client of the cluster that they are part of out, once all of it is served. */
import type { Redis as Standalone } from 'ioredis';
import { pause } from '../pause.js';
import type { RedisTarget } from './address.js';
import { ClusterClient, waitMs } from './cluster-client.js';
import { clusterSeenBy, describeCluster, noCluster, noDatabases, slotsMissing } from './cluster-seen.js';
import type { Patience, ServerOptions } from './server-client.js';
import { slotsTotal } from './slot.js';

export interface ClusterAsked {
  readonly target: RedisTarget;
  /** One client for each server that the target names. */
  readonly servers: readonly Standalone[];
  /** The one of them that is connected. */
  readonly server: Standalone;
  readonly patience: Patience;
  readonly signal?: AbortSignal | undefined;
}

/** Commands that may not wait are still sent on to where a slot has moved to, and to a server that is being connected. */
const requestMsMax = 1_000;

/** Undefined when the server is part of no cluster. Throws DN203 to DN205, and what a cluster says that is not served in time. */
export async function openCluster(asked: ClusterAsked): Promise<ClusterClient | undefined> {
  if (!(await isWholeCluster(asked))) return undefined;
  const { servers, server, patience } = asked;
  const { username, password, tls, db } = server.options;
  if (db) throw noDatabases(asked.target, db);
  const shared: ServerOptions = {
    replyMapping: 'legacy',
    connectionName: patience.name,
    ...(username && { username }),
    ...(password && { password }),
    ...(tls && { tls }),
  };
  const { waits, giveUpAfterMs } = patience;
  const cluster = new ClusterClient({
    servers: servers.map(({ options: { host = '', port = 6379 } }) => ({ host, port })),
    ...{ shared, waits, giveUpAfterMs, answerWithinMs: waits ? giveUpAfterMs : requestMsMax },
  });
  const close = () => cluster.disconnect();
  asked.signal?.addEventListener('abort', close);
  return readyCluster(cluster).finally(() => asked.signal?.removeEventListener('abort', close));
}

/** Resolves with the client when it is ready; throws when it gives up. */
export async function readyCluster(cluster: ClusterClient): Promise<ClusterClient> {
  const ended = Promise.withResolvers<never>();
  const ready = Promise.withResolvers<ClusterClient>();
  const onReady = () => ready.resolve(cluster);
  const onEnd = () => ended.reject(cluster.lastError ?? new Error('Connection is closed.'));
  cluster.once('ready', onReady).once('end', onEnd);
  // What it resolves with says less: it stays open when the cluster turns out to be down.
  cluster.connect().catch(() => undefined);
  try {
    return await Promise.race([ready.promise, ended.promise]);
  } finally {
    cluster.off('ready', onReady).off('end', onEnd);
  }
}

/** Waits for one that is not served yet. */
async function isWholeCluster({ target, servers, server, patience }: ClusterAsked): Promise<boolean> {
  const startedMs = Date.now();
  for (let attempt = 0; ; attempt++) {
    const seen = await clusterSeenBy(server);
    if (seen === undefined && servers.length > 1) throw noCluster(target);
    if (seen === undefined || seen.isWhole) return seen !== undefined;
    if (Number.isFinite(patience.giveUpAfterMs)) {
      if (seen.slotsAssigned < slotsTotal) throw slotsMissing(target, seen);
      if (Date.now() - startedMs >= patience.giveUpAfterMs)
        throw new Error(`it is ${describeCluster(seen)}, and was so for ${patience.giveUpAfterMs} ms`);
    }
    await pause(waitMs(attempt), new AbortController().signal);
  }
}
