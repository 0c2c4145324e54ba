/** A value of the file and its shape in; every key and value that does not fit is reported, each where it stands. */
import { nearestWord, wordList } from '../suggest.js';
import { checkAmount } from './check-amount.js';
import { checkChoice } from './check-choice.js';
import { checkNumber, checkVersion } from './check-number.js';
import { checkLabel, checkName, checkQuoted, isText } from './check-text.js';
import type { FileContext } from './file-context.js';
import { items, type JsonNode, member, properties } from './json-source.js';
import type { ListShape, ObjectShape, Shape } from './shape.js';

/** `place` is what the value is called in messages: `the risk`. */
export function checkShape(node: JsonNode, shape: Shape, place: string, context: FileContext): void {
  switch (shape.type) {
    case 'object':
      checkObject(node, shape, place, context);
      break;
    case 'list':
      checkList(node, shape, place, context);
      break;
    case 'amount':
      checkAmount(node, place, context);
      break;
    case 'number':
      checkNumber(node, shape, place, context);
      break;
    case 'version':
      checkVersion(node, context);
      break;
    case 'choice':
      checkChoice(node, shape, place, context);
      break;
    case 'name':
      checkName(node, place, context);
      break;
    case 'label':
      checkLabel(node, place, context);
      break;
    case 'quoted':
      checkQuoted(node, place, context);
      break;
    case 'text':
    case 'metric':
      isText(node, place, context);
      break;
    default:
      shape satisfies never;
  }
}

function checkObject(node: JsonNode, shape: ObjectShape, place: string, context: FileContext): void {
  if (node.type !== 'object') {
    const keys = Object.keys(shape.keys).filter((key) => shape.keys[key]?.required);
    const expected = `an object: { ${keys.map((key) => `"${key}": …`).join(', ')} }`;
    context.report(node, {
      code: 'DN055',
      message: `${place} must be an object`,
      found: found(node, context),
      expected,
    });
    return;
  }
  const called = placeOf(node, shape, place);
  const seen = new Map<string, JsonNode>();
  for (const { key, value } of properties(node)) {
    if (context.isFull) return;
    const name = String(key.value);
    const known = Object.hasOwn(shape.keys, name) ? shape.keys[name] : undefined;
    const first = seen.get(name);
    if (first !== undefined) reportTwice(key, first, context);
    else if (known === undefined) reportUnknown(node, key, shape, context);
    else checkShape(value, known.shape, `the ${name}`, context);
    if (first === undefined) seen.set(name, key);
  }
  reportMissing(node, shape, called, context);
}

function checkList(node: JsonNode, shape: ListShape, place: string, context: FileContext): void {
  if (node.type !== 'array') {
    const hint = node.type === 'object' ? 'put [ ] around it' : undefined;
    context.report(node, {
      code: 'DN055',
      message: `${place} must be a list`,
      found: found(node, context),
      expected: 'a list: [ … ]',
      hint,
    });
    return;
  }
  const entries = items(node);
  const surplus = entries[shape.most];
  if (surplus !== undefined || entries.length < shape.least) reportLength(node, shape, place, context);
  for (const [index, entry] of entries.slice(0, shape.most).entries()) {
    if (context.isFull) return;
    checkShape(entry, shape.of, entryPlace(shape, place, index), context);
  }
}

/** `the field number 2` while nothing better is known; `an entry of the names`. */
function entryPlace({ of, most }: ListShape, place: string, index: number): string {
  if (of.type !== 'object') return `an entry of ${place}`;
  return most === 1 ? `the ${of.sort}` : `${of.sort} number ${index + 1}`;
}

/** `the action STOP` when it says how it is called. */
function placeOf(node: JsonNode, { sort, identity }: ObjectShape, place: string): string {
  const name = member(node, identity);
  if (sort === 'capability file' || name?.type !== 'string' || !/^[\w-]{1,64}$/.test(name.value))
    return place;
  return sort === 'effect' ? `the effect on ${name.value}` : `the ${sort} ${name.value}`;
}

function reportTwice(key: JsonNode, first: JsonNode, context: FileContext): void {
  context.report(key, {
    code: 'DN054',
    message: `the key ${key.value} is given twice`,
    related: [{ span: context.spanOf(first), message: 'it is given here' }],
    hint: 'remove one of them',
  });
}

/** What other formats call it. */
const spokenKeys: Readonly<Record<string, string>> = {
  description: 'about',
  comment: 'about',
  doc: 'about',
  id: 'code',
  number: 'code',
  args: 'arguments',
  params: 'arguments',
  parameters: 'arguments',
  argument: 'arguments',
  type: 'unit',
  quantity: 'unit',
  values: 'names',
  enum: 'names',
  minimum: 'min',
  maximum: 'max',
  field: 'metric',
  sd: 'uncertainty',
  effect: 'effects',
  metrics: 'fields',
  columns: 'fields',
  capabilities: 'actions',
};

function reportUnknown(
  object: JsonNode,
  key: JsonNode,
  { sort, keys }: ObjectShape,
  context: FileContext,
): void {
  const free = Object.keys(keys).filter((name) => member(object, name) === undefined);
  const spoken = spokenKeys[String(key.value).toLowerCase()];
  const near = spoken !== undefined && free.includes(spoken) ? spoken : nearestWord(String(key.value), free);
  const written = context.textOf(key);
  context.report(key, {
    code: 'DN052',
    message: `${/^[aeiou]/.test(sort) ? 'an' : 'a'} ${sort} has no key ${written}`,
    expected: wordList(Object.keys(keys).filter((name) => name !== '$schema')),
    hint: near === undefined ? undefined : `did you mean "${near}"?`,
    suggestion:
      near === undefined
        ? undefined
        : { span: context.spanOf(key), replacement: `"${near}"`, certain: false },
  });
}

/** A key that is probably there, misspelt, was reported as that. */
function reportMissing(node: JsonNode, shape: ObjectShape, called: string, context: FileContext): void {
  const unknown = properties(node)
    .map(({ key }) => String(key.value))
    .filter((name) => !Object.hasOwn(shape.keys, name));
  const missing = Object.entries(shape.keys)
    .filter(([name, { required }]) => required && member(node, name) === undefined)
    .filter(
      ([name]) =>
        !unknown.some(
          (other) => spokenKeys[other.toLowerCase()] === name || nearestWord(other, [name]) === name,
        ),
    )
    .map(([name]) => name);
  if (missing.length === 0) return;
  const about = missing.length === 1 ? shape.keys[missing[0] ?? '']?.about.replaceAll('`', '') : undefined;
  context.report(node, {
    code: 'DN053',
    message: `${called} has no ${wordList(missing.map((name) => `"${name}"`))}`,
    hint: about === undefined ? undefined : `${missing[0]}: ${about}`,
  });
}

function reportLength(node: JsonNode, shape: ListShape, place: string, context: FileContext): void {
  const { least, most, because } = shape;
  const surplus = items(node)[most];
  const entries = place.replace(/^the /, '');
  const isEmpty = surplus === undefined;
  context.report(surplus ?? node, {
    code: 'DN066',
    message: isEmpty ? `the list of ${entries} is empty` : `there are too many ${entries}`,
    found: isEmpty ? undefined : String(items(node).length),
    expected: isEmpty ? `at least ${least}` : `at most ${most}`,
    hint: because,
  });
}

function found(node: JsonNode, context: FileContext): string {
  return node.type === 'object' || node.type === 'array' ? typeName(node) : context.textOf(node);
}

function typeName({ type }: JsonNode): string {
  return type === 'object' ? 'an object' : 'a list';
}
