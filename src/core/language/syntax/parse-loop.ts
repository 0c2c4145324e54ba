/** FOR EACH: tokens in, a loop out. A head as other languages have it is reported once, and what is in its block read. */
import { spanBetween } from '../diagnostics/diagnostics.js';
import { isSpokenFor } from './foreign-words.js';
import { parseBlock } from './parse-block.js';
import { isColon } from './parse-colon.js';
import { parseExpression } from './parse-expression.js';
import { beginsStatement } from './parse-statement.js';
import type { TokenCursor } from './token-cursor.js';
import type { LoopNode, NameNode, StatementNode } from './tree.js';

const form = 'FOR EACH task IN task_queue { … }';

/** The current token is FOR, or a word that was reported and stands for `FOR EACH`. */
export function parseLoop(cursor: TokenCursor, { hasEach = false } = {}): LoopNode | undefined {
  const start = cursor.take().span;
  if (!hasEach && !takeEach(cursor)) return parseForeignHead(cursor, start);
  const variable = parseLoopName(cursor, 'task');
  cursor.givenNames.add(variable.name);
  cursor.expectKeyword('IN', 'after the name of the task');
  const queue = parseLoopName(cursor, 'task_queue');
  const where = takeWhere(cursor) ? parseExpression(cursor) : undefined;
  const headSpan = spanBetween(start, cursor.previous.span);
  skipToBlock(cursor);
  const body = parseBody(cursor, variable.name, 'after the head of the loop');
  if (body === undefined) {
    cursor.bracesMatch = false;
    return undefined;
  }
  const span = spanBetween(start, cursor.previous.span);
  return { kind: 'loop', variable, queue, body, span, headSpan, ...(where === undefined ? {} : { where }) };
}

/** False when what follows is no head of a loop at all; that has been reported. */
function takeEach(cursor: TokenCursor): boolean {
  if (cursor.accept('EACH')) return true;
  const { kind, text, span } = cursor.current;
  const next = cursor.peek(1);
  if (kind === 'name' && (next.text === 'IN' || isSpokenFor(next.text, 'IN'))) {
    cursor.report({
      code: 'DN008',
      message: 'EACH is missing after FOR',
      span,
      found: text,
      expected: 'EACH',
      suggestion: { span: { ...span, length: 0 }, replacement: 'EACH ', certain: true },
    });
    return true;
  }
  if (kind === 'name' && next.kind === 'name') return cursor.expectKeyword('EACH', 'after FOR');
  cursor.complain('EACH is missing after FOR', 'EACH', `a loop is written ${form}`);
  return false;
}

/** `for (const task of task_queue) {`: takes what is before the block for the head of the only loop that there can be. */
function parseForeignHead(cursor: TokenCursor, start: NameNode['span']): LoopNode | undefined {
  const words: string[] = [];
  while (!cursor.atEnd && !opensBlock(cursor) && !cursor.is('}') && !beginsStatement(cursor)) {
    const { kind, text } = cursor.take();
    if (kind === 'name') words.push(text);
  }
  const headSpan = spanBetween(start, cursor.previous.span);
  const at = words.findLastIndex((word) => word === 'task_queue' || word === 'task_queues');
  const name = words
    .slice(0, Math.max(at, 0))
    .findLast((word) => !isSpokenFor(word, 'IN') && word !== 'range');
  cursor.isWhole = false;
  cursor.bracesMatch = cursor.bracesMatch && opensBlock(cursor);
  const body = opensBlock(cursor) ? parseBody(cursor, name ?? 'task', 'here') : undefined;
  if (body === undefined) return undefined;
  const variable = { name: name ?? 'task', span: headSpan };
  const queue = { name: 'task_queue', span: headSpan };
  return { kind: 'loop', variable, queue, body, headSpan, span: spanBetween(start, cursor.previous.span) };
}

function parseBody(cursor: TokenCursor, task: string, where: string): StatementNode[] | undefined {
  const { taskName } = cursor;
  cursor.taskName = task;
  const body = parseBlock(cursor, where);
  cursor.taskName = taskName;
  return body;
}

/** A missing name is reported and taken as the usual one. */
function parseLoopName(cursor: TokenCursor, usual: string): NameNode {
  if (cursor.current.kind === 'name') {
    const { text, span } = cursor.take();
    return { name: text, span };
  }
  cursor.complain(`${usual} is missing`, usual, `a loop is written ${form}`);
  return { name: usual, span: cursor.current.span };
}

function takeWhere(cursor: TokenCursor): boolean {
  if (cursor.accept('WHERE')) return true;
  const { kind, text, span } = cursor.current;
  const isWord = (kind === 'name' || cursor.is('IF')) && isSpokenFor(text, 'WHERE');
  const isOther = isWord && !cursor.opensLine && blockComesFirst(cursor);
  if (!isOther) return false;
  cursor.report({
    code: 'DN008',
    message: `${text} is written WHERE here`,
    span,
    found: text,
    expected: 'WHERE',
    suggestion: { span, replacement: 'WHERE', certain: true },
  });
  cursor.take();
  return true;
}

/** A condition of the loop is followed by its block; of an IF that stands where the block is missing, by THEN. */
function blockComesFirst(cursor: TokenCursor): boolean {
  let ahead = 1;
  while (ahead < conditionTokensMax && !cursor.is('{', ahead) && !cursor.is('THEN', ahead)) ahead += 1;
  return cursor.is('{', ahead);
}

const conditionTokensMax = 400;

/** Leaves out what is left of a head that could not be read, as long as its block is near. */
function skipToBlock(cursor: TokenCursor): void {
  if (opensBlock(cursor)) return;
  cursor.reportMissing({
    message: 'the head of the loop is followed by a block',
    expected: '{',
    hint: 'what is done with each task stands between { and }',
  });
  cursor.isWhole = false;
  while (!cursor.atEnd && !opensBlock(cursor) && !cursor.is('}') && !beginsStatement(cursor)) cursor.take();
}

function opensBlock(cursor: TokenCursor): boolean {
  return cursor.is('{') || isColon(cursor.current);
}
