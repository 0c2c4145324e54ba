/** The flat hashes `swarm:metrics:aggregate` and `swarm:health:status`: a document to fields, and fields to a checked document. */
import type { ZodType } from 'zod';

/** Text as it is; numbers, null, maps and lists as JSON. */
export function hashFieldsOf(document: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(document).map(([field, value]) => [
      field,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

/** Undefined when there is no hash or it does not fit. Fields that the schema does not name belong to others and are ignored. */
export function documentOfHash<T>(
  fields: Readonly<Record<string, string>>,
  schema: ZodType<T>,
): T | undefined {
  const entries = Object.entries(fields).map(([field, text]) => [field, parsedOrText(text)]);
  const parsed = schema.safeParse(Object.fromEntries(entries));
  return parsed.success ? parsed.data : undefined;
}

function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
