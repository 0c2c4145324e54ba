/** What was handed to `createAgent` in, nothing out; throws DN635 with every option that cannot be what was meant. */
import { z } from 'zod';
import { DreamnetError } from '../../errors.js';
import { nearestWord } from '../../language/suggest.js';
import { identifierSchema } from '../../nerve/messages/identifiers.js';
import { Connection } from './connection.js';

const isFunction = z.custom((value) => typeof value === 'function', 'must be a function');
const text = z.string('must be text').min(1, 'must not be empty');
const above0 = z.number('must be a number').positive('must be above 0');
const wholeAbove0 = above0.int('must be a whole number');

const schema = z.strictObject({
  id: z.string('must be text, such as "worker-1"').pipe(identifierSchema),
  name: text.optional(),
  // Looked at by `declared-offer.ts`.
  fields: z.unknown(),
  capabilities: z.unknown(),
  tasks: isFunction,
  runs: isFunction.optional(),
  labels: z.record(text, z.string('must be text'), "must be an object, such as { zone: 'east' }").optional(),
  trust: z
    .union([text, z.array(text).min(1)], 'must be a key, a file or a directory, or a list of these')
    .optional(),
  redis: text.optional(),
  connection: z.instanceof(Connection, { message: 'must come from openConnection' }).optional(),
  prefix: z.string('must be text').optional(),
  stateDir: text.optional(),
  budget: z
    .strictObject({
      perTick: wholeAbove0.optional(),
      perTask: wholeAbove0.optional(),
      cooldownMs: above0.optional(),
    })
    .optional(),
  stopOn: z.array(z.string().regex(/^SIG[A-Z0-9]+$/, 'must be signals, such as "SIGTERM"')).optional(),
  log: isFunction.optional(),
  clock: isFunction.optional(),
});

export function checkOptions(given: unknown): void {
  const { success, error } = schema.safeParse(given ?? {}, { reportInput: true });
  if (!success) throw mistaken(error.issues.flatMap(told));
  const { connection, redis, prefix } = given as Record<string, unknown>;
  if (connection !== undefined && (redis !== undefined || prefix !== undefined))
    throw mistaken(['connection: says where Redis is already, so redis and prefix must be left out']);
}

const names = Object.keys(schema.shape);

function told(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const near = issue.path.length === 0 ? nearestWord(key, names) : undefined;
      const path = [...issue.path, key].join('.');
      return `${path}: there is no such option${near === undefined ? '' : `; did you mean ${near}?`}`;
    });
  const path = issue.path.join('.');
  return [`${path === '' ? 'the options' : path}: ${wording(issue)}`];
}

function wording({ code, message, input }: z.core.$ZodIssue): string {
  return code === 'invalid_type' && input === undefined ? `is missing; it ${message}` : message;
}

function mistaken(problems: readonly string[]): DreamnetError {
  return new DreamnetError({
    code: 'DN635',
    kind: 'bad-input',
    message: `createAgent cannot be used so:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    hint: 'docs/agents.md lists every option.',
  });
}
