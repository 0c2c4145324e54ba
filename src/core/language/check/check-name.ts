/** Names and task fields: what they stand for, or what might have been meant. */
import { fieldByName } from '../capabilities.js';
import { nearestWord, wordList } from '../suggest.js';
import { insteadOfValue } from '../syntax/foreign-words.js';
import type { FieldNode, NameNode, ReferenceNode } from '../syntax/tree.js';
import { typeOfField } from '../units/quantity.js';
import { quantityOfUnit } from '../units/units.js';
import type { CheckContext } from './check-context.js';
import type { CheckedValue, Standing } from './check-expression.js';

export function checkName(
  node: ReferenceNode | FieldNode,
  context: CheckContext,
  standing: Standing,
): CheckedValue {
  if (standing === 'written-out') return reportNotWrittenOut(node, context);
  return node.kind === 'field' ? checkField(node, context) : checkReference(node, context);
}

function reportNotWrittenOut(node: ReferenceNode | FieldNode, context: CheckContext): CheckedValue {
  context.diagnostics.add({
    code: 'DN026',
    message: 'a parameter is a written-out value, so that its range is known before the program runs',
    span: node.span,
    expected: 'a number with its unit, such as 20%',
  });
  return { kind: 'unknown' };
}

function checkReference({ name, span }: ReferenceNode, context: CheckContext): CheckedValue {
  const binding = context.find(name);
  if (binding === undefined) return reportUnknownName({ name, span }, context);
  binding.used = true;
  if (binding.kind === 'task') {
    context.diagnostics.add({
      code: 'DN031',
      message: `${name} is a whole task, and a quantity is needed here`,
      span,
      hint: `name one of its fields, as in ${name}.${context.capabilities.fields[0]?.name ?? 'memory'}`,
    });
    return { kind: 'unknown' };
  }
  const { type, index } = binding;
  if (type.kind === 'unknown') return { kind: 'unknown' };
  if (binding.kind === 'parameter')
    return { kind: 'number', type, number: { kind: 'parameter', index, span } };
  if (type.kind !== 'condition') return { kind: 'number', type, number: { kind: 'slot', slot: index, span } };
  return { kind: 'condition', type, condition: { kind: 'condition-slot', slot: index, span } };
}

function checkField(node: FieldNode, context: CheckContext): CheckedValue {
  const binding = context.find(node.object.name);
  if (binding?.kind !== 'task') return reportNoTask(node, binding !== undefined, context);
  binding.used = true;
  const field = fieldByName(context.capabilities, node.field.name);
  if (field === undefined) return reportUnknownField(node, context);
  return { kind: 'number', type: typeOfField(field), number: { kind: 'field', field, span: node.span } };
}

function reportUnknownName({ name, span }: NameNode, context: CheckContext): CheckedValue {
  const task = context.currentTask()?.name;
  const field = task === undefined ? undefined : fieldByName(context.capabilities, name);
  const visible = context.visible().map((binding) => binding.name);
  const instead = insteadOfValue(name);
  const unit = quantityOfUnit(name) === undefined ? undefined : hintForUnit({ name, span }, context);
  const near =
    field !== undefined
      ? `${task}.${name}`
      : (instead ?? unit) === undefined
        ? nearestName(name, visible)
        : undefined;
  context.diagnostics.add({
    code: 'DN014',
    message: `nothing is called ${name} here`,
    span,
    found: name,
    expected: visible.length === 0 ? undefined : wordList(visible),
    hint: hintFor({ near, instead, unit }),
    suggestion: near === undefined ? undefined : { span, replacement: near, certain: false },
  });
  return { kind: 'unknown' };
}

function hintFor(known: {
  readonly near: string | undefined;
  readonly instead: string | undefined;
  readonly unit: string | undefined;
}): string {
  if (known.near !== undefined) return `did you mean ${known.near}?`;
  return known.unit ?? known.instead ?? 'a LET or a parameter must give the name before';
}

/** A name of one letter is near every other one, so it says nothing. */
function nearestName(name: string, visible: readonly string[]): string | undefined {
  if (name.length === 1) return undefined;
  return nearestWord(
    name,
    visible.filter((candidate) => candidate.length > 1),
  );
}

/** `$0.5/h` is no number of dollars and no quantity of its own. */
function hintForUnit({ name, span }: NameNode, context: CheckContext): string {
  const [, money, slash] = /(\$[\d._]*\d|\d[\d._]*\$)?\s*(\/)\s*$/.exec(context.textBefore(span)) ?? [];
  if (money !== undefined) return `there is no unit $/${name}: write ${money}`;
  if (slash !== undefined) return `a number has one unit; to divide by a quantity, write / 1${name}`;
  return `a unit stands behind a number, as in 1${name}`;
}

function reportNoTask(node: FieldNode, exists: boolean, context: CheckContext): CheckedValue {
  const task = context.currentTask()?.name;
  const { name, span } = node.object;
  context.diagnostics.add({
    code: 'DN014',
    message: exists ? `${name} is no task, so it has no fields` : `nothing is called ${name} here`,
    span,
    found: name,
    expected: task,
    hint: task === undefined ? 'fields are read inside FOR EACH task IN task_queue' : `did you mean ${task}?`,
    suggestion: task === undefined ? undefined : { span, replacement: task, certain: false },
  });
  return { kind: 'unknown' };
}

function reportUnknownField(node: FieldNode, context: CheckContext): CheckedValue {
  const names = context.capabilities.fields.map((field) => field.name);
  const { name, span } = node.field;
  const near = context.fieldNames.nearest(name);
  context.diagnostics.add({
    code: 'DN012',
    message: `tasks have no field ${name}`,
    span,
    found: name,
    expected: wordList(names, 12),
    hint: near === undefined ? undefined : `did you mean ${near.word}?`,
    suggestion: near === undefined ? undefined : { span, replacement: near.word, certain: near.isSame },
  });
  return { kind: 'unknown' };
}
