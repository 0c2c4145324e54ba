/** Agents' ids in, what each wrote of itself last out, one pipeline for all: only the fields that gates look at. */
import {
  type TickMetrics,
  tickMetricsSchema,
  windowReportSchema,
} from '../../nerve/messages/agent-record.js';
import type { Names } from '../../nerve/names.js';
import { parseRecord, pipelinedReads } from '../../nerve/records.js';
import type { Redis } from '../../nerve/redis.js';

const windowSchema = windowReportSchema.pick({
  instruction: true,
  ticks: true,
  completed: true,
  failed: true,
  errors: true,
  lastError: true,
});

export interface AgentReading {
  readonly startedAt: number;
  /** Of the program that it runs. */
  readonly instruction: string | undefined;
  readonly metrics: TickMetrics | undefined;
  /** What it counted since it went live; read only when asked for. */
  readonly window: ReturnType<typeof windowSchema.parse> | undefined;
}

/** In the order of the ids; what is missing or does not fit is undefined. */
export async function readAgents(
  redis: Redis,
  names: Names,
  ids: readonly string[],
  { windows = false }: { readonly windows?: boolean } = {},
): Promise<(AgentReading | undefined)[]> {
  const fields = ['startedAt', 'instruction', 'metrics', ...(windows ? ['window'] : [])];
  const replies = await pipelinedReads<string, (string | null)[]>(redis, ids, (pipeline, id) =>
    pipeline.hmget(names.agent(id), ...fields),
  );
  return replies.map((reply) => {
    const [startedAt, instruction, metrics, window] = reply ?? [];
    if (startedAt == null) return undefined;
    return {
      startedAt: Number(startedAt),
      instruction: instruction ?? undefined,
      metrics: parseRecord(metrics, tickMetricsSchema),
      window: parseRecord(window, windowSchema),
    };
  });
}
