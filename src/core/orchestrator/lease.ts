/**
 * Who may aggregate: a holder's name in, whether it holds the lease out. The lease expires, so that a killed holder is
 * followed by another; it is no fence, and none is needed: a late tick writes a true, merely older, reading.
 */
import type { Redis } from 'ioredis';
import { runScript } from '../nerve/run-script.js';

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
