/** An agent's id in, what happened to it out: its outcome in the rollouts that meant it, and the programs that it loaded. */
import { limits } from '../limits.js';
import { readAgentRecords } from '../nerve/agent-records.js';
import {
  type RolloutAgent,
  type RolloutRecord,
  rolloutAgentSchema,
} from '../nerve/messages/rollout-record.js';
import type { LoadTrace } from '../nerve/messages/trace-record.js';
import type { Names } from '../nerve/names.js';
import { parseRecord, pipelinedReads } from '../nerve/records.js';
import type { Redis } from '../nerve/redis.js';
import { newestRollouts, readRollouts } from '../nerve/rollout-records.js';
import { readLastLoad, readTraces } from '../tracer/read.js';
import { noSuchAgent } from './one-agent.js';

export interface AgentHistory {
  readonly agent: string;
  /** As it is now; null when it has left the fleet. */
  readonly status: string | null;
  readonly program: string | null;
  /** Newest first, of the last rollouts of the fleet; batches are counted from 1. */
  readonly rollouts: readonly (RolloutAgent &
    Pick<RolloutRecord, 'id' | 'state' | 'plannedAt'> & {
      readonly type: string;
      readonly digest: string;
      readonly liveAt: number | null;
    })[];
  /** Newest first; what is older than the agent's last traces is gone, except for the last load. */
  readonly loads: readonly LoadTrace[];
}

const rolloutsMax = 200;

/** Throws DN703 when nothing is known of such an agent. */
export async function agentHistory(redis: Redis, names: Names, agent: string): Promise<AgentHistory> {
  const ids = await newestRollouts(redis, names, rolloutsMax);
  const outcomes = await pipelinedReads<string, string | null>(redis, ids, (pipeline, id) =>
    pipeline.hget(names.rollout(id), `agent:${agent}`),
  );
  const touched = ids.flatMap((id, at) => {
    const outcome = parseRecord(outcomes[at], rolloutAgentSchema);
    return outcome === undefined ? [] : [{ id, outcome }];
  });
  const [records, [record], loads] = await Promise.all([
    readRollouts(
      redis,
      names,
      touched.map(({ id }) => id),
    ),
    readAgentRecords(redis, names, [agent]),
    loadsOf(redis, names, agent),
  ]);
  if (record === undefined && touched.length === 0) throw noSuchAgent(agent);
  return {
    agent,
    status: record?.status ?? null,
    program: record?.live ?? null,
    rollouts: touched.flatMap(({ outcome }, at) => {
      const rollout = records[at];
      if (rollout === undefined) return [];
      const { id, state, plannedAt, instruction, program, liveAt = null } = rollout;
      const { type } = instruction;
      const batch = outcome.batch + 1;
      return [{ id, type, state, plannedAt, liveAt, digest: program.digest, ...outcome, batch }];
    }),
    loads,
  };
}

async function loadsOf(redis: Redis, names: Names, agent: string): Promise<LoadTrace[]> {
  const { traces } = await readTraces(redis, names, agent, { count: limits.traceEntriesPerAgentMax * 2 });
  const loads = traces.flatMap(({ trace }) => (trace.kind === 'load' ? [trace] : []));
  const last = await readLastLoad(redis, names, agent);
  return last === undefined || loads.some(({ at }) => at >= last.at) ? loads : [last, ...loads];
}
