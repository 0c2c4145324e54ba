/** What every step of the loop is given: connections, names, keys, clock, randomness, where events go, and how to stop. */
import type { KeyObject } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Names } from './nerve/names.js';
import type { ReportEvent } from './pipeline-events.js';
import type { Random } from './random.js';

export interface LoopContext {
  readonly redis: Redis;
  readonly names: Names;
  readonly key: { readonly privateKey: KeyObject; readonly keyId: string };
  /** Name of this process among those that share the Redis. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly random: Random;
  readonly report: ReportEvent;
  readonly signal: AbortSignal;
}
