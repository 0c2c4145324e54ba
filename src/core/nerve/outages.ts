/**
 * A connection in, how often Redis was away from it out: it may have come back without what was written last. Whoever wrote
 * something remembers the number, and looks after it when the number has grown.
 */
import type { Redis } from './redis.js';
import { onServing } from './serving.js';

export interface Outages {
  /** Grows with each, in a cluster when it begins as well; since the watch began. */
  readonly count: number;
  /** When it grew last; long ago when it never did. */
  readonly lastAt: number;
  close(): void;
}

export function watchOutages(redis: Redis, clock: () => number): Outages {
  let [count, lastAt] = [0, Number.NEGATIVE_INFINITY];
  const note = () => {
    count++;
    lastAt = clock();
  };
  const stopListening = onServing(redis, note);
  // A master that takes the place of another may answer before it is known that all slots are served again.
  redis.on('trouble', note);
  return {
    get count() {
      return count;
    },
    get lastAt() {
      return lastAt;
    },
    close() {
      stopListening();
      redis.off('trouble', note);
    },
  };
}
