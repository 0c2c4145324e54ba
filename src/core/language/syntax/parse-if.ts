/** IF, THEN, ELSE: tokens in, a statement out; the branches are read even when the condition cannot be. */
import { spanBetween } from '../diagnostics/diagnostics.js';
import { isElseIf } from './foreign-words.js';
import { parseBlock } from './parse-block.js';
import { dropColon, isColon, parseColonBranch } from './parse-colon.js';
import { parseExpression } from './parse-expression.js';
import { unreadable } from './parse-number.js';
import { beginsStatement, parseStatement, skipToStatement } from './parse-statement.js';
import type { TokenCursor } from './token-cursor.js';
import type { IfNode, StatementNode } from './tree.js';

/** The current token is IF, or a word that was reported and stands for it. */
export function parseIf(cursor: TokenCursor): IfNode | undefined {
  const start = cursor.take().span;
  const condition = parseExpression(cursor);
  if (condition === undefined) {
    cursor.isWhole = false;
    if (!skipToThen(cursor)) return undefined;
  }
  if (cursor.is('THEN', 1)) dropColon(cursor, 'THEN');
  const isColonBranch = isColon(cursor.current);
  if (!isColonBranch && !expectThen(cursor)) return undefined;
  const whenTrue = isColonBranch ? parseColon(cursor, 'THEN') : parseBranch(cursor);
  const whenFalse = parseElse(cursor);
  const span = spanBetween(start, cursor.previous.span);
  return { kind: 'if', condition: condition ?? unreadable(start), whenTrue, whenFalse, span };
}

/** After a condition that cannot be read, the branches still can when a THEN or a block follows in sight. */
function skipToThen(cursor: TokenCursor): boolean {
  while (!cursor.atEnd && !cursor.is('}') && !leadsToBranch(cursor)) {
    if (beginsStatement(cursor)) return false;
    cursor.take();
  }
  return leadsToBranch(cursor);
}

function leadsToBranch(cursor: TokenCursor): boolean {
  return cursor.is('THEN') || cursor.is('{') || isColon(cursor.current);
}

/** A missing THEN is reported, and its place is plain where a block or an action begins. */
function expectThen(cursor: TokenCursor): boolean {
  if (cursor.accept('THEN')) return true;
  const { kind, text } = cursor.current;
  const isPlain = cursor.is('{') || (kind === 'name' && cursor.is('(', 1) && !isElseIf(text));
  if (isPlain || beginsStatement(cursor)) {
    const { gap } = cursor;
    cursor.reportMissing({
      message: 'THEN is missing after the condition',
      expected: 'THEN',
      suggestion: isPlain ? { span: gap, replacement: ' THEN', certain: true } : undefined,
    });
    return true;
  }
  const hint = cursor.is(',') ? 'groups of digits are separated by _, as in 1_000' : undefined;
  if (hint !== undefined) cursor.complain('THEN is missing after the condition', 'THEN', hint);
  return cursor.expectKeyword('THEN', 'after the condition');
}

function parseElse(cursor: TokenCursor): StatementNode[] {
  // Written further left, it belongs to an IF around this one.
  if (cursor.opensLine && cursor.isOutside) return [];
  if (cursor.accept('ELSE')) {
    return isColon(cursor.current) ? parseColon(cursor, 'ELSE') : parseBranch(cursor);
  }
  const { kind, text, span } = cursor.current;
  if (kind !== 'name' || !isElseIf(text)) return [];
  cursor.report({
    code: 'DN008',
    message: `${text} is written ELSE IF here`,
    span,
    found: text,
    expected: 'ELSE IF',
    suggestion: { span, replacement: 'ELSE IF', certain: true },
  });
  const statement = cursor.nested(() => parseIf(cursor));
  return statement === undefined ? [] : [statement];
}

/** What is not indented behind the `:` is read as if it stood behind the word. */
function parseColon(cursor: TokenCursor, word: 'THEN' | 'ELSE'): StatementNode[] {
  if (cursor.is('{', 1)) {
    const replacement = word === 'THEN' ? ' THEN' : '';
    const { span } = cursor.take();
    const suggestion = { span, replacement, certain: true };
    const message = word === 'THEN' ? 'a condition ends with THEN' : ': is not needed behind ELSE';
    cursor.reportColon({ message, expected: word, suggestion }, span);
    return parseBranch(cursor);
  }
  const { statements, isEmpty } = parseColonBranch(cursor, word);
  return isEmpty && !cursor.is('}') && !cursor.atEnd && !cursor.isOutside ? parseBranch(cursor) : statements;
}

function parseBranch(cursor: TokenCursor): StatementNode[] {
  if (cursor.is('{')) return parseBlock(cursor, 'here') ?? [];
  const before = cursor.position;
  const statement = parseStatement(cursor);
  if (statement !== undefined) return [statement];
  cursor.isWhole = false;
  if (!cursor.is('}')) skipToStatement(cursor, before);
  return [];
}
