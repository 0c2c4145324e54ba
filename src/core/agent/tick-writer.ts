/**
 * Ticks of a host in, written to Redis while it answers. While it does not, nobody waits: programs go on running, ticks are
 * left out, and how many is said when Redis is back.
 */

import { messageOf } from '../errors.js';
import type { Redis } from '../nerve/redis.js';
import { isServing, onLost } from '../nerve/serving.js';
import type { Reporter } from './report.js';

export interface TickWriterOptions {
  readonly redis: Redis;
  readonly reporter: Pick<Reporter, 'tick'>;
  readonly log: (line: string) => void;
}

/** Resolves when the tick is written, or is not going to be for now; never rejects. */
export function createTickWriter({ redis, reporter, log }: TickWriterOptions): Reporter['tick'] {
  let underWay = false;
  let leftOut = 0;
  return async (ticks, options) => {
    if (underWay || !isServing(redis)) {
      if (leftOut++ === 0) log('Redis is away: programs go on running, their ticks are not written');
      return;
    }
    if (leftOut > 0) log(`Redis is back: ${leftOut} ticks were not written`);
    leftOut = 0;
    underWay = true;
    const written = reporter
      .tick(ticks, options)
      .catch((thrown) => log(`tick not written: ${messageOf(thrown)}`))
      .finally(() => {
        underWay = false;
      });
    await untilClosed(redis, written);
  };
}

/**
 * Resolves or rejects with the work, or resolves when the connection is lost: what was sent then is sent again when it is
 * back, which may take long.
 */
export async function untilClosed(redis: Redis, work: Promise<unknown>): Promise<void> {
  const waiting = waitingFor(redis);
  const closed = Promise.withResolvers<void>();
  waiting.add(closed.resolve);
  try {
    await Promise.race([work, closed.promise]);
  } finally {
    waiting.delete(closed.resolve);
  }
}

/** One listener for a connection, however many agents share it. */
function waitingFor(redis: Redis): Set<() => void> {
  const known = closings.get(redis);
  if (known !== undefined) return known;
  const waiting = new Set<() => void>();
  onLost(redis, () => {
    for (const resolve of waiting) resolve();
  });
  closings.set(redis, waiting);
  return waiting;
}

const closings = new WeakMap<Redis, Set<() => void>>();
