/** Statements: loops, IF, LET and the report interval, checked one by one. */

import type { CheckedLet, CheckedLoop, CheckedStatement } from '../checked-tree.js';
import { languageLimits } from '../limits.js';
import type { IfNode, LetNode, LoopNode, NameNode, ReportNode, StatementNode } from '../syntax/tree.js';
import { describeType, nameOfQuantity, quantityNamed, type ValueType } from '../units/quantity.js';
import { formatQuantity } from '../units/units.js';
import { checkCall } from './check-call.js';
import type { CheckContext } from './check-context.js';
import { checkCondition, checkExpression, checkQuantity } from './check-expression.js';
import { warnIndentation } from './check-indentation.js';
import { rewritten } from './check-units.js';
import { rangeOf } from './value-range.js';

export function checkLoop(node: LoopNode, context: CheckContext): CheckedLoop {
  if (node.queue.name !== 'task_queue') reportQueue(node.queue, context);
  return context.scoped(() => {
    declareTask(node.variable, context);
    const where = node.where === undefined ? undefined : checkCondition(node.where, context);
    return { where, body: checkStatements(node.body, context), span: node.headSpan };
  });
}

/** Inside a loop that should not be there, the name of the outer task may come again. */
function declareTask(variable: NameNode, context: CheckContext): void {
  const { name, span } = variable;
  context.refuseReserved(variable);
  if (context.find(name)?.kind !== 'task') context.declare({ kind: 'task', name, span, used: false });
}

/** Undefined after a report; the name is known nevertheless, so that its uses are not reported too. */
export function checkLet(node: LetNode, context: CheckContext): CheckedLet | undefined {
  const value = checkExpression(node.value, context);
  const slot = context.newSlot();
  const { name, span } = node.name;
  context.refuseReserved(node.name);
  const type: ValueType =
    value.kind === 'text' || value.kind === 'unknown' ? { kind: 'unknown' } : value.type;
  context.declare({ kind: 'slot', index: slot, name, span, type, used: false });
  switch (value.kind) {
    case 'number':
      context.slots.set(slot, rangeOf(value.number, context));
      return { kind: 'number-let', slot, name, value: value.number, span: node.span };
    case 'condition':
      return { kind: 'condition-let', slot, name, value: value.condition, span: node.span };
    case 'text':
      context.diagnostics.add({ code: 'DN028', message: 'LET cannot name a text', span: node.value.span });
      return undefined;
    case 'unknown':
      return undefined;
    default:
      return value satisfies never;
  }
}

/** Milliseconds, or undefined after a report. */
export function checkInterval(node: ReportNode, context: CheckContext): number | undefined {
  const interval = checkQuantity(node.interval, context);
  if (interval === undefined) return undefined;
  const { span } = node.interval;
  const { min, max, maybeNaN } = rangeOf(interval.number, context);
  const { reportIntervalMsMin, reportIntervalMsMax } = languageLimits;
  const expected = `${formatQuantity(reportIntervalMsMin / 1e3, 'duration')} to ${formatQuantity(reportIntervalMsMax / 1e3, 'duration')}`;
  if (nameOfQuantity(interval.type) !== 'duration') {
    const found = describeType(interval.type);
    const message = `the interval must be a duration, and this is ${found}`;
    const suggestion = rewritten(node.interval, quantityNamed('duration'));
    const hint = `write ${suggestion?.replacement ?? '5s'}`;
    context.diagnostics.add({ code: 'DN027', message, span, found, expected, hint, suggestion });
    return undefined;
  }
  const milliseconds = Math.round(min * 1e3);
  if (maybeNaN || min !== max) {
    const message = 'the interval must be a written-out duration';
    context.diagnostics.add({ code: 'DN027', message, span, expected, hint: 'write 5s' });
    return undefined;
  }
  if (milliseconds >= reportIntervalMsMin && milliseconds <= reportIntervalMsMax) return milliseconds;
  const found = formatQuantity(min, 'duration');
  context.diagnostics.add({
    code: 'DN027',
    message: `an interval of ${found} is not possible`,
    span,
    found,
    expected,
  });
  return undefined;
}

function checkStatements(statements: readonly StatementNode[], context: CheckContext): CheckedStatement[] {
  warnIndentation(statements, context);
  return statements.flatMap((statement) =>
    context.diagnostics.isFull ? [] : (checkStatement(statement, context) ?? []),
  );
}

function checkStatement(node: StatementNode, context: CheckContext): CheckedStatement | undefined {
  switch (node.kind) {
    case 'let':
      return checkLet(node, context);
    case 'if':
      return checkIf(node, context);
    case 'call':
      return checkCall(node, context);
    case 'loop':
      reportNested(node, context);
      context.scoped(() => {
        declareTask(node.variable, context);
        return checkStatements(node.body, context);
      });
      return undefined;
    case 'report':
      if (!context.bracesMatch) return undefined;
      context.diagnostics.add({
        code: 'DN017',
        message: 'REPORT_METRICS_EVERY stands inside a loop',
        span: node.span,
        hint: 'move it behind the loop: it holds for the whole program',
      });
      return undefined;
    case 'block':
      checkBody(node.body, context);
      return undefined;
    default:
      return node satisfies never;
  }
}

function checkBody(statements: readonly StatementNode[], context: CheckContext): CheckedStatement[] {
  return context.scoped(() => checkStatements(statements, context));
}

function checkIf(node: IfNode, context: CheckContext): CheckedStatement | undefined {
  const condition = checkCondition(node.condition, context);
  const whenTrue = checkBody(node.whenTrue, context);
  const whenFalse = checkBody(node.whenFalse, context);
  return condition === undefined
    ? undefined
    : { kind: 'if', condition, whenTrue, whenFalse, span: node.span };
}

function reportNested(node: LoopNode, context: CheckContext): void {
  const outer = context.currentTask();
  if (!context.bracesMatch) return;
  context.diagnostics.add({
    code: 'DN016',
    message: 'loops do not nest',
    span: node.headSpan,
    hint: 'write the loops one after another, or filter with WHERE; so the cost of a task stays known',
    related: outer === undefined ? [] : [{ span: outer.span, message: 'the loop around it is here' }],
  });
}

function reportQueue({ name, span }: NameNode, context: CheckContext): void {
  context.diagnostics.add({
    code: 'DN033',
    message: `a loop goes over task_queue, and ${name} is something else`,
    span,
    found: name,
    expected: 'task_queue',
    suggestion: { span, replacement: 'task_queue', certain: false },
  });
}
