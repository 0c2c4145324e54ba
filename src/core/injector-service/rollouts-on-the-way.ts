/** Rollouts that have begun and have not ended: whether somebody works on each, and which of them a service may take over. */
import type { RolloutRecord } from '../nerve/messages/rollout-record.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import { readHold } from '../nerve/rollout-holds.js';
import { newestRollouts, readRollouts } from '../nerve/rollout-records.js';

export interface RolloutOnTheWay {
  readonly record: RolloutRecord;
  /** A living process works on it. */
  readonly held: boolean;
}

/** One is on the way at a time, so that these reach far back. */
const lookBack = 50;

/** Oldest first. */
export async function rolloutsOnTheWay(redis: Redis, names: Names): Promise<RolloutOnTheWay[]> {
  const ids = await newestRollouts(redis, names, lookBack);
  const records = (await readRollouts(redis, names, ids)).filter((record) => record !== undefined);
  const open = records.filter(({ state }) => onTheWay.has(state)).reverse();
  return Promise.all(
    open.map(async (record) => ({ record, held: (await readHold(redis, names, record.id)).held })),
  );
}

/**
 * A service began it and is gone. Not: what an operator paused, or aborted while it was live, which go on when somebody
 * wants them to; and what a person began, who goes on with it or not.
 */
export function isOrphan({ record, held }: RolloutOnTheWay): boolean {
  if (held || record.service === undefined || record.state === 'paused') return false;
  return record.control?.action !== 'abort';
}

const onTheWay: ReadonlySet<RolloutRecord['state']> = new Set([
  'planned',
  'canary',
  'injecting',
  'paused',
  'live',
]);
