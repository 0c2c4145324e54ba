/** Expressions: tokens in, expression nodes out, by precedence: OR, AND, NOT, comparison, + -, * /, sign. */
import { type Span, spanBetween } from '../diagnostics/diagnostics.js';
import { insteadOfOperator, insteadOfValue } from './foreign-words.js';
import { parseNumber, parsePoint, parseSpokenMoney, unreadable } from './parse-number.js';
import type { TokenCursor } from './token-cursor.js';
import type { BinaryNode, BinaryOperator, BuiltinName, ComparisonOperator, ExpressionNode } from './tree.js';

type Parser = (cursor: TokenCursor) => ExpressionNode | undefined;

/** Undefined when it cannot be read; the reason has been reported. */
export function parseExpression(cursor: TokenCursor): ExpressionNode | undefined {
  return cursor.nested(() => parseOr(cursor));
}

/** The default or a range end of a parameter: anything but a range, so that `..` ends it. */
export function parseRangeBound(cursor: TokenCursor): ExpressionNode | undefined {
  return cursor.nested(() => parseSum(cursor));
}

/** `(a, b, …)`; at least the parentheses must be there. */
export function parseArguments(cursor: TokenCursor, where: string): ExpressionNode[] | undefined {
  if (!cursor.expectSymbol('(', where)) return undefined;
  const values: ExpressionNode[] = [];
  while (!cursor.is(')')) {
    skipArgumentName(cursor);
    const value = parseExpression(cursor);
    if (value === undefined) return undefined;
    values.push(value);
    if (!cursor.accept(',') && !isCommaMissing(cursor)) break;
  }
  if (cursor.current.kind === 'symbol' && cursor.current.isReported === true) return undefined;
  cursor.expectSymbol(')', `after the arguments ${where}`);
  return values;
}

/** `amount=20%`: arguments are told apart by their order alone. */
function skipArgumentName(cursor: TokenCursor): void {
  if (cursor.current.kind !== 'name' || !cursor.is('=', 1)) return;
  const { text, span: start } = cursor.current;
  const span = spanBetween(start, cursor.peek(1).span);
  const isSame = cursor.peek(2).text === text;
  cursor.report({
    code: 'DN008',
    message: 'arguments have no names; their order says which is which',
    span,
    found: `${text} =`,
    expected: 'the value alone',
    // A name that has a value may be compared with this one.
    suggestion: { span, replacement: '', certain: isSame || !cursor.givenNames.has(text) },
  });
  cursor.take();
  cursor.take();
}

function isCommaMissing(cursor: TokenCursor): boolean {
  const { kind } = cursor.current;
  if (cursor.opensLine || (kind !== 'number' && kind !== 'name')) return false;
  cursor.reportMissing({
    message: ', is missing between two arguments',
    expected: ',',
    suggestion: { span: cursor.gap, replacement: ',', certain: false },
  });
  return true;
}

const parseOr = chain(['OR'], (cursor) => parseAnd(cursor));
const parseAnd = chain(['AND'], (cursor) => parseNot(cursor));
const parseSum = chain(['+', '-'], (cursor) => parseProduct(cursor));
const parseProduct = chain(['*', '/'], (cursor) => parseSign(cursor));

/** Left-associative operators of one precedence. */
function chain(operators: readonly BinaryOperator[], operand: Parser): Parser {
  return (cursor) => {
    let left = operand(cursor);
    while (left !== undefined) {
      const operator = operators.find((candidate) => cursor.is(candidate));
      if (operator === undefined) return left;
      if (!cursor.countOperator()) return undefined;
      const operatorSpan = cursor.take().span;
      const right = operand(cursor);
      if (right === undefined) return undefined;
      left = binary(operator, operatorSpan, left, right);
    }
    return undefined;
  };
}

function binary(
  operator: BinaryOperator,
  operatorSpan: Span,
  left: ExpressionNode,
  right: ExpressionNode,
): BinaryNode {
  return {
    kind: 'binary',
    operator,
    operatorSpan,
    left,
    right,
    span: spanBetween(left.span, right.span),
  };
}

function parseNot(cursor: TokenCursor): ExpressionNode | undefined {
  if (!cursor.is('NOT')) return parseComparison(cursor);
  const start = cursor.take().span;
  const operand = cursor.nested(() => parseNot(cursor));
  if (operand === undefined) return undefined;
  return { kind: 'unary', operator: 'NOT', operand, span: spanBetween(start, operand.span) };
}

const comparisons: readonly ComparisonOperator[] = ['>', '>=', '<', '<=', '==', '!='];

function parseComparison(cursor: TokenCursor): ExpressionNode | undefined {
  const left = parseSum(cursor);
  if (left === undefined || reportForeignOperator(cursor)) return undefined;
  const operator = takeComparison(cursor, left);
  if (operator === undefined) return left;
  const operatorSpan = cursor.previous.span;
  const right = parseSum(cursor);
  if (right === undefined) return undefined;
  const first = binary(operator, operatorSpan, left, right);
  return comparisons.some((candidate) => cursor.is(candidate)) ? parseChained(cursor, first) : first;
}

/** Of `a < b < c` the first comparison is kept, so that what is wrong with it is told too. */
function parseChained(cursor: TokenCursor, first: BinaryNode): ExpressionNode | undefined {
  const next = cursor.peek(1);
  const constant = next.kind === 'name' ? insteadOfValue(next.text) : undefined;
  cursor.complain('comparisons do not chain', 'AND', constant ?? 'write a < b AND b < c');
  cursor.isWhole = false;
  takeComparison(cursor, first);
  return parseSum(cursor) === undefined ? undefined : first;
}

/** IS, BETWEEN, IN and the like behind a value. */
function reportForeignOperator(cursor: TokenCursor): boolean {
  const { kind, text } = cursor.current;
  if ((kind !== 'name' && !cursor.is('IN')) || cursor.opensLine || cursor.is('(', kind === 'name' ? 1 : 9))
    return false;
  const instead = insteadOfNull(cursor) ?? insteadOfOperator(text);
  if (instead === undefined) return false;
  cursor.complain(`there is no ${text} between values`, 'a comparison: > >= < <= == !=', instead);
  return true;
}

/** IS NULL, IS NOT NULL: it is the NULL for which nothing can be written. */
function insteadOfNull(cursor: TokenCursor): string | undefined {
  if (cursor.current.text.toLowerCase() !== 'is') return undefined;
  const { kind, text } = cursor.peek(cursor.is('NOT', 1) ? 2 : 1);
  return kind === 'name' ? insteadOfValue(text) : undefined;
}

function takeComparison(cursor: TokenCursor, left: ExpressionNode): ComparisonOperator | undefined {
  const operator = comparisons.find((candidate) => cursor.is(candidate));
  if (operator !== undefined) {
    cursor.take();
    return operator;
  }
  if (!cursor.is('=')) return undefined;
  const { span } = cursor.current;
  // `LET a = b = 5` may be meant to give both names a value.
  const givesTwice = left.kind === 'reference' && cursor.is('=', -2);
  cursor.report({
    code: 'DN030',
    message: 'a comparison is written ==',
    span,
    found: '=',
    expected: '==',
    suggestion: { span, replacement: '==', certain: !givesTwice },
  });
  cursor.take();
  return '==';
}

function parseSign(cursor: TokenCursor): ExpressionNode | undefined {
  if (!cursor.is('-')) return parsePrimary(cursor);
  const start = cursor.take().span;
  const operand = cursor.nested(() => parseSign(cursor));
  if (operand === undefined) return undefined;
  return { kind: 'unary', operator: '-', operand, span: spanBetween(start, operand.span) };
}

function parsePrimary(cursor: TokenCursor): ExpressionNode | undefined {
  const token = cursor.current;
  if (token.kind === 'number') return parseNumber(cursor);
  if (token.kind === 'text') {
    cursor.take();
    if (token.isReported === true) return unreadable(token.span);
    return { kind: 'text', text: token.text, span: token.span };
  }
  if (token.kind === 'name') return parseSpokenMoney(cursor) ?? parseReference(cursor);
  if (cursor.is('(')) return parseParentheses(cursor);
  if (cursor.is('MIN') || cursor.is('MAX') || cursor.is('ABS')) return parseBuiltin(cursor);
  if (cursor.is('.') && cursor.peek(1).kind === 'number') return parsePoint(cursor);
  cursor.complain('a value is expected here', 'a number, a task field or a name');
  return undefined;
}

function parseReference(cursor: TokenCursor): ExpressionNode | undefined {
  const { text, span } = cursor.take();
  if (!cursor.accept('.')) return { kind: 'reference', name: text, span };
  if (cursor.current.kind !== 'name') {
    cursor.complain('a field of the task is expected after the point', 'a field name');
    return undefined;
  }
  const field = cursor.take();
  if (cursor.is('.')) {
    cursor.complain(
      'a field has no parts',
      'a comparison or THEN',
      'a task has fields, and fields are plain values',
    );
    return undefined;
  }
  return {
    kind: 'field',
    object: { name: text, span },
    field: { name: field.text, span: field.span },
    span: spanBetween(span, field.span),
  };
}

function parseParentheses(cursor: TokenCursor): ExpressionNode | undefined {
  const start = cursor.take().span;
  const inner = parseExpression(cursor);
  if (inner === undefined) return undefined;
  cursor.expectSymbol(')', 'to match the ( before');
  return { ...inner, span: spanBetween(start, cursor.previous.span) };
}

function parseBuiltin(cursor: TokenCursor): ExpressionNode | undefined {
  const { text, span } = cursor.take();
  const values = parseArguments(cursor, `of ${text}`);
  if (values === undefined) return undefined;
  const whole = spanBetween(span, cursor.previous.span);
  return { kind: 'builtin', name: text as BuiltinName, arguments: values, span: whole };
}
