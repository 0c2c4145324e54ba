/** Statements and blocks: tokens in, statement nodes out; a statement that cannot be read is skipped to the next one. */
import { type Span, spanBetween } from './diagnostics.js';
import { parseArguments, parseExpression } from './parse-expression.js';
import { nearestWord } from './suggest.js';
import type { TokenCursor } from './token-cursor.js';
import type { CallNode, IfNode, LetNode, LoopNode, NameNode, ReportNode, StatementNode } from './tree.js';

const statementKeywords = ['IF', 'FOR', 'LET', 'REPORT_METRICS_EVERY', 'ELSE', 'FUNC'];

/** Undefined when there is no `{`; a missing `}` is reported and the statements are kept. */
export function parseBlock(cursor: TokenCursor, where: string): StatementNode[] | undefined {
  const opening = cursor.current.span;
  if (!cursor.expectSymbol('{', where)) return undefined;
  const statements = cursor.nested(() => parseStatements(cursor)) ?? [];
  if (!cursor.accept('}')) {
    cursor.report({
      code: 'DN008',
      message: 'this block is not closed',
      span: cursor.current.span,
      found: 'the end of the file',
      expected: '}',
      related: [{ span: opening, message: 'the block begins here' }],
    });
  }
  return statements;
}

function parseStatements(cursor: TokenCursor): StatementNode[] {
  const statements: StatementNode[] = [];
  while (!cursor.is('}') && !cursor.atEnd) {
    const before = cursor.position;
    const statement = parseStatement(cursor);
    if (statement !== undefined) statements.push(statement);
    else skipToStatement(cursor, before);
  }
  return statements;
}

function parseStatement(cursor: TokenCursor): StatementNode | undefined {
  cursor.beginStatement();
  const { kind, text } = cursor.current;
  if (kind === 'name') return parseCall(cursor);
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
        'an IF and its ELSE need THEN between them',
      );
      return undefined;
    default:
      cursor.complain('a statement is expected here', 'IF, FOR EACH, LET, REPORT_METRICS_EVERY or an action');
      return undefined;
  }
}

/** Goes on until something that can begin a statement, always past where the failed one began. */
function skipToStatement(cursor: TokenCursor, failedAt: number): void {
  if (cursor.position === failedAt) cursor.take();
  while (!cursor.atEnd && !cursor.is('}') && !cursor.is('{') && !beginsStatement(cursor)) cursor.take();
}

function beginsStatement(cursor: TokenCursor): boolean {
  const { kind, text } = cursor.current;
  if (kind === 'keyword') return statementKeywords.includes(text);
  return kind === 'name' && cursor.opensLine;
}

function parseIf(cursor: TokenCursor): IfNode | undefined {
  const start = cursor.take().span;
  const condition = parseExpression(cursor);
  if (condition === undefined && !skipToThen(cursor)) return undefined;
  if (!cursor.expectKeyword('THEN', 'after the condition') && !canBegin(cursor)) return undefined;
  const whenTrue = parseBranch(cursor);
  const whenFalse = cursor.accept('ELSE') ? parseBranch(cursor) : [];
  if (condition === undefined) return undefined;
  return { kind: 'if', condition, whenTrue, whenFalse, span: spanBetween(start, cursor.previous.span) };
}

/** After a condition that cannot be read, the branches still can when a THEN follows in sight. */
function skipToThen(cursor: TokenCursor): boolean {
  while (
    !cursor.atEnd &&
    !cursor.is('THEN') &&
    !cursor.is('}') &&
    !cursor.is('{') &&
    !beginsStatement(cursor)
  ) {
    cursor.take();
  }
  return cursor.is('THEN');
}

function canBegin(cursor: TokenCursor): boolean {
  return cursor.is('{') || beginsStatement(cursor) || cursor.current.kind === 'name';
}

function parseBranch(cursor: TokenCursor): StatementNode[] {
  if (cursor.is('{')) return parseBlock(cursor, 'here') ?? [];
  const before = cursor.position;
  const statement = parseStatement(cursor);
  if (statement !== undefined) return [statement];
  if (!cursor.is('}')) skipToStatement(cursor, before);
  return [];
}

function parseLoop(cursor: TokenCursor): LoopNode | undefined {
  const start = cursor.take().span;
  cursor.expectKeyword('EACH', 'after FOR');
  const variable = parseLoopName(cursor, 'task');
  cursor.expectKeyword('IN', 'after the name of the task');
  const queue = parseLoopName(cursor, 'task_queue');
  const where = cursor.accept('WHERE') ? parseExpression(cursor) : undefined;
  const headSpan = spanBetween(start, cursor.previous.span);
  skipToBlock(cursor);
  const body = parseBlock(cursor, 'after the head of the loop');
  if (body === undefined) return undefined;
  const span = spanBetween(start, cursor.previous.span);
  return { kind: 'loop', variable, queue, body, span, headSpan, ...(where === undefined ? {} : { where }) };
}

/** A missing name is reported and taken as the usual one. */
function parseLoopName(cursor: TokenCursor, usual: string): NameNode {
  if (cursor.current.kind === 'name') {
    const { text, span } = cursor.take();
    return { name: text, span };
  }
  cursor.complain(`${usual} is missing`, usual, 'a loop is written FOR EACH task IN task_queue { … }');
  return { name: usual, span: cursor.current.span };
}

/** Leaves out what is left of a head that could not be read, as long as its block is near. */
function skipToBlock(cursor: TokenCursor): void {
  if (cursor.is('{')) return;
  cursor.complain('the head of the loop is followed by a block', '{');
  while (!cursor.atEnd && !cursor.is('{') && !cursor.is('}') && !beginsStatement(cursor)) cursor.take();
}

function parseLet(cursor: TokenCursor): LetNode | undefined {
  const start = cursor.take().span;
  if (cursor.current.kind !== 'name') {
    cursor.complain('LET needs a name', 'a name', 'write LET heavy = task.memory > 1GB');
    return undefined;
  }
  const { text, span: nameSpan } = cursor.take();
  if (!cursor.expectSymbol('=', 'after the name')) return undefined;
  const value = parseExpression(cursor);
  if (value === undefined) return undefined;
  const span = spanBetween(start, cursor.previous.span);
  return { kind: 'let', name: { name: text, span: nameSpan }, value, span };
}

function parseReport(cursor: TokenCursor): ReportNode | undefined {
  const start = cursor.take().span;
  if (!cursor.expectSymbol('(', 'after REPORT_METRICS_EVERY')) return undefined;
  const interval = parseExpression(cursor);
  if (interval === undefined) return undefined;
  cursor.expectSymbol(')', 'after the interval');
  return { kind: 'report', interval, span: spanBetween(start, cursor.previous.span) };
}

function parseBareBlock(cursor: TokenCursor): StatementNode | undefined {
  const span = cursor.current.span;
  cursor.complain('a block needs IF … THEN, ELSE or FOR EACH before it', 'a statement');
  const body = parseBlock(cursor, 'here');
  return body === undefined ? undefined : { kind: 'block', body, span };
}

function parseCall(cursor: TokenCursor): CallNode | undefined {
  const { text, span } = cursor.take();
  if (!cursor.is('(')) {
    reportLoneName(cursor, text, span);
    return undefined;
  }
  const values = parseArguments(cursor, `of ${text}`);
  if (values === undefined) return undefined;
  const action = { name: text, span };
  return { kind: 'call', action, arguments: values, span: spanBetween(span, cursor.previous.span) };
}

function reportLoneName(cursor: TokenCursor, name: string, span: Span): void {
  const keyword = nearestWord(name, statementKeywords);
  const assigns = cursor.is('=');
  const replacement = keyword ?? (assigns ? `LET ${name}` : undefined);
  cursor.report({
    code: 'DN008',
    message: keyword === undefined ? `${name} is no statement` : `${name} is not a keyword`,
    span,
    found: name,
    expected: assigns ? `LET ${name} = …` : 'IF, FOR EACH, LET, REPORT_METRICS_EVERY or ACTION(task, …)',
    hint: replacement === undefined ? undefined : `did you mean ${replacement}?`,
    suggestion: replacement === undefined ? undefined : { span, replacement, certain: false },
  });
}
