/** Statements: tokens in, statement nodes out; a statement that cannot be read is skipped to the next one. */
import { spanBetween } from '../diagnostics/diagnostics.js';
import { parseBlock } from './parse-block.js';
import { parseNamed } from './parse-call.js';
import { parseExpression } from './parse-expression.js';
import { parseIf } from './parse-if.js';
import { parseLet } from './parse-let.js';
import { parseLoop } from './parse-loop.js';
import type { TokenCursor } from './token-cursor.js';
import type { ReportNode, StatementNode } from './tree.js';

export const statementKeywords = ['IF', 'FOR', 'LET', 'REPORT_METRICS_EVERY', 'ELSE', 'FUNC'];

export function parseStatement(cursor: TokenCursor): StatementNode | undefined {
  cursor.beginStatement();
  const { kind, text } = cursor.current;
  if (kind === 'name') return parseNamed(cursor);
  switch (kind === 'keyword' || kind === 'symbol' ? text : '') {
    case 'IF':
      return cursor.nested(() => parseIf(cursor));
    case 'FOR':
      return parseLoop(cursor);
    case 'LET':
      return parseLet(cursor);
    case 'REPORT_METRICS_EVERY':
      return parseReport(cursor);
    case '{':
      return parseBareBlock(cursor);
    case 'ELSE':
      cursor.complain(
        'this ELSE belongs to no IF',
        'a statement',
        'an IF has one ELSE, right behind the statement or block that follows THEN',
      );
      return undefined;
    default:
      cursor.complain('a statement is expected here', cursor.statementsHere);
      return undefined;
  }
}

/** Goes on until something that can begin a statement, always past where the failed one began. */
export function skipToStatement(cursor: TokenCursor, failedAt: number): void {
  if (cursor.position === failedAt) cursor.take();
  while (!cursor.atEnd && !cursor.is('}') && !cursor.is('{') && !beginsStatement(cursor)) cursor.take();
}

export function beginsStatement(cursor: TokenCursor): boolean {
  const { kind, text } = cursor.current;
  if (kind === 'keyword') return statementKeywords.includes(text);
  return kind === 'name' && cursor.opensLine;
}

function parseReport(cursor: TokenCursor): ReportNode | undefined {
  const start = cursor.take().span;
  const { kind, span, text } = cursor.current;
  const next = cursor.peek(1);
  if (kind === 'number') {
    cursor.report({
      code: 'DN008',
      message: 'the interval stands between ( and )',
      span,
      found: text,
      expected: `(${text})`,
      suggestion: {
        span,
        replacement: `(${text})`,
        certain: cursor.is('}', 1) || next.span.line > span.line,
      },
    });
  } else if (!cursor.expectSymbol('(', 'after REPORT_METRICS_EVERY', 'write REPORT_METRICS_EVERY(5s)')) {
    return undefined;
  }
  const interval = parseExpression(cursor);
  if (interval === undefined) return undefined;
  if (kind !== 'number') cursor.expectSymbol(')', 'after the interval');
  return { kind: 'report', interval, span: spanBetween(start, cursor.previous.span) };
}

function parseBareBlock(cursor: TokenCursor): StatementNode | undefined {
  const span = cursor.current.span;
  cursor.complain('a block needs IF … THEN, ELSE or FOR EACH before it', 'a statement');
  const body = parseBlock(cursor, 'here');
  return body === undefined ? undefined : { kind: 'block', body, span };
}
