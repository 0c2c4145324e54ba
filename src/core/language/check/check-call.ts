/** Actions: the task first, then an argument of the right unit within the action's range. */
import { type ActionCapability, type ArgumentCapability, actionByName } from '../capabilities.js';
import type { CheckedEffect, NumberExpression } from '../checked-tree.js';
import { type Suggestion, spanBetween } from '../diagnostics/diagnostics.js';
import { wordList } from '../suggest.js';
import { insteadOfStatement } from '../syntax/foreign-words.js';
import type { CallNode, ExpressionNode } from '../syntax/tree.js';
import { describeType, describeUnit, goTogether, quantityNamed } from '../units/quantity.js';
import { formatQuantity } from '../units/units.js';
import type { CheckContext } from './check-context.js';
import { checkQuantity } from './check-expression.js';
import { rewritten } from './check-units.js';
import { rangeOf, type ValueRange } from './value-range.js';

export function checkCall(node: CallNode, context: CheckContext): CheckedEffect | undefined {
  const effect = effectOf(node, context);
  if (effect === undefined) markUsed(node.arguments, context);
  return effect;
}

function effectOf(node: CallNode, context: CheckContext): CheckedEffect | undefined {
  const action = actionByName(context.capabilities, node.action.name);
  if (action === undefined) return reportUnknownAction(node, context);
  if (node.arguments.length === 0) return reportCount(node, action, context);
  const task = checkTaskArgument(node, action, context);
  const given = node.arguments.slice(task === 'missing' ? 0 : 1);
  const wanted = action.arguments[0];
  if (task === 'elsewhere') return undefined;
  if (given.length !== action.arguments.length) return reportCount(node, action, context);
  if (wanted === undefined || given[0] === undefined) return constantEffect(node, action);
  return checkArgument({ node, action, wanted, argument: given[0] }, context);
}

/** What was wrong is told; that the names in it are used nowhere else is not a mistake of its own. */
function markUsed(expressions: readonly ExpressionNode[], context: CheckContext): void {
  for (const expression of expressions) {
    if (expression.kind === 'reference') {
      const binding = context.find(expression.name);
      if (binding !== undefined) binding.used = true;
    } else if (expression.kind === 'unary') markUsed([expression.operand], context);
    else if (expression.kind === 'binary') markUsed([expression.left, expression.right], context);
    else if (expression.kind === 'builtin') markUsed(expression.arguments, context);
  }
}

function constantEffect(node: CallNode, action: ActionCapability): CheckedEffect {
  const argument: NumberExpression = { kind: 'constant', value: 1, span: node.span };
  return { kind: 'effect', action, argument, limited: false, mayBeNothing: false, span: node.span };
}

/**
 * Whether the task is the first argument: it is, something stands there that was surely meant to be it, it stands
 * behind other arguments, or it is missing. All but the first are reported.
 */
function checkTaskArgument(
  node: CallNode,
  action: ActionCapability,
  context: CheckContext,
): 'first' | 'misnamed' | 'elsewhere' | 'missing' {
  const first = node.arguments[0];
  if (first === undefined) return 'missing';
  if (isTask(first, context)) return 'first';
  const name = context.currentTask()?.name ?? 'task';
  const isMisnamed = node.arguments.length === action.arguments.length + 1;
  const other = node.arguments.find((argument) => isTask(argument, context));
  const { span } = first;
  const replacement = isMisnamed ? name : `${name}, ${context.exactText(span)}`;
  const suggestion: Suggestion =
    other === undefined
      ? { span, replacement, certain: false }
      : swapped(node.arguments, other, context, node.arguments.length === 2);
  context.diagnostics.add({
    code: 'DN019',
    message: `the first argument of ${node.action.name} is the task it applies to`,
    span,
    found: context.textAt(span),
    expected: name,
    suggestion,
  });
  if (other !== undefined) return 'elsewhere';
  return isMisnamed ? 'misnamed' : 'missing';
}

/** Any task that is visible: in a loop inside a loop, which is reported, nobody knows which one is meant. */
function isTask(node: ExpressionNode, context: CheckContext): boolean {
  const binding = node.kind === 'reference' ? context.find(node.name) : undefined;
  if (binding?.kind !== 'task') return false;
  binding.used = true;
  return true;
}

/** The task first, the other arguments behind it. */
function swapped(
  given: readonly ExpressionNode[],
  task: ExpressionNode,
  context: CheckContext,
  certain: boolean,
): Suggestion {
  const [first, last] = [given[0] ?? task, given.at(-1) ?? task];
  const ordered = [task, ...given.filter((argument) => argument !== task)];
  const replacement = ordered.map(({ span }) => context.exactText(span)).join(', ');
  const span = spanBetween(first.span, last.span);
  // A comment between them would be lost.
  return { span, replacement, certain: certain && !context.exactText(span).includes('#') };
}

interface Argument {
  readonly node: CallNode;
  readonly action: ActionCapability;
  readonly wanted: ArgumentCapability;
  readonly argument: ExpressionNode;
}

function checkArgument(
  { node, action, wanted, argument }: Argument,
  context: CheckContext,
): CheckedEffect | undefined {
  const value = checkQuantity(argument, context);
  if (value === undefined) return undefined;
  const type = quantityNamed(wanted.unit);
  if (!goTogether(type, value.type)) {
    context.diagnostics.add({
      code: 'DN021',
      message: `${wanted.name} of ${action.name} is ${describeUnit(wanted.unit)}, and this is ${describeType(value.type)}`,
      span: argument.span,
      found: describeType(value.type),
      expected: `${describeUnit(wanted.unit)} from ${rangeText(wanted)}`,
      suggestion: rewritten(argument, type),
    });
    return undefined;
  }
  const range = rangeOf(value.number, context);
  if (!range.maybeNaN && (range.max < wanted.min || range.min > wanted.max)) {
    return reportOutside({ node, action, wanted, argument }, range, context);
  }
  const limited = range.min < wanted.min || range.max > wanted.max;
  if (limited && !range.maybeNaN) warnLimited({ node, action, wanted, argument }, range, context);
  const mayBeNothing = range.maybeNaN;
  return { kind: 'effect', action, argument: value.number, limited, mayBeNothing, span: node.span };
}

function rangeText({ min, max, unit }: ArgumentCapability): string {
  return `${formatQuantity(min, unit)} to ${formatQuantity(max, unit)}`;
}

function reportOutside(
  { action, wanted, argument }: Argument,
  range: ValueRange,
  context: CheckContext,
): undefined {
  const value = formatQuantity(range.min, wanted.unit);
  const percent = wanted.unit === 'ratio' && argument.kind === 'number' && argument.unit === '';
  context.diagnostics.add({
    code: 'DN024',
    message: `${wanted.name} of ${action.name} goes from ${rangeText(wanted)}, and this is ${value}`,
    span: argument.span,
    found: value,
    expected: rangeText(wanted),
    hint: percent ? `did you mean ${argument.amount}%?` : undefined,
    suggestion: percent
      ? { span: argument.span, replacement: `${argument.amount}%`, certain: false }
      : undefined,
  });
}

function warnLimited({ action, wanted, argument }: Argument, range: ValueRange, context: CheckContext): void {
  const [low, high] = [formatQuantity(range.min, wanted.unit), formatQuantity(range.max, wanted.unit)];
  context.diagnostics.add({
    code: 'DN042',
    message: `this can be ${low} to ${high} and will be limited to ${rangeText(wanted)}, which ${action.name} takes`,
    span: argument.span,
    hint: 'narrow the range of the parameter to what the action takes',
  });
}

function reportCount(node: CallNode, action: ActionCapability, context: CheckContext): undefined {
  const expected = `${action.name}(${['task', ...action.arguments.map((argument) => argument.name)].join(', ')})`;
  context.diagnostics.add({
    code: 'DN018',
    message: `${action.name} takes ${action.arguments.length === 0 ? 'the task only' : 'the task and one argument'}`,
    span: node.span,
    found: `${node.arguments.length} argument${node.arguments.length === 1 ? '' : 's'}`,
    expected,
    hint: action.arguments.map(
      (argument) => `${argument.name} is ${describeUnit(argument.unit)} from ${rangeText(argument)}`,
    )[0],
  });
}

/** `known` is what could stand in its place. */
export function reportUnknownAction(
  node: CallNode,
  context: CheckContext,
  known = context.actionNames,
): undefined {
  const names = context.capabilities.actions.map((action) => action.name);
  const { name, span } = node.action;
  const near = known.nearest(name);
  context.diagnostics.add({
    code: 'DN013',
    message: `agents have no action ${name}`,
    span,
    found: name,
    expected: wordList(names),
    hint: near === undefined ? insteadOfStatement(name) : `did you mean ${near.word}?`,
    suggestion: near === undefined ? undefined : { span, replacement: near.word, certain: near.isSame },
  });
}
