/** What an operator typed for a rollout -> its record: an id, the beginning of one, `latest` or nothing for the newest. */
import { limits } from '../../limits.js';
import { identifierSchema } from '../../nerve/messages/identifiers.js';
import type { RolloutRecord } from '../../nerve/messages/rollout-record.js';
import type { Names } from '../../nerve/names.js';
import type { Redis } from '../../nerve/redis.js';
import { newestRollouts, readRollout } from '../../nerve/rollout-records.js';
import { ambiguousRollout, noRolloutYet, noSuchRollout } from './wish-refusals.js';

/** Throws DN506 when there is none, DN514 when several begin like this. */
export async function findRollout(
  redis: Redis,
  names: Names,
  typed: string | undefined,
): Promise<RolloutRecord> {
  const id = await idOf(redis, names, typed);
  const record = await readRollout(redis, names, id);
  if (record === undefined) throw noSuchRollout(id);
  return record;
}

async function idOf(redis: Redis, names: Names, typed = 'latest'): Promise<string> {
  if (typed === 'latest') {
    const [newest] = await newestRollouts(redis, names, 1);
    if (newest === undefined) throw noRolloutYet();
    return newest;
  }
  if (!identifierSchema.safeParse(typed).success) throw noSuchRollout(typed);
  if ((await readRollout(redis, names, typed)) !== undefined) return typed;
  const ids = await newestRollouts(redis, names, limits.rolloutsListedMax);
  const meant = ids.filter((id) => id.startsWith(typed));
  if (meant.length > 1) throw ambiguousRollout(typed, meant);
  if (meant[0] === undefined) throw noSuchRollout(typed);
  return meant[0];
}
