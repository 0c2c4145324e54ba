/** The parameters of a program: tokens in, names with defaults and ranges out; a name is known even when its value is not. */
import { spanBetween } from '../diagnostics/diagnostics.js';
import { isColon } from './parse-colon.js';
import { parseRangeBound } from './parse-expression.js';
import { unreadable } from './parse-number.js';
import type { TokenCursor } from './token-cursor.js';
import type { ExpressionNode, ParameterNode } from './tree.js';

export function parseParameters(cursor: TokenCursor): ParameterNode[] {
  const parameters: ParameterNode[] = [];
  if (cursor.is('{') || isColon(cursor.current)) return reportNoParentheses(cursor);
  if (!cursor.expectSymbol('(', 'after the name of the program')) return parameters;
  while (!cursor.is(')') && !cursor.is('{') && !cursor.atEnd) {
    const before = cursor.position;
    const parameter = parseParameter(cursor);
    if (parameter !== undefined) parameters.push(parameter);
    if (cursor.accept(',')) continue;
    if (cursor.is(')') || cursor.is('{')) break;
    cursor.complain('parameters are separated by a comma', ', or )');
    if (cursor.current.kind === 'name' && cursor.is('=', 1)) continue;
    skipParameter(cursor);
    if (!cursor.accept(',') && cursor.position === before) cursor.take();
  }
  cursor.expectSymbol(')', 'after the parameters');
  return parameters;
}

function reportNoParentheses(cursor: TokenCursor): ParameterNode[] {
  cursor.report({
    code: 'DN008',
    message: 'parentheses are missing after the name of the program',
    span: cursor.current.span,
    found: '{',
    expected: '()',
    hint: 'they hold the parameters, and are empty without',
    suggestion: { span: cursor.gap, replacement: '()', certain: true },
  });
  return [];
}

function parseParameter(cursor: TokenCursor): ParameterNode | undefined {
  cursor.beginStatement();
  const { kind, text, span: start } = cursor.current;
  if (kind !== 'name') {
    const reserved = kind === 'keyword';
    const hint = reserved ? `${text} is a keyword; choose another name` : undefined;
    cursor.complain('the name of a parameter is missing', 'a name', hint);
    skipParameter(cursor);
    return undefined;
  }
  cursor.take();
  cursor.givenNames.add(text);
  const name = { name: text, span: start };
  const value = parseValue(cursor, text);
  if (value === undefined) {
    skipParameter(cursor);
    cursor.isWhole = false;
  }
  const read = value ?? { initial: unreadable(start) };
  return { name, ...read, span: spanBetween(start, cursor.previous.span) };
}

type Value = Pick<ParameterNode, 'initial' | 'range'>;

function parseValue(cursor: TokenCursor, name: string): Value | undefined {
  if (!takeColon(cursor) && !cursor.accept('=')) {
    cursor.complain(`the parameter ${name} has no default`, '=', `write ${name} = 20% IN 5%..50%`);
    return undefined;
  }
  const initial = parseRangeBound(cursor);
  if (initial === undefined) return undefined;
  if (!cursor.accept('IN')) return { initial };
  const range = parseRange(cursor);
  return range === undefined ? undefined : { initial, range };
}

/** `limit: 1GB` gives a default, and true comes out; in `limit: bytes = 1GB` the type is left out. */
function takeColon(cursor: TokenCursor): boolean {
  if (!isColon(cursor.current)) return false;
  const { gap } = cursor;
  const { span } = cursor.take();
  const next = cursor.current;
  if (next.kind === 'number' || cursor.is('-')) {
    const before = gap.offset === span.offset ? ' ' : '';
    const after = next.span.offset === span.offset + 1 ? ' ' : '';
    const suggestion = { span, replacement: `${before}=${after}`, certain: true };
    cursor.reportColon({ message: 'a default is given with =', expected: '=', suggestion }, span);
    return true;
  }
  while (!cursor.is('=') && !cursor.is(',') && !cursor.is(')') && !cursor.is('{') && !cursor.atEnd)
    cursor.take();
  if (cursor.is('=')) reportType(cursor, span);
  return false;
}

function reportType(cursor: TokenCursor, colon: ParameterNode['span']): void {
  const last = cursor.previous.span;
  const suggestion = {
    span: spanBetween(colon, last),
    replacement: '',
    certain: last.line === colon.line,
  };
  const message = 'the default of a parameter says what it is';
  cursor.reportColon({ message, hint: 'leave its type out', suggestion }, colon);
}

function parseRange(cursor: TokenCursor): { low: ExpressionNode; high: ExpressionNode } | undefined {
  const low = parseRangeBound(cursor);
  if (low === undefined) return undefined;
  if (!cursor.is('..') && low.kind === 'binary' && low.operator === '-') {
    const isPlain = [low.left, low.right].every(({ kind }) => kind === 'number');
    reportRangeSign(cursor, {
      span: low.operatorSpan,
      found: '-',
      certain: isPlain && endsParameter(cursor),
    });
    return { low: low.left, high: low.right };
  }
  const { kind, text, span } = cursor.current;
  if (kind === 'name' && /^(to|and|until)$/i.test(text)) {
    reportRangeSign(cursor, { span, found: text, certain: true });
    cursor.take();
  } else if (!cursor.expectSymbol('..', 'between the ends of the range', 'a range is written 5%..50%')) {
    return undefined;
  }
  const high = parseRangeBound(cursor);
  return high === undefined ? undefined : { low, high };
}

/** `10 - 5 - 20` could be two ranges. */
function endsParameter(cursor: TokenCursor): boolean {
  return cursor.is(',') || cursor.is(')');
}

function reportRangeSign(
  cursor: TokenCursor,
  { span, found, certain }: { span: ParameterNode['span']; found: string; certain: boolean },
): void {
  cursor.report({
    code: 'DN008',
    message: 'the ends of a range are joined by ..',
    span,
    found,
    expected: '..',
    suggestion: { span, replacement: '..', certain },
  });
}

function skipParameter(cursor: TokenCursor): void {
  while (!cursor.is(',') && !cursor.is(')') && !cursor.is('{') && !cursor.atEnd) cursor.take();
}
