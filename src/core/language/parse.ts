/** Tokens in, syntax tree out. Reports every error it finds and recovers at the next statement or block. */
import type { DiagnosticList } from './diagnostic-list.js';
import { spanBetween } from './diagnostics.js';
import { parseRangeBound } from './parse-expression.js';
import { parseBlock } from './parse-statement.js';
import { describeToken, TokenCursor } from './token-cursor.js';
import type { Token } from './tokens.js';
import type { NameNode, ParameterNode, ProgramNode } from './tree.js';

/** The tree is undefined only when there is no program to speak of; errors are in `diagnostics` either way. */
export function parse(tokens: readonly Token[], diagnostics: DiagnosticList): ProgramNode | undefined {
  const cursor = new TokenCursor(tokens, diagnostics);
  const start = cursor.current.span;
  if (!cursor.expectKeyword('FUNC', 'at the start of the program')) return undefined;
  const name = parseName(cursor, 'the name of the program');
  const parameters = parseParameters(cursor);
  const body = parseBlock(cursor, 'after the parameters');
  if (!cursor.atEnd) reportRest(cursor);
  if (name === undefined || body === undefined) return undefined;
  return { name, parameters, body, span: spanBetween(start, cursor.previous.span) };
}

function parseName(cursor: TokenCursor, what: string): NameNode | undefined {
  if (cursor.current.kind === 'name') {
    const { text, span } = cursor.take();
    return { name: text, span };
  }
  const reserved = cursor.current.kind === 'keyword';
  const hint = reserved ? `${cursor.current.text} is a keyword; choose another name` : undefined;
  cursor.complain(`${what} is missing`, 'a name', hint);
  if (reserved) cursor.take();
  return undefined;
}

function parseParameters(cursor: TokenCursor): ParameterNode[] {
  const parameters: ParameterNode[] = [];
  if (!cursor.expectSymbol('(', 'after the name of the program')) return parameters;
  while (!cursor.is(')') && !cursor.is('{') && !cursor.atEnd) {
    const before = cursor.position;
    const parameter = parseParameter(cursor);
    if (parameter !== undefined) parameters.push(parameter);
    else skipParameter(cursor);
    if (cursor.accept(',')) continue;
    if (cursor.is(')') || cursor.is('{')) break;
    cursor.complain('parameters are separated by a comma', ', or )');
    if (cursor.position === before) cursor.take();
  }
  cursor.expectSymbol(')', 'after the parameters');
  return parameters;
}

function parseParameter(cursor: TokenCursor): ParameterNode | undefined {
  cursor.beginStatement();
  const start = cursor.current.span;
  const name = parseName(cursor, 'the name of a parameter');
  if (name === undefined) return undefined;
  if (!cursor.accept('=')) {
    cursor.complain(`the parameter ${name.name} has no default`, '=', `write ${name.name} = 20% IN 5%..50%`);
    return undefined;
  }
  const initial = parseRangeBound(cursor);
  if (initial === undefined) return undefined;
  if (!cursor.accept('IN')) return { name, initial, span: spanBetween(start, cursor.previous.span) };
  const low = parseRangeBound(cursor);
  if (low === undefined || !cursor.expectSymbol('..', 'between the ends of the range')) return undefined;
  const high = parseRangeBound(cursor);
  if (high === undefined) return undefined;
  return { name, initial, range: { low, high }, span: spanBetween(start, cursor.previous.span) };
}

function skipParameter(cursor: TokenCursor): void {
  while (!cursor.is(',') && !cursor.is(')') && !cursor.is('{') && !cursor.atEnd) cursor.take();
}

function reportRest(cursor: TokenCursor): void {
  const { span } = cursor.current;
  cursor.report({
    code: 'DN009',
    message: 'the program has ended before this',
    span,
    found: describeToken(cursor.current),
    expected: 'the end of the file',
    hint: cursor.is('FUNC') ? 'a file holds one program' : 'is there one } too many above?',
  });
}
