/**
 * Traces of any agents -> their streams `trace:<agent>`, in pipelines. The entry id starts with the trace's own time, so
 * that `trace:<agent>:<timestamp>` names one; Redis numbers those of the same millisecond.
 */
import { limits } from '../limits.js';
import type { TickTrace, Trace } from '../nerve/messages/trace-record.js';
import type { Names } from '../nerve/names.js';
import { pipelined } from '../nerve/records.js';
import type { ChainableCommander, Redis } from '../nerve/redis.js';
import { addScript, repeatUnknownScript, type ScriptCall } from '../nerve/run-script.js';
import { traceField } from './entries.js';
import { encodeTick } from './tick-encoding.js';
import { type ReferredNames, referTo } from './trace-names.js';

export interface AgentTrace {
  readonly agent: string;
  readonly trace: Trace;
  /** Names of the actions that its agent offers; the same list for all its traces. Of ticks only. */
  readonly actions?: readonly string[];
}

export interface TraceWriting<Item> {
  readonly redis: Redis;
  readonly names: Names;
  /** Entries that each stream keeps, about. */
  readonly kept?: number;
  /** Adds the commands for an item; with `trace` it adds traces among them, so that they cost no round trip of their own. */
  readonly command: (pipeline: ChainableCommander, item: Item, trace: (added: AgentTrace) => void) => void;
  /** The script that ends the pipeline of these items. */
  readonly closing?: (items: readonly Item[]) => ScriptCall;
}

/**
 * Runs the commands in pipelines of bounded size. Throws the first error that is no matter of ids.
 *
 * Ids of a stream only rise. When an agent's clock stood further ahead before (it was set back, or another host carried
 * the agent), its id is refused: the trace then goes in under an id that Redis gives, the next above the last one. So an
 * entry's id is never earlier than its trace, and a clock never costs one.
 */
export async function pipelinedWithTraces<Item>(
  items: readonly Item[],
  { redis, names, command, closing, kept = limits.traceEntriesPerAgentMax }: TraceWriting<Item>,
): Promise<void> {
  const refused: AgentTrace[] = [];
  for (let from = 0; from < items.length; from += limits.pipelineCommandsMax) {
    const pipeline = redis.pipeline();
    const named = new Set<ReferredNames>();
    /** By the place of the command in the pipeline. */
    const traces: (AgentTrace | undefined)[] = [];
    const trace = (added: AgentTrace) => {
      const { value, referred } = compactOf(added);
      if (referred !== undefined && !named.has(referred)) {
        named.add(referred);
        storeNames(pipeline, names, referred);
      }
      traces[pipeline.length] = added;
      addEntry(pipeline, { names, agent: added.agent, kept, id: `${added.trace.at}-*`, value });
    };
    const part = items.slice(from, from + limits.pipelineCommandsMax);
    for (const item of part) command(pipeline, item, trace);
    const closesAt = pipeline.length;
    const call = closing?.(part);
    if (call !== undefined) addScript(pipeline, call);
    const replies = (await pipeline.exec()) ?? [];
    for (const [at, [error]] of replies.entries()) {
      if (!error) continue;
      const added = traces[at];
      if (added && isRefusedId(error)) refused.push(added);
      else if (call !== undefined && at === closesAt) await repeatUnknownScript(redis, call, error);
      else throw error;
    }
  }
  // The compact form tells a trace's time by its id.
  await pipelined(redis, refused, (pipeline, { agent, trace }) =>
    addEntry(pipeline, { names, agent, kept, id: '*', value: JSON.stringify(trace) }),
  );
}

/** Traces alone, many in a pipeline. */
export async function appendTraces(redis: Redis, names: Names, traces: readonly AgentTrace[]): Promise<void> {
  await pipelinedWithTraces(traces, { redis, names, command: (_pipeline, item, trace) => trace(item) });
}

interface Entry {
  readonly names: Names;
  readonly agent: string;
  readonly kept: number;
  readonly id: string;
  readonly value: Buffer | string;
}

function addEntry(pipeline: ChainableCommander, { names, agent, kept, id, value }: Entry): void {
  pipeline.xadd(names.trace(agent), 'MAXLEN', '~', kept, id, traceField, value);
}

/** Each time, so that it is there whatever became of Redis; it expires after the traces that refer to it. */
function storeNames(pipeline: ChainableCommander, names: Names, { reference, text }: ReferredNames): void {
  pipeline.set(names.traceNames(reference.toString('hex')), text, 'PX', 2 * limits.lastTracesKeptMs);
}

function compactOf({ trace, actions }: AgentTrace): {
  readonly value: Buffer | string;
  readonly referred?: ReferredNames | undefined;
} {
  if (trace.kind === 'tick') {
    const { referred, value } = compactTick(trace, actions ?? Object.keys(trace.effects));
    if (value !== undefined) return { value, referred };
  }
  return { value: JSON.stringify(trace) };
}

const none: ReadonlyMap<number, number> = new Map();

function compactTick(trace: TickTrace, actions: readonly string[]) {
  const { instruction, digest, effects } = trace;
  const counted = Object.keys(effects);
  const isNamed = instruction !== undefined || digest !== undefined || counted.length > 0;
  const referred = isNamed ? referTo({ instruction, digest, actions }) : undefined;
  const places =
    counted.length === 0
      ? none
      : new Map(counted.map((name) => [actions.indexOf(name), effects[name] as number]));
  return {
    referred,
    value: encodeTick({ reference: referred?.reference, effects: places, tick: trace }, trace.at),
  };
}

function isRefusedId(error: Error): boolean {
  return /equal or smaller than the target stream top item|must be greater than 0-0/.test(error.message);
}
