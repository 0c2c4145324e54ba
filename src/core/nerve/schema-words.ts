/** What a schema found wrong with a value in, our own words for it out: the schema library's are made for programmers. */
import type { core, ZodError } from 'zod';

type Issue = core.$ZodRawIssue;

/** Given with each look at what others sent; words that a schema has of its own go before these. */
export const inOurWords = { error: wordsFor } as const;

/** `context.budget: is missing`. */
export function reasonsOf({ issues }: ZodError): string[] {
  return issues.map(({ path, message }) => {
    const where = path.map(String).join('.');
    return where === '' ? message.replace(/^(?=is |has )/, 'it ') : `${where}: ${message}`;
  });
}

function wordsFor(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `is ${nouns[issue.expected] ?? 'of the wrong kind'}`;
    case 'too_small':
      return tooSmall(issue.origin, issue.minimum, issue.inclusive !== false);
    case 'too_big':
      return tooBig(issue.origin, issue.maximum);
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map((value) => String(value) || '""').join(', ')}`;
    case 'unrecognized_keys':
      return `has what is not known: ${issue.keys.slice(0, 5).join(', ').slice(0, 200)}`;
    case 'invalid_union':
      return 'is of the wrong kind';
    default:
      return 'does not fit';
  }
}

const nouns: Readonly<Record<string, string>> = {
  string: 'no text',
  number: 'no number',
  int: 'no whole number',
  boolean: 'neither true nor false',
  array: 'no list',
  tuple: 'no list',
  object: 'no object',
  record: 'no object',
};

function tooSmall(origin: string, minimum: number | bigint, inclusive: boolean): string {
  if (origin === 'string') return minimum === 1 ? 'is empty' : `is shorter than ${minimum} characters`;
  if (origin === 'array' || origin === 'set') return `has fewer than ${minimum} entries`;
  return inclusive ? `is below ${minimum}` : `is not above ${minimum}`;
}

function tooBig(origin: string, maximum: number | bigint): string {
  if (origin === 'string') return `is longer than ${maximum} characters`;
  if (origin === 'array' || origin === 'set') return `has more than ${maximum} entries`;
  return `is above ${maximum}`;
}
