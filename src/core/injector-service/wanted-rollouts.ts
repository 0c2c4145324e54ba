/**
 * Rollouts that an operator wants to go on although nobody works on them: left where the service that works finds them,
 * because the one that was asked may stand by.
 */
import type { Redis } from 'ioredis';
import type { Names } from '../nerve/names.js';

export async function wantRollout(redis: Redis, names: Names, id: string): Promise<void> {
  await redis.sadd(names.injectorWanted, id);
}

/** One of them, or undefined. */
export async function wantedRollout(redis: Redis, names: Names): Promise<string | undefined> {
  return (await redis.srandmember(names.injectorWanted)) ?? undefined;
}

export async function noLongerWanted(redis: Redis, names: Names, id: string): Promise<void> {
  await redis.srem(names.injectorWanted, id);
}
