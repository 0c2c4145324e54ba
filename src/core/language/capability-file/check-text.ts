/** A value that should be text in; it is reported when it is none, or a name that could not be used. */
import { languageLimits } from '../limits.js';
import { isKeyword } from '../syntax/tokens.js';
import type { FileContext } from './file-context.js';
import type { JsonNode } from './json-source.js';

export function checkName(node: JsonNode, place: string, context: FileContext): void {
  if (!isText(node, place, context)) return;
  const name = String(node.value);
  const problem = nameProblem(name);
  if (!/^[A-Za-z_]\w*$/.test(name)) reportForeign(node, name, place, context);
  else if (problem !== undefined) reportName(node, problem, context);
}

function nameProblem(name: string): string | undefined {
  if (name.length > languageLimits.nameLengthMax) return tooLong(name);
  if (name.startsWith('__')) return 'names that begin with __ are reserved';
  if (isKeyword(name.toUpperCase()) || name === 'task_queue') return `${name} is a word of the language`;
  return undefined;
}

function tooLong(name: string): string {
  return `a name of ${name.length} characters is longer than ${languageLimits.nameLengthMax}`;
}

function reportForeign(node: JsonNode, name: string, place: string, context: FileContext): void {
  const plain = name.replaceAll(/\W+/g, '_').replaceAll(/^(?:__+|(?=\d))/g, '_');
  const isUsable = /^[A-Za-z_]*[A-Za-z]\w*$/.test(plain) && nameProblem(plain) === undefined;
  context.report(node, {
    code: 'DN057',
    message: name === '' ? `${place} is empty` : `a program could not write this name`,
    found: name === '' ? undefined : context.textOf(node),
    expected: 'letters a to z, digits and _, and no digit in front',
    hint: isUsable ? `did you mean "${plain}"?` : undefined,
    suggestion: isUsable
      ? { span: context.spanOf(node), replacement: `"${plain}"`, certain: false }
      : undefined,
  });
}

export function checkLabel(node: JsonNode, place: string, context: FileContext): void {
  if (!isText(node, place, context)) return;
  const fits = /^[A-Za-z0-9][\w.-]*$/.test(node.value) && node.value.length <= languageLimits.nameLengthMax;
  if (fits) return;
  context.report(node, {
    code: 'DN057',
    message: 'this is no name for a fleet',
    expected: `1 to ${languageLimits.nameLengthMax} letters, digits, dots, dashes and _, such as "web-fleet"`,
  });
}

export function checkQuoted(node: JsonNode, place: string, context: FileContext): void {
  if (!isText(node, place, context)) return;
  const name = String(node.value);
  if (name === '') reportName(node, `${place} is empty`, context);
  else if (name.length > languageLimits.nameLengthMax) reportName(node, tooLong(name), context);
  else if (/["\p{C}\u2028\u2029]/u.test(name))
    reportName(node, 'a program could not write this name between quotes', context);
  else if (name.trim() === '') reportName(node, `${place} is nothing but space`, context);
  else if (name.trim() !== name) reportSpaceAround(node, name.trim(), context);
}

/** Cells of a task table are trimmed, so that no table could hold the name. */
function reportSpaceAround(node: JsonNode, plain: string, context: FileContext): void {
  const replacement = JSON.stringify(plain);
  context.report(node, {
    code: 'DN057',
    message: 'this name begins or ends with a space, which task tables leave out',
    found: context.textOf(node),
    expected: replacement,
    suggestion: { span: context.spanOf(node), replacement, certain: false },
  });
}

function reportName(node: JsonNode, message: string, context: FileContext): void {
  context.report(node, {
    code: 'DN057',
    message,
    found: node.value === '' ? undefined : context.textOf(node),
  });
}

export function isText(node: JsonNode, place: string, context: FileContext, expected?: string): boolean {
  if (node.type === 'string') return true;
  const found =
    node.type === 'object' ? 'an object' : node.type === 'array' ? 'a list' : context.textOf(node);
  context.report(node, {
    code: 'DN055',
    message: `${place} must be text`,
    found,
    expected: expected ?? 'text in double quotes',
  });
  return false;
}
