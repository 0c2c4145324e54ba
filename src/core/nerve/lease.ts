/**
 * Who does what only one at a time should do: a holder's name in, whether it holds the lease out. The lease expires, so
 * that a killed holder is followed by another. It is no fence: whoever writes something that must not be written twice
 * needs one besides, such as a rollout's epoch.
 */
import type { Redis } from './redis.js';
import { runScript } from './run-script.js';

export interface Lease {
  readonly redis: Redis;
  readonly key: string;
  readonly holder: string;
}

export async function holdLease({ redis, key, holder }: Lease, ttlMs: number): Promise<boolean> {
  return (await runScript(redis, 'hold-lease', key, [holder, Math.ceil(ttlMs)])) === 1;
}

export async function releaseLease({ redis, key, holder }: Lease): Promise<void> {
  await runScript(redis, 'release-lease', key, [holder]);
}
