/** `agent:<id>` hashes: one agent's record in fields, read for one or for many agents. */
import {
  type AgentRecord,
  agentRecordSchema,
  windowReportSchema,
  windowReportVersion,
} from './messages/agent-record.js';
import type { Names } from './names.js';
import { pipelinedReads } from './records.js';
import type { Redis } from './redis.js';

/** Fields whose values are JSON; the others are plain text. */
const jsonFields = ['labels', 'capabilities', 'former', 'metrics'] as const;
const plainFields = [
  'id',
  'host',
  'transport',
  'workload',
  'status',
  'live',
  'staged',
  'instruction',
  'offer',
] as const;
const allFields = [...plainFields, 'startedAt', ...jsonFields, 'window'] as const;

/** The hash fields for the given parts of a record; `undefined` parts are left out, empty text clears a field. */
export function agentRecordFields(record: Partial<AgentRecord>): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [key, value] of Object.entries(record)) {
    if (value !== undefined) fields[key] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  return fields;
}

/** Records in the order of the ids; undefined where there is none or it does not fit. */
export async function readAgentRecords(
  redis: Redis,
  names: Names,
  ids: readonly string[],
): Promise<(AgentRecord | undefined)[]> {
  const replies = await pipelinedReads<string, (string | null)[]>(redis, ids, (pipeline, id) =>
    pipeline.hmget(names.agent(id), ...allFields),
  );
  return replies.map((values) => values && parseAgentRecord(values));
}

function parseAgentRecord(values: readonly (string | null)[]): AgentRecord | undefined {
  const document: Record<string, unknown> = {};
  allFields.forEach((field, at) => {
    const text = values[at];
    if (text === null || text === undefined || text === '') return;
    if (field === 'window') Object.assign(document, windowOf(text));
    else
      document[field] = isJsonField(field)
        ? jsonOrUndefined(text)
        : field === 'startedAt'
          ? Number(text)
          : text;
  });
  const parsed = agentRecordSchema.safeParse(document);
  return parsed.success ? parsed.data : undefined;
}

/** A report that cannot be read leaves the rest of the record as it is, and says so. */
function windowOf(text: string): Pick<AgentRecord, 'window' | 'unreadableWindow'> {
  const document = jsonOrUndefined(text);
  const parsed = windowReportSchema.safeParse(document);
  if (parsed.success) return { window: parsed.data };
  const version = (document as { version?: unknown } | null | undefined)?.version;
  const isOther = typeof version === 'number' && version !== windowReportVersion;
  return { unreadableWindow: isOther ? 'other version' : 'damaged' };
}

function isJsonField(field: string): boolean {
  return (jsonFields as readonly string[]).includes(field);
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
