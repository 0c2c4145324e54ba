/** What the orchestrator last wrote: aggregate, health and history out of Redis, checked. */
import { type Aggregate, aggregateSchema, type Health, healthSchema } from '../nerve/messages/aggregate.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import { newestMessages } from '../nerve/streams.js';
import { documentOfHash } from './hash-codec.js';

/** Undefined before the first tick. */
export async function readAggregate(redis: Redis, names: Names): Promise<Aggregate | undefined> {
  return documentOfHash(await redis.hgetall(names.aggregate), aggregateSchema);
}

/** The state of the last tick, which alerts lag by one; undefined before the first tick. */
export async function readHealth(redis: Redis, names: Names): Promise<Health | undefined> {
  return documentOfHash(await redis.hgetall(names.health), healthSchema);
}

/** The newest `count` aggregates, newest first; entries that do not fit are left out. */
export async function readHistory(redis: Redis, names: Names, count: number): Promise<Aggregate[]> {
  const entries = await newestMessages(redis, names.history, aggregateSchema, count);
  return entries.flatMap((entry) => (entry.ok ? [entry.value] : []));
}
