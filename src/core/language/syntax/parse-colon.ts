/**
 * The `:` of Python: a cursor at it in; what is written here instead, and the statements that are indented behind it, out.
 * Everything behind it is read, so that its mistakes are told at once.
 */
import type { DiagnosticList } from '../diagnostics/diagnostic-list.js';
import type { DiagnosticDetails, Span } from '../diagnostics/diagnostics.js';
import { isElseIf } from './foreign-words.js';
import { foreign } from './lex-mistakes.js';
import { parseStatement, skipToStatement } from './parse-statement.js';
import type { TokenCursor } from './token-cursor.js';
import type { Token } from './tokens.js';
import type { StatementNode } from './tree.js';

export function isColon(token: Token): boolean {
  return token.kind === 'symbol' && token.text === ':';
}

/** The lexer leaves `:` to the parser. One that it had nothing to say about is reported where its line has no error yet. */
export function reportOtherColons(tokens: readonly Token[], diagnostics: DiagnosticList): void {
  for (const token of tokens) {
    if (!isColon(token) || diagnostics.hasErrorOn(token.span.line)) continue;
    diagnostics.add(foreign(token.span, ':'));
  }
}

/** True where `:` stands before the `{` or THEN that is written here: then it is only too much, and is taken. */
export function dropColon(cursor: TokenCursor, before: '{' | 'THEN'): boolean {
  if (!isColon(cursor.current) || !cursor.is(before, 1)) return false;
  cursor.reportColon({
    message: `: is not needed before ${before}`,
    hint: 'leave it out',
    suggestion: { span: cursor.current.span, replacement: '', certain: true },
  });
  cursor.take();
  return true;
}

/** Behind the head of a program or a loop: the block is what is indented, up to the `}` that somebody may have added. */
export function parseColonBlock(cursor: TokenCursor): StatementNode[] {
  const { indentation } = cursor;
  cursor.reportColon({
    message: 'a block stands between { and } here',
    expected: '{',
    hint: 'write { instead, and } on a line of its own behind the last statement',
  });
  const { statements } = parseIndented(cursor);
  // Without indentation nothing tells what belongs into what.
  if (statements.length === 0) cursor.bracesMatch = false;
  if (cursor.is('}') && cursor.opensLine && cursor.current.span.column === indentation) cursor.take();
  return statements;
}

/**
 * Behind the condition of an IF, or ELSE. An edit is certain where one whole statement is indented: of several only the
 * first would belong to the branch, and an IF could take an ELSE that was meant for the one around it.
 */
export function parseColonBranch(
  cursor: TokenCursor,
  word: 'THEN' | 'ELSE',
): { readonly statements: StatementNode[]; readonly isEmpty: boolean } {
  const { current: colon } = cursor;
  const isApart = cursor.previous.span.offset + cursor.previous.span.length < colon.span.offset;
  const isTight = cursor.peek(1).span.offset === colon.span.offset + 1;
  const { statements, isWhole } = parseIndented(cursor);
  const [only, ...more] = statements;
  const certain = isWhole && only !== undefined && only.kind !== 'if' && more.length === 0;
  const braces = more.length === 0 ? undefined : 'several statements stand between { and }';
  const details: Details =
    word === 'THEN'
      ? {
          message: 'a condition ends with THEN',
          expected: more.length === 0 ? 'THEN' : 'THEN {',
          hint: braces,
          suggestion: { span: colon.span, replacement: isApart ? 'THEN' : ' THEN', certain },
        }
      : {
          message: ': is not needed behind ELSE',
          expected: more.length === 0 ? 'ELSE' : 'ELSE {',
          hint: braces ?? 'leave it out',
          suggestion: { span: colon.span, replacement: isTight ? ' ' : '', certain },
        };
  cursor.reportColon(details, colon.span);
  return { statements, isEmpty: isWhole && only === undefined };
}

type Details = Omit<DiagnosticDetails, 'code' | 'span'>;

/** Takes the `:` and every statement on its line, and on the lines below that begin further right than its own line. */
function parseIndented(cursor: TokenCursor): { statements: StatementNode[]; isWhole: boolean } {
  const { indentation } = cursor;
  const colon = cursor.take().span;
  const statements: StatementNode[] = [];
  let isWhole = true;
  const marginBefore = cursor.margin;
  cursor.margin = indentation;
  while (!endsIndented(cursor, colon)) {
    const before = cursor.position;
    const statement = cursor.nested(() => parseStatement(cursor));
    if (statement !== undefined) {
      statements.push(statement);
      continue;
    }
    isWhole = false;
    cursor.isWhole = false;
    skipToStatement(cursor, before);
  }
  cursor.margin = marginBefore;
  return { statements, isWhole };
}

function endsIndented(cursor: TokenCursor, colon: Span): boolean {
  const { kind, text, span } = cursor.current;
  if (cursor.atEnd || cursor.is('}') || cursor.is('ELSE')) return true;
  if (kind === 'name' && isElseIf(text)) return true;
  return span.line > colon.line && cursor.isOutside;
}
