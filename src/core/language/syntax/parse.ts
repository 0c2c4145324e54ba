/** Tokens in, syntax tree out. Reports every error it finds and recovers at the next statement or block. */
import type { DiagnosticList } from '../diagnostics/diagnostic-list.js';
import { spanBetween } from '../diagnostics/diagnostics.js';
import { nearestWord } from '../suggest.js';
import { isSpokenFor } from './foreign-words.js';
import { parseBlock } from './parse-block.js';
import { reportOtherColons } from './parse-colon.js';
import { parseParameters } from './parse-parameters.js';
import { describeToken, TokenCursor } from './token-cursor.js';
import type { Token } from './tokens.js';
import type { NameNode, ProgramNode } from './tree.js';

/**
 * The tree is undefined only when there is no program to speak of; errors are in `diagnostics` either way. `plainActions`
 * take the task only, so that one without its parentheses is mended.
 */
export function parse(
  tokens: readonly Token[],
  diagnostics: DiagnosticList,
  plainActions?: ReadonlySet<string>,
): ProgramNode | undefined {
  const cursor = new TokenCursor(tokens, diagnostics, plainActions);
  const program = takeFunc(cursor, diagnostics) ? parseProgram(cursor) : undefined;
  // Where there is no program, only what it begins with matters.
  reportOtherColons(cursor.position === 0 ? tokens.slice(0, 1) : tokens, diagnostics);
  return program;
}

function parseProgram(cursor: TokenCursor): ProgramNode | undefined {
  const start = cursor.previous.span;
  const name = parseProgramName(cursor);
  const parameters = parseParameters(cursor);
  const body = parseBlock(cursor, 'after the parameters', 'what a program does stands between { and }');
  if (!cursor.atEnd && body !== undefined) reportRest(cursor);
  if (name === undefined || body === undefined) return undefined;
  const { isWhole, bracesMatch } = cursor;
  return { name, parameters, body, span: spanBetween(start, cursor.previous.span), isWhole, bracesMatch };
}

/** What is no program at all gets one answer, and none about its details. */
function takeFunc(cursor: TokenCursor, diagnostics: DiagnosticList): boolean {
  const { kind, text } = cursor.current;
  const isNamed = cursor.peek(1).kind === 'name' || cursor.peek(1).kind === 'keyword';
  if (cursor.is('FUNC') || (kind === 'name' && isNamed && couldBeFunc(text)))
    return cursor.expectKeyword('FUNC', 'at the start of the program');
  const isStatement = cursor.is('FOR') || cursor.is('IF') || cursor.is('LET');
  const hint = isStatement ? 'put what is here into FUNC name() { … }' : `a program is written ${form}`;
  // Forgotten before, so that there is room for the answer where as much was said as is ever said.
  if (!isStatement && kind !== 'end') diagnostics.forgetFrom(cursor.peek(1).span.offset);
  if (kind === 'end') cursor.complain('there is no program in this file', 'FUNC', hint);
  else cursor.complain('a program begins with FUNC and its name', 'FUNC', hint);
  return false;
}

const form = 'FUNC name() { FOR EACH task IN task_queue { … } }';

function couldBeFunc(text: string): boolean {
  return isSpokenFor(text, 'FUNC') || nearestWord(text, ['FUNC']) !== undefined;
}

function parseProgramName(cursor: TokenCursor): NameNode | undefined {
  const { kind, text, span } = cursor.current;
  if (kind === 'name') {
    cursor.take();
    return { name: text, span };
  }
  const reserved = kind === 'keyword';
  const hint = reserved ? `${text} is a keyword; choose another name` : undefined;
  cursor.complain('the name of the program is missing', 'a name', hint);
  if (reserved) cursor.take();
  return undefined;
}

function reportRest(cursor: TokenCursor): void {
  const { span } = cursor.current;
  cursor.report({
    code: 'DN009',
    message: 'the program has ended before this',
    span,
    found: describeToken(cursor.current),
    expected: 'the end of the file',
    hint: cursor.is('}') ? 'is there one } too many above?' : 'a file holds one program',
  });
}
