/**
 * One tick of the orchestrator: reads every agent, and writes the aggregate, the fleet's health and one entry of history.
 * Each of the three is one command on one key, and doing a tick twice only measures twice.
 */
import { limits } from '../limits.js';
import type { Aggregate, Health } from '../nerve/messages/aggregate.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import {
  aggregateOf,
  type FleetReading,
  isAlive,
  isExternal,
  type RunCounters,
  runCountersOf,
} from './aggregate.js';
import { hashFieldsOf } from './hash-codec.js';
import { type HealthReading, healthOf } from './health.js';
import { readFleet } from './read-fleet.js';

export interface TickOptions {
  readonly redis: Redis;
  readonly names: Names;
  readonly nowMs: number;
  /** `counters` of the tick before; without it the success rate of this tick is unknown (null). */
  readonly previous?: RunCounters | undefined;
  /** False: measure, but write nothing; the caller is no longer the one that aggregates. Asked just before writing. */
  readonly mayWrite?: () => boolean;
}

export interface Tick {
  readonly aggregate: Aggregate;
  readonly health: Health;
  readonly counters: RunCounters;
}

/** An agent that has been silent for a day is history, no trouble of today. */
const lostAgentsCountMs = 86_400_000;

export async function tickOnce(options: TickOptions): Promise<Tick> {
  const { redis, names, nowMs, previous } = options;
  const reading: FleetReading = { ...(await readFleet(redis, names)), nowMs, previous };
  const aggregate = aggregateOf(reading);
  const health = healthOf({ aggregate, ...silentAgents(reading) });
  if (options.mayWrite?.() ?? true) await writeTick({ redis, names, aggregate, health });
  return { aggregate, health, counters: runCountersOf(reading) };
}

/**
 * Agents that fell silent within the last day and did not say that they stop. Those that are reached from outside have no
 * heartbeat of their own: it ends when the command ends that looked for them, and says nothing of them.
 */
function silentAgents({
  heartbeats,
  samples,
  nowMs,
}: FleetReading): Pick<HealthReading, 'lost' | 'unwatched'> {
  let [lost, unwatched] = [0, 0];
  for (const [agent, beatMs] of heartbeats) {
    const sample = samples.get(agent);
    if (isAlive(beatMs, nowMs) || sample?.status === 'stopped') continue;
    if (isExternal(sample)) unwatched += 1;
    else if (nowMs - beatMs <= lostAgentsCountMs) lost += 1;
  }
  return { lost, unwatched };
}

interface Writing extends Pick<TickOptions, 'redis' | 'names'> {
  readonly aggregate: Aggregate;
  readonly health: Health;
}

async function writeTick({ redis, names, aggregate, health }: Writing): Promise<void> {
  const replies = await redis
    .pipeline()
    .hset(names.aggregate, hashFieldsOf(aggregate))
    .hset(names.health, hashFieldsOf(health))
    .xadd(names.history, 'MAXLEN', '~', limits.historyEntriesMax, '*', 'json', JSON.stringify(aggregate))
    .exec();
  for (const [error] of replies ?? []) if (error) throw error;
}
