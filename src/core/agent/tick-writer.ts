/**
 * Ticks of a host in, written to Redis while it answers and keeps up. While it does not, nobody waits: programs go on running,
 * ticks are added up instead of written one by one, and how many is said when Redis is back.
 */
import { messageOf } from '../errors.js';
import type { Redis } from '../nerve/redis.js';
import { isServing, onLost } from '../nerve/serving.js';
import type { AgentTick, Reporter } from './report.js';

export interface TickWriterOptions {
  readonly redis: Redis;
  readonly reporter: Pick<Reporter, 'tick' | 'ticked'>;
  readonly log: (line: string) => void;
}

export type TickWriter = (
  ticks: readonly AgentTick[],
  options: { readonly nowMs: number; readonly snapshots: boolean },
) => Promise<void>;

/** The function resolves when the tick is written, or is not going to be for now; it never rejects. */
export function createTickWriter({ redis, reporter, log }: TickWriterOptions): TickWriter {
  let underWay = false;
  let leftOut = 0;
  return async (ticks, options) => {
    reporter.ticked(ticks, options.nowMs);
    if (underWay || !isServing(redis)) {
      if (leftOut++ === 0) log('Redis is away: programs go on running, their ticks are added up');
      return;
    }
    if (leftOut > 0) log(`Redis is back: ${leftOut} ticks were not written one by one`);
    leftOut = 0;
    underWay = true;
    const written = reporter
      .tick(
        ticks.map(({ agent }) => agent),
        options,
      )
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
