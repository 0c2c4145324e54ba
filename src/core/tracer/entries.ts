/** Entries of a trace stream, as bytes -> traces, checked; what does not fit is given with its reasons. */
import { limits } from '../limits.js';
import { type Trace, tickTraceSchema, traceSchema } from '../nerve/messages/trace-record.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import { inOurWords, reasonsOf } from '../nerve/schema-words.js';
import { parseMessage, type Received } from '../nerve/streams.js';
import { decodeTick, type EncodedTick } from './tick-encoding.js';
import { readTraceNames, type TraceNames } from './trace-names.js';

/** As ioredis gives them, asked for bytes. */
export type TraceEntry = [id: Buffer, fields: Buffer[] | null];

/** The field that holds a trace: its compact form, or JSON, which begins with a brace. */
export const traceField = 't';
/** The field of earlier versions, for JSON alone. */
const earlierField = 'json';
const brace = 0x7b;

/** Remembers the names that it has seen. */
export interface TraceParser {
  parse(entries: readonly TraceEntry[]): Promise<Received<Trace>[]>;
}

export function createTraceParser(redis: Redis, names: Names): TraceParser {
  const known = new Map<string, TraceNames>();
  return {
    async parse(entries) {
      const read = entries.map(readEntry);
      const wanted = read.flatMap((entry) => ('encoded' in entry ? referenceOf(entry.encoded) : []));
      const missing = [...new Set(wanted)].filter((reference) => !known.has(reference));
      for (const [reference, value] of await readTraceNames(redis, names, missing))
        known.set(reference, value);
      return read.map((entry) => {
        if (!('encoded' in entry)) return entry;
        const [reference] = referenceOf(entry.encoded);
        return nameTick(entry, reference === undefined ? undefined : known.get(reference));
      });
    },
  };
}

interface UnnamedEntry {
  readonly streamId: string;
  readonly encoded: EncodedTick;
  readonly raw: string;
}

function readEntry([id, fields]: TraceEntry): Received<Trace> | UnnamedEntry {
  const streamId = id.toString();
  const value = fieldOf(fields, traceField);
  const json = value?.[0] === brace ? value : fieldOf(fields, earlierField);
  if (json !== undefined) return parseMessage(streamId, json.toString('utf8'), traceSchema);
  if (value === undefined) return { streamId, ok: false, reasons: ['the entry has no trace'], raw: '' };
  const raw = value.toString('base64');
  if (value.length > limits.messageBytesMax)
    return { streamId, ok: false, reasons: [`longer than ${limits.messageBytesMax} bytes`], raw };
  try {
    return { streamId, encoded: decodeTick(value, Number.parseInt(streamId, 10)), raw };
  } catch (thrown) {
    if (!(thrown instanceof RangeError || thrown instanceof SyntaxError)) throw thrown;
    return { streamId, ok: false, reasons: [thrown.message], raw };
  }
}

function fieldOf(fields: readonly Buffer[] | null, name: string): Buffer | undefined {
  for (let at = 0; fields !== null && at + 1 < fields.length; at += 2) {
    if (String(fields[at]) === name) return fields[at + 1];
  }
  return undefined;
}

function referenceOf({ reference }: EncodedTick): string[] {
  return reference === undefined ? [] : [reference.toString('hex')];
}

/** A program or an action whose name is gone is not named. */
function nameTick({ streamId, encoded, raw }: UnnamedEntry, names: TraceNames | undefined): Received<Trace> {
  const { instruction, digest, actions } = names ?? { actions: [] };
  const effects = [...encoded.effects].map(
    ([place, count]) => [actions[place] ?? `action ${place + 1}`, count] as const,
  );
  const parsed = tickTraceSchema.safeParse(
    {
      ...{ version: 1, kind: 'tick' },
      ...(instruction === undefined ? {} : { instruction }),
      ...(digest === undefined ? {} : { digest }),
      ...encoded.tick,
      effects: Object.fromEntries(effects),
    },
    inOurWords,
  );
  if (parsed.success) return { streamId, ok: true, value: parsed.data, raw };
  return { streamId, ok: false, reasons: reasonsOf(parsed.error), raw };
}
