/**
 * Traces of any agents -> their streams `trace:<agent>`, in pipelines. The entry id starts with the trace's own time, so
 * that `trace:<agent>:<timestamp>` names one; Redis numbers those of the same millisecond.
 */

import { limits } from '../limits.js';
import type { Trace } from '../nerve/messages/trace-record.js';
import type { Names } from '../nerve/names.js';
import { pipelined } from '../nerve/records.js';
import type { ChainableCommander, Redis } from '../nerve/redis.js';
import { addScript, repeatUnknownScript, type ScriptCall } from '../nerve/run-script.js';

export interface AgentTrace {
  readonly agent: string;
  readonly trace: Trace;
}

/** Adds a trace, and gives its text back. */
type AddTrace = (added: AgentTrace) => string;

/**
 * Runs what `command` adds for each item, in pipelines of bounded size; with `trace` it adds traces among its own
 * commands, so that they cost no round trip of their own. `closing` is the script that ends the pipeline of these items.
 * Throws the first error that is no matter of ids.
 *
 * Ids of a stream only rise. When an agent's clock stood further ahead before (it was set back, or another host carried
 * the agent), its id is refused: the trace then goes in under an id that Redis gives, the next above the last one. So an
 * entry's id is never earlier than its trace, and a clock never costs one.
 */
export async function pipelinedWithTraces<Item>(
  redis: Redis,
  names: Names,
  items: readonly Item[],
  command: (pipeline: ChainableCommander, item: Item, trace: AddTrace) => void,
  closing?: (items: readonly Item[]) => ScriptCall,
): Promise<void> {
  const refused: AgentTrace[] = [];
  for (let from = 0; from < items.length; from += limits.pipelineCommandsMax) {
    const pipeline = redis.pipeline();
    const traces = new Map<number, AgentTrace>();
    const trace: AddTrace = (added) => {
      traces.set(pipeline.length, added);
      return addTrace(pipeline, names, added, `${added.trace.at}-*`);
    };
    const part = items.slice(from, from + limits.pipelineCommandsMax);
    for (const item of part) command(pipeline, item, trace);
    const closesAt = pipeline.length;
    const call = closing?.(part);
    if (call !== undefined) addScript(pipeline, call);
    const replies = (await pipeline.exec()) ?? [];
    for (const [at, [error]] of replies.entries()) {
      if (!error) continue;
      const added = traces.get(at);
      if (added && isRefusedId(error)) refused.push(added);
      else if (call !== undefined && at === closesAt) await repeatUnknownScript(redis, call, error);
      else throw error;
    }
  }
  await pipelined(redis, refused, (pipeline, item) => addTrace(pipeline, names, item, '*'));
}

/** Traces alone, many in a pipeline. */
export async function appendTraces(redis: Redis, names: Names, traces: readonly AgentTrace[]): Promise<void> {
  await pipelinedWithTraces(redis, names, traces, (_pipeline, item, trace) => trace(item));
}

function addTrace(
  pipeline: ChainableCommander,
  names: Names,
  { agent, trace }: AgentTrace,
  id: string,
): string {
  const json = JSON.stringify(trace);
  const kept = limits.traceEntriesPerAgentMax;
  pipeline.xadd(names.trace(agent), 'MAXLEN', '~', kept, id, 'json', json);
  return json;
}

function isRefusedId(error: Error): boolean {
  return /equal or smaller than the target stream top item|must be greater than 0-0/.test(error.message);
}
