/**
 * The agents that gates will compare in, what each measured before the rollout touched it out. It is written down when it is
 * first read, because whoever goes on with the rollout finds agents that run the program already.
 */
import type { AgentOutcome, RolloutRecord } from '../../nerve/messages/rollout-record.js';
import type { Names } from '../../nerve/names.js';
import type { Redis } from '../../nerve/redis.js';
import { type LevelBefore, readLevelsBefore, writeLevelsBefore } from '../../nerve/rollout-levels.js';
import type { PlannedAgent } from '../plan/plan.js';
import { type AgentReading, readAgents } from './read-agents.js';

export interface LevelsBefore {
  readonly readings: ReadonlyMap<string, AgentReading>;
  /** Agents that run the program already, and of which it is not known what they measured before. */
  readonly lost: number;
}

interface TouchedRollout {
  readonly record: Pick<RolloutRecord, 'id' | 'epoch'>;
  outcomeOf(id: string): AgentOutcome;
}

export async function levelsBefore(
  { redis, names }: { readonly redis: Redis; readonly names: Names },
  touched: TouchedRollout,
  agents: readonly PlannedAgent[],
): Promise<LevelsBefore> {
  const { id: rollout, epoch } = touched.record;
  const ids = agents.map(({ id }) => id);
  const now = await readAgents(redis, names, ids);
  const runs = ids.map((id, at) => touched.outcomeOf(id) === 'live' || now[at]?.instruction === rollout);
  // What was written long ago is no level of agents of which none runs the program any more.
  const written = runs.includes(true) ? await readLevelsBefore(redis, names, { rollout, ids }) : [];
  const readings = new Map<string, AgentReading>();
  const fresh = new Map<string, LevelBefore>();
  let lost = 0;
  for (const [at, id] of ids.entries()) {
    const [earlier, reading] = [written[at], now[at]];
    // Who measures nothing, as agents that are reached from outside, has no level that could be lost.
    if (reading?.metrics === undefined) continue;
    const { startedAt, metrics } = reading;
    if (earlier?.startedAt === startedAt) {
      readings.set(id, { ...earlier, instruction: undefined, window: undefined });
    } else if (runs[at]) lost++;
    else {
      readings.set(id, reading);
      fresh.set(id, { startedAt, metrics });
    }
  }
  await writeLevelsBefore(redis, names, { rollout, epoch, levels: fresh });
  return { readings, lost };
}
