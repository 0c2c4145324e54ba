/** LET: tokens in, a name with its value out; the name is known even when the value cannot be read. */
import { spanBetween } from '../diagnostics/diagnostics.js';
import { parseExpression } from './parse-expression.js';
import { unreadable } from './parse-number.js';
import type { TokenCursor } from './token-cursor.js';
import type { LetNode } from './tree.js';

/** The current token is LET, or a word that was reported and stands for it; without `hasLet` it is the name. */
export function parseLet(cursor: TokenCursor, { hasLet = true } = {}): LetNode | undefined {
  const start = hasLet ? cursor.take().span : cursor.current.span;
  if (cursor.current.kind !== 'name') {
    const reserved = cursor.current.kind === 'keyword';
    const hint = reserved
      ? `${cursor.current.text} is a keyword; choose another name`
      : 'write LET heavy = task.memory > 1GB';
    cursor.complain('LET needs a name', 'a name', hint);
    return undefined;
  }
  const { text, span: nameSpan } = cursor.take();
  cursor.givenNames.add(text);
  const value = cursor.expectSymbol('=', 'after the name') ? parseExpression(cursor) : undefined;
  if (value === undefined) cursor.isWhole = false;
  const span = spanBetween(start, cursor.previous.span);
  return { kind: 'let', name: { name: text, span: nameSpan }, value: value ?? unreadable(nameSpan), span };
}
