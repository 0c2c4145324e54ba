/** What every step of the loop is given: connections, names, keys, clock, randomness, where events go, and how to stop. */
import type { Transports } from './injector/transports/courier.js';
import type { KeyPair, Keyring } from './keys/keyring.js';
import type { Names } from './nerve/names.js';
import type { Redis } from './nerve/redis.js';
import type { ReportEvent } from './pipeline-events.js';
import type { Random } from './random.js';

export interface LoopContext {
  readonly redis: Redis;
  readonly names: Names;
  /** The pair that signs. In a command it is the one that signs now, so it is not kept for later. */
  readonly key: KeyPair;
  /** Every pair of this home, and whom its agents trust, as of now; without it, `key` alone. */
  readonly keyring?: () => Keyring;
  /** Name of this process among those that share the Redis. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly random: Random;
  readonly report: ReportEvent;
  readonly signal: AbortSignal;
  /** How agents are reached that are not on the bus. */
  readonly transports?: Transports;
}
