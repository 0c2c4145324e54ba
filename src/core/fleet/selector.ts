/**
 * Label selectors, as operators know them from Kubernetes: text in, a test for agents out. Requirements are joined by
 * commas and all must hold: `role=optimizer`, `region!=us-east`, `class in (web,batch)`, `class notin (web)`, `gpu`,
 * `!gpu`. `id` stands for the agent's id. An agent without the label meets `!=` and `notin`, and no `in`. The empty
 * selector means all agents.
 */
import { DreamnetError } from '../errors.js';

export interface Selectable {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

export type Selector = (agent: Selectable) => boolean;

const word = '[A-Za-z0-9]([A-Za-z0-9._:/-]*[A-Za-z0-9])?';
const setPattern = new RegExp(`^(${word})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const equalityPattern = new RegExp(`^(${word})\\s*(==|=|!=)\\s*(${word})?$`);
const valuePattern = new RegExp(`^${word}$`);
const presencePattern = new RegExp(`^(!)?\\s*(${word})$`);

/** Throws DN310 for text that is no selector. */
export function parseSelector(text: string): Selector {
  const requirements = parseRequirements(text);
  return (agent) => requirements.every(({ holds }) => holds(agent));
}

/** The first requirement, as it was written, that an agent does not meet; undefined for an agent that is meant. */
export function unmetRequirement(text: string): (agent: Selectable) => string | undefined {
  const requirements = parseRequirements(text);
  return (agent) => requirements.find(({ holds }) => !holds(agent))?.part;
}

function parseRequirements(text: string): { readonly part: string; readonly holds: Selector }[] {
  return splitOutsideParentheses(text)
    .map((part) => part.trim())
    .filter((part, _at, parts) => part !== '' || parts.length > 1)
    .map((part) => ({ part, holds: parseRequirement(part, text) }));
}

function parseRequirement(part: string, whole: string): Selector {
  const set = setPattern.exec(part);
  if (set) {
    const [, key = '', , operator, list = ''] = set;
    const listed = list.split(',').map((value) => value.trim());
    if (!listed.every((value) => valuePattern.test(value))) throw unreadable(whole, part);
    const values = new Set<string | undefined>(listed);
    return (agent) => values.has(labelOf(agent, key)) === (operator === 'in');
  }
  const equality = equalityPattern.exec(part);
  if (equality) {
    const [, key = '', , operator, value = ''] = equality;
    return (agent) => (labelOf(agent, key) === value) === (operator !== '!=');
  }
  const presence = presencePattern.exec(part);
  if (presence) {
    const [, absent, key = ''] = presence;
    return (agent) => (labelOf(agent, key) === undefined) === (absent === '!');
  }
  throw unreadable(whole, part);
}

function labelOf(agent: Selectable, key: string): string | undefined {
  if (key === 'id') return agent.id;
  return Object.hasOwn(agent.labels, key) ? agent.labels[key] : undefined;
}

function splitOutsideParentheses(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

function unreadable(whole: string, part: string): DreamnetError {
  return new DreamnetError({
    code: 'DN310',
    kind: 'bad-input',
    message: `"${whole.slice(0, 200)}" is no selector: "${part.slice(0, 80)}" cannot be read.`,
    hint: 'Write key=value, key!=value, key in (a,b), key notin (a,b), key or !key, joined by commas.',
  });
}
