/** Flags in, a connection to the fleet that runs out, for commands that never start one; undefined when none runs. */
import { fleetStatus } from '../core/fleet/fleet-status.js';
import { resolveHome } from '../core/fleet/home.js';
import type { Names } from '../core/nerve/names.js';
import type { Redis } from '../core/nerve/redis.js';

export interface RunningFleetOptions {
  readonly command: string;
  readonly flags: { readonly redis?: string | undefined; readonly prefix?: string | undefined };
  /** How long a Redis that does not answer is waited for; the product's limit when absent. */
  readonly giveUpAfterMs?: number;
}

export interface RunningConnection {
  readonly redis: Redis;
  readonly names: Names;
}

/** Throws DN201 when the Redis of the fleet, or the one that was named, does not answer. */
export async function withRunningFleet<T>(
  options: RunningFleetOptions,
  work: (connection: RunningConnection) => Promise<T>,
): Promise<T | undefined> {
  const { flags } = options;
  const { connection, fleet } = await fleetStatus(resolveHome(process.env));
  const reached = flags.redis === undefined ? connection : { url: flags.redis };
  if (reached === null) return undefined;
  // The client of Redis is loaded only where there is one to ask.
  const [{ connectRedis, isReachability, unreachable }, { createNames }] = await Promise.all([
    import('../core/nerve/connection.js'),
    import('../core/nerve/names.js'),
  ]);
  const target = { socketPath: null, url: null, ...reached };
  const redis = await connectRedis(target, {
    patience: 'command',
    name: `dreamnet-${options.command}-${process.pid}`,
    ...(options.giveUpAfterMs === undefined ? {} : { giveUpAfterMs: options.giveUpAfterMs }),
  });
  try {
    const isOwn = flags.redis === undefined || fleet?.redis.url === flags.redis;
    const prefix = flags.prefix ?? (isOwn ? fleet?.prefix : undefined) ?? '';
    return await work({ redis, names: createNames(prefix) });
  } catch (thrown) {
    throw isReachability(thrown) ? unreachable(target, thrown) : thrown;
  } finally {
    redis.disconnect();
  }
}
