/**
 * Declared fields and capabilities in, the same as a capability file out, or everything that is wrong with them: they are read
 * as if they had been written in a file, so that agents, compiler and editor agree about what may be declared.
 */
import { DreamnetError } from '../../errors.js';
import type { Capabilities } from '../../language/capabilities.js';
import type { Diagnostic } from '../../language/diagnostics/diagnostics.js';
import { readCapabilities } from '../../language/read-capabilities.js';
import { limits } from '../../limits.js';
import { actionSetCodes, fitsActionSet } from '../../nerve/messages/action-set.js';
import type { Capability, Field, Fields, Offer, Task } from './options.js';

/**
 * What programs for such a service are compiled against, without starting it: write it to a file for `dreamnet compile
 * --capabilities`. Throws DN636 with every mistake.
 */
export function describeOffer<const F extends Fields, T extends Task<F>>(offer: Offer<F, T>): Capabilities {
  return declaredOffer(offer as unknown as AnyOffer);
}

/** What of an offer does not depend on its types. */
export type AnyOffer = Offer<Fields, Task<Fields>>;

export function declaredOffer({ name = 'service', fields, capabilities }: AnyOffer): Capabilities {
  requireObject(fields, 'fields');
  requireObject(capabilities, 'capabilities');
  for (const [action, capability] of Object.entries(capabilities)) requireFunctions(action, capability);
  const document = {
    version: 1,
    name,
    fields: Object.entries(fields).map(([field, declared]) => describedField(field, declared)),
    actions: Object.entries(capabilities).map(([action, capability]) => describedAction(action, capability)),
  };
  const text = JSON.stringify(document, null, 2);
  const read = readCapabilities(text, { fileName: 'what is declared' });
  if (!read.ok) throw mistaken(read.diagnostics.map((diagnostic) => told(diagnostic, text)));
  const codes = read.capabilities.actions.filter(({ code }) => !fitsActionSet(code));
  if (codes.length > 0)
    throw mistaken(
      codes.map(({ name: action, code }) => `${action} has the code ${code}; agents measure ${range}`),
    );
  return read.capabilities;
}

const range = `${actionSetCodes.min} to ${actionSetCodes.max}`;

function describedField(name: string, declared: Field): object {
  return typeof declared === 'string' ? { name, unit: declared } : { name, ...declared };
}

function describedAction(name: string, capability: Capability<Task<Fields>, Fields>): object {
  const { code, about, risk, effects = {}, unit, min, max, dose, argument = 'amount' } = capability;
  const takes = [unit, min, max, dose, capability.argument].some((given) => given !== undefined);
  return {
    name,
    code,
    about,
    arguments: takes ? [{ name: argument, unit, min, max, dose }] : [],
    risk,
    effects: Object.entries(effects).map(([metric, expected]) => ({ metric, ...expected })),
  };
}

function requireObject(value: unknown, key: string): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw mistaken([`${key} must be an object, such as ${examples[key]}`]);
}

const examples: Readonly<Record<string, string>> = {
  fields: "{ waiting: 'count', age: 'duration' }",
  capabilities: '{ PAUSE: { code: 1, risk: 0.2, apply(task) { … }, revert(task) { … } } }',
};

/** Those of a capability that no file has. */
function requireFunctions(name: string, capability: unknown): void {
  if (typeof capability !== 'object' || capability === null)
    throw mistaken([`${name} must be an object with code, risk, apply and revert`]);
  const { apply, revert, lasting, withinMs, ...declared } = capability as Record<string, unknown>;
  const problems: string[] = [];
  if (typeof apply !== 'function') problems.push(`${name}: apply must be a function`);
  if (typeof revert !== 'function' && revert !== null)
    problems.push(
      `${name}: revert must be a function that takes back what apply did, or null when nothing can`,
    );
  if (lasting !== undefined && typeof lasting !== 'boolean')
    problems.push(`${name}: lasting must be true or false`);
  if (withinMs !== undefined && !(typeof withinMs === 'number' && withinMs > 0 && withinMs <= withinMsMax))
    problems.push(`${name}: withinMs must be a number of milliseconds, above 0 and at most ${withinMsMax}`);
  for (const key of Object.keys(declared))
    if (!capabilityKeys.has(key)) problems.push(`${name}: a capability has no ${key}`);
  if (problems.length > 0) throw mistaken(problems);
}

const withinMsMax = limits.effectWithinMsMax;

const capabilityKeys = new Set([
  'code',
  'about',
  'risk',
  'effects',
  'unit',
  'min',
  'max',
  'dose',
  'argument',
]);

/** Where the mistake is, by the names that were declared instead of lines that nobody wrote. */
function told({ message, found, expected, hint, span }: Diagnostic, text: string): string {
  const names = [...text.slice(0, span.offset).matchAll(/\n {6}"name": "(.*)"/g)];
  const place = names.at(-1)?.[1];
  return [
    ...(place === undefined ? [] : [`${place}:`]),
    message,
    ...(found === undefined ? [] : [`(found ${found})`]),
    ...(expected === undefined ? [] : [`(expected ${expected})`]),
    ...(hint === undefined ? [] : [`– ${hint}`]),
  ].join(' ');
}

function mistaken(problems: readonly string[]): DreamnetError {
  return new DreamnetError({
    code: 'DN636',
    kind: 'bad-input',
    message: `What createAgent is told to offer does not hold together:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    hint: 'docs/agents.md explains every key of fields and capabilities.',
  });
}
