/** `rollout:<id>`, fields `before:<agent>`: what agents that gates compare measured before the rollout touched them. */
import { z } from 'zod';
import { tickMetricsSchema } from './messages/agent-record.js';
import { timestampMsSchema } from './messages/identifiers.js';
import type { Names } from './names.js';
import { parseRecord } from './records.js';
import type { Redis } from './redis.js';
import { writeRolloutFields } from './rollout-records.js';

const field = 'before:';

const levelBeforeSchema = z.object({
  /** An agent that has been started anew since measures something else. */
  startedAt: timestampMsSchema,
  metrics: tickMetricsSchema,
});
export type LevelBefore = z.infer<typeof levelBeforeSchema>;

/** Fenced by the epoch, as every write of a rollout. */
export async function writeLevelsBefore(
  redis: Redis,
  names: Names,
  {
    rollout,
    epoch,
    levels,
  }: {
    readonly rollout: string;
    readonly epoch: number;
    readonly levels: ReadonlyMap<string, LevelBefore>;
  },
): Promise<void> {
  const fields = [...levels].map(([id, { startedAt, metrics }]): [string, string] => [
    `${field}${id}`,
    JSON.stringify({ startedAt, metrics }),
  ]);
  await writeRolloutFields(redis, names, { id: rollout, epoch }, fields);
}

/** In the order of the ids; undefined where none was written down, or it does not fit. */
export async function readLevelsBefore(
  redis: Redis,
  names: Names,
  { rollout, ids }: { readonly rollout: string; readonly ids: readonly string[] },
): Promise<(LevelBefore | undefined)[]> {
  if (ids.length === 0) return [];
  const texts = await redis.hmget(names.rollout(rollout), ...ids.map((id) => `${field}${id}`));
  return texts.map((text) => parseRecord(text, levelBeforeSchema));
}
