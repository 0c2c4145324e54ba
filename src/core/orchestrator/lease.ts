/**
 * Who may aggregate: a holder's name in, whether it holds the lease out. The lease expires, so that a killed holder is
 * followed by another; it is no fence, and none is needed: a late tick writes a true, merely older, reading.
 */
import type { Redis } from 'ioredis';

export interface Lease {
  readonly redis: Redis;
  readonly key: string;
  readonly holder: string;
}

/**
 * KEYS[1] lease. ARGV[1] holder, ARGV[2] time to live (ms).
 * Takes the lease when it is free, prolongs it when the holder has it. Returns 1 when the holder has it now, else 0.
 */
const holdScript = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

/** KEYS[1] lease. ARGV[1] holder. Frees the lease when the holder has it. Returns 1 when it did, else 0. */
const releaseScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

export async function holdLease({ redis, key, holder }: Lease, ttlMs: number): Promise<boolean> {
  return (await redis.eval(holdScript, 1, key, holder, Math.ceil(ttlMs))) === 1;
}

export async function releaseLease({ redis, key, holder }: Lease): Promise<void> {
  await redis.eval(releaseScript, 1, key, holder);
}
