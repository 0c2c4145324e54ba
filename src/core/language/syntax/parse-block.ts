/** A block: `{`, statements, `}`. Guesses by indentation which block a missing brace belongs to. */
import { type Span, spanBetween } from '../diagnostics/diagnostics.js';
import { dropColon, isColon, parseColonBlock } from './parse-colon.js';
import { parseStatement, skipToStatement } from './parse-statement.js';
import type { TokenCursor } from './token-cursor.js';
import type { StatementNode } from './tree.js';

/** Undefined when there is no `{`; a missing `}` is reported and the statements are kept. */
export function parseBlock(cursor: TokenCursor, where: string, hint?: string): StatementNode[] | undefined {
  if (isColon(cursor.current) && !dropColon(cursor, '{')) return parseColonBlock(cursor);
  const opening = cursor.current.span;
  const indentation = cursor.indentation;
  if (!cursor.expectSymbol('{', where, hint)) return undefined;
  const { margin } = cursor;
  cursor.margin = 0;
  const statements = cursor.nested(() => parseStatements(cursor)) ?? [];
  cursor.margin = margin;
  if (!cursor.is('}')) {
    reportUnclosed(cursor, opening);
    return statements;
  }
  const closesLeft = cursor.opensLine && cursor.current.span.column < indentation;
  if (closesLeft) cursor.suspect ??= { opening, closing: cursor.current.span };
  cursor.take();
  return statements;
}

/** A brace that stands further left than the line of its partner probably belongs to a block further out. */
export interface SuspectBlock {
  readonly opening: Span;
  readonly closing: Span;
}

function reportUnclosed(cursor: TokenCursor, opening: Span): void {
  const { suspect } = cursor;
  cursor.bracesMatch = false;
  cursor.report({
    code: 'DN008',
    message: 'this block is not closed',
    span: suspect?.opening ?? opening,
    found: 'the end of the file',
    expected: '}',
    related:
      suspect === undefined
        ? []
        : [{ span: suspect.closing, message: 'this } stands as if it closed a block around it' }],
  });
}

function parseStatements(cursor: TokenCursor): StatementNode[] {
  const statements: StatementNode[] = [];
  while (!cursor.is('}') && !cursor.atEnd) {
    const before = cursor.position;
    const statement = parseStatement(cursor);
    if (statement !== undefined) {
      statements.push(statement);
      continue;
    }
    cursor.isWhole = false;
    skipToStatement(cursor, before);
    // The block of what could not be read; what stands in it may be in order.
    if (cursor.is('{')) statements.push(...headless(cursor));
  }
  return statements;
}

function headless(cursor: TokenCursor): StatementNode[] {
  const start = cursor.current.span;
  const body = parseBlock(cursor, 'here');
  while (cursor.accept(')')); // `forEach(task => { … })`
  return body === undefined ? [] : [{ kind: 'block', body, span: spanBetween(start, cursor.previous.span) }];
}
