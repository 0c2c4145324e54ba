/**
 * A connection in, how often Redis was away from it out: it may have come back without what was written last. Whoever wrote
 * something remembers the number, and looks after it when the number has grown.
 */
import type { Redis } from './redis.js';

export interface Outages {
  /** So many since the watch began. */
  readonly count: number;
  /** When the last one was over; long ago when there was none. */
  readonly lastAt: number;
  close(): void;
}

export function watchOutages(redis: Redis, clock: () => number): Outages {
  let [count, lastAt] = [0, Number.NEGATIVE_INFINITY];
  const onReady = () => {
    count++;
    lastAt = clock();
  };
  redis.on('ready', onReady);
  return {
    get count() {
      return count;
    },
    get lastAt() {
      return lastAt;
    },
    close: () => void redis.off('ready', onReady),
  };
}
