/**
 * What traces of ticks have in common: which program ran, and the names of the actions that they count. Kept in Redis once under
 * a reference made from its content, so that whoever writes the same has the same reference, and nobody has to ask.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../canonical-json.js';
import { digestSchema, identifierSchema } from '../nerve/messages/identifiers.js';
import type { Names } from '../nerve/names.js';
import { parseRecord, pipelinedReads } from '../nerve/records.js';
import type { Redis } from '../nerve/redis.js';
import { referenceBytes } from './tick-encoding.js';

const traceNamesSchema = z.object({
  instruction: identifierSchema.optional(),
  digest: digestSchema.optional(),
  /** In the order in which traces count them. */
  actions: z.array(z.string().max(128)).max(256),
});
export type TraceNames = z.infer<typeof traceNamesSchema>;

type NamesOfTrace = Omit<TraceNames, 'actions'> & { readonly actions: readonly string[] };

export interface ReferredNames {
  readonly reference: Buffer;
  readonly text: string;
}

/** Many traces share a list of actions, and few programs run at a time; a host that has seen many begins anew. */
const programsMax = 1_000;
const known = new WeakMap<readonly string[], Map<string, ReferredNames>>();

export function referTo({ instruction, digest, actions }: NamesOfTrace): ReferredNames {
  const programs = known.get(actions) ?? new Map<string, ReferredNames>();
  known.set(actions, programs);
  const program = `${instruction} ${digest}`;
  const before = programs.get(program);
  if (before !== undefined) return before;
  const text = canonicalJson({ instruction, digest, actions });
  const reference = createHash('sha256').update(text).digest().subarray(0, referenceBytes);
  const referred = { reference, text };
  if (programs.size >= programsMax) programs.clear();
  programs.set(program, referred);
  return referred;
}

/** Reference in hexadecimal -> names; those that are gone or damaged are absent. */
export async function readTraceNames(
  redis: Redis,
  names: Names,
  references: readonly string[],
): Promise<Map<string, TraceNames>> {
  const texts = await pipelinedReads<string, string | null>(redis, references, (pipeline, reference) =>
    pipeline.get(names.traceNames(reference)),
  );
  const found = new Map<string, TraceNames>();
  references.forEach((reference, at) => {
    const value = parseRecord(texts[at], traceNamesSchema);
    if (value !== undefined) found.set(reference, value);
  });
  return found;
}
