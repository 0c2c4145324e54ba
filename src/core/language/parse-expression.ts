/** Expressions: tokens in, expression nodes out, by precedence: OR, AND, NOT, comparison, + -, * /, sign. */
import { type Span, spanBetween } from './diagnostics.js';
import type { TokenCursor } from './token-cursor.js';
import type { BinaryOperator, BuiltinName, ComparisonOperator, ExpressionNode } from './tree.js';
import { quantityOfUnit } from './units.js';

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
    const value = parseExpression(cursor);
    if (value === undefined) return undefined;
    values.push(value);
    if (!cursor.accept(',')) break;
  }
  cursor.expectSymbol(')', `after the arguments ${where}`);
  return values;
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

function binary(operator: BinaryOperator, operatorSpan: Span, left: ExpressionNode, right: ExpressionNode) {
  return {
    kind: 'binary',
    operator,
    operatorSpan,
    left,
    right,
    span: spanBetween(left.span, right.span),
  } as const;
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
  if (left === undefined) return undefined;
  const operator = takeComparison(cursor);
  if (operator === undefined) return left;
  const operatorSpan = cursor.previous.span;
  const right = parseSum(cursor);
  if (right === undefined) return undefined;
  if (comparisons.some((candidate) => cursor.is(candidate))) {
    cursor.complain('comparisons do not chain', 'AND', 'write a < b AND b < c');
    return undefined;
  }
  return binary(operator, operatorSpan, left, right);
}

function takeComparison(cursor: TokenCursor): ComparisonOperator | undefined {
  const operator = comparisons.find((candidate) => cursor.is(candidate));
  if (operator !== undefined) {
    cursor.take();
    return operator;
  }
  if (!cursor.is('=')) return undefined;
  const { span } = cursor.current;
  cursor.report({
    code: 'DN030',
    message: 'a comparison is written ==',
    span,
    found: '=',
    expected: '==',
    suggestion: { span, replacement: '==', certain: true },
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
    return { kind: 'text', text: token.text, span: token.span };
  }
  if (token.kind === 'name') return parseReference(cursor);
  if (cursor.is('(')) return parseParentheses(cursor);
  if (cursor.is('MIN') || cursor.is('MAX') || cursor.is('ABS')) return parseBuiltin(cursor);
  const hint = cursor.is('.') ? 'is a digit missing before the point?' : undefined;
  cursor.complain('a value is expected here', 'a number, a task field or a name', hint);
  return undefined;
}

function parseNumber(cursor: TokenCursor): ExpressionNode | undefined {
  const token = cursor.take();
  if (token.kind !== 'number') return undefined;
  const next = cursor.current;
  const sameLine = next.span.line === token.span.line;
  if (token.unit === '' && next.kind === 'name' && sameLine && quantityOfUnit(next.text) !== undefined) {
    reportSplitNumber(cursor, token.span, `${token.text}${next.text}`);
    cursor.take();
    return { kind: 'number', value: token.value, amount: token.amount, unit: '?', span: token.span };
  }
  return { kind: 'number', value: token.value, amount: token.amount, unit: token.unit, span: token.span };
}

function reportSplitNumber(cursor: TokenCursor, start: Span, joined: string): void {
  const span = spanBetween(start, cursor.current.span);
  cursor.report({
    code: 'DN003',
    message: 'a number and its unit are written together',
    span,
    expected: joined,
    suggestion: { span, replacement: joined, certain: true },
  });
}

function parseReference(cursor: TokenCursor): ExpressionNode | undefined {
  const { text, span } = cursor.take();
  if (!cursor.accept('.')) return { kind: 'reference', name: text, span };
  if (cursor.current.kind !== 'name') {
    cursor.complain('a field of the task is expected after the point', 'a field name');
    return undefined;
  }
  const field = cursor.take();
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
