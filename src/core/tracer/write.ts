/**
 * Traces of any agents -> their streams `trace:<agent>`, in pipelines. The entry id starts with the trace's own time, so
 * that `trace:<agent>:<timestamp>` names one; Redis numbers those of the same millisecond.
 */
import type { Redis } from 'ioredis';
import { limits } from '../limits.js';
import type { Trace } from '../nerve/messages/trace-record.js';
import type { Names } from '../nerve/names.js';
import { pipelined } from '../nerve/records.js';

export interface AgentTrace {
  readonly agent: string;
  readonly trace: Trace;
}

/**
 * Ids of a stream only rise. When an agent's clock stood further ahead before (it was set back, or another host carried
 * the agent), its id is refused: the trace then goes in under an id that Redis gives, the next above the last one. So an
 * entry's id is never earlier than its trace, and a clock never costs one. Throws only what is no matter of ids.
 */
export async function appendTraces(redis: Redis, names: Names, traces: readonly AgentTrace[]): Promise<void> {
  const refused: AgentTrace[] = [];
  for (let from = 0; from < traces.length; from += limits.pipelineCommandsMax) {
    refused.push(...(await appendPart(redis, names, traces.slice(from, from + limits.pipelineCommandsMax))));
  }
  await pipelined(redis, refused, (pipeline, item) => addTrace(pipeline, names, item, '*'));
}

/** Returns the traces whose ids were refused. */
async function appendPart(redis: Redis, names: Names, part: readonly AgentTrace[]): Promise<AgentTrace[]> {
  const pipeline = redis.pipeline();
  for (const item of part) addTrace(pipeline, names, item, `${item.trace.at}-*`);
  const replies = (await pipeline.exec()) ?? [];
  return part.filter((_, at) => {
    const error = replies[at]?.[0];
    if (error && !isRefusedId(error)) throw error;
    return Boolean(error);
  });
}

function addTrace(
  pipeline: ReturnType<Redis['pipeline']>,
  names: Names,
  { agent, trace }: AgentTrace,
  id: string,
): void {
  const kept = limits.traceEntriesPerAgentMax;
  pipeline.xadd(names.trace(agent), 'MAXLEN', '~', kept, id, 'json', JSON.stringify(trace));
}

function isRefusedId(error: Error): boolean {
  return /equal or smaller than the target stream top item|must be greater than 0-0/.test(error.message);
}
