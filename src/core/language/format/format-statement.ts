/** Words of a program without syntax errors in, its layout out: two columns a level, one statement a line. */
import { hanging, readArguments, readChain, readParameters, together } from './format-expression.js';
import { group, indent, type Layout, line, lineStart, newline, remarksOf, space } from './format-layout.js';
import type { WordCursor } from './format-words.js';

export function readProgram(words: WordCursor): Layout {
  const start = lineStart(words.current, { isFirst: true });
  const head = group([words.take(), space, words.take(), readParameters(words), space, readBrace(words)]);
  const body = readBody(words);
  return [start, head, body, remarksOf(words.current, { isFirst: false })];
}

/** A `{` stays on the line of its head, unless `fromPrevious` is false and a comment ends that line. */
function readBrace(words: WordCursor, fromPrevious = true): Layout {
  return words.takeBeforeComments({ fromPrevious });
}

/** What follows a `{`, and the `}`. */
function readBody(words: WordCursor): Layout {
  const opening = words.previous;
  const statements: Layout[] = [];
  while (!words.is('}')) {
    statements.push(lineStart(words.current, { isFirst: statements.length === 0 }), readStatement(words));
  }
  const remarks = remarksOf(words.current, { isFirst: statements.length === 0 });
  const isEmpty = statements.length === 0 && remarks.length === 0 && opening.after === undefined;
  return isEmpty ? words.take() : [indent([statements, remarks]), newline, words.take()];
}

function readStatement(words: WordCursor): Layout {
  if (words.is('IF')) return readIf(words);
  if (words.is('FOR')) return readLoop(words);
  if (words.is('LET')) return readLet(words);
  return [words.take(), readArguments(words)];
}

/** A comment behind the `=` puts the value below it. */
function readLet(words: WordCursor): Layout {
  const head = [words.take(), space, words.take(), space, words.take()];
  const isBelow = words.previous.after !== undefined || words.current.before.length > 0;
  const value = together(readChain(words));
  return isBelow ? [head, indent([newline, value])] : [head, space, value];
}

/**
 * A condition that is too long ends a line before each of its ANDs or ORs, and its THEN begins one, so that the
 * statement below does not look like a part of it.
 */
function readIf(words: WordCursor): Layout {
  const start = [words.take(), space];
  const condition = readChain(words);
  const isChain = condition.others.length > 0;
  const then = words.takeBeforeComments({ fromPrevious: !isChain });
  const hasBlock = words.is('{');
  const opening = hasBlock ? [space, readBrace(words)] : [];
  const head = group([start, hanging(condition), isChain ? line : space, then, opening]);
  const branch = hasBlock ? readBody(words) : readSingle(words);
  return words.is('ELSE') ? [head, branch, readElse(words, hasBlock)] : [head, branch];
}

function readSingle(words: WordCursor): Layout {
  return indent([lineStart(words.current, { isFirst: true }), readStatement(words)]);
}

function readElse(words: WordCursor, behindBlock: boolean): Layout {
  const behind = words.previous;
  const isChain = words.next.sort === 'keyword' && words.next.text === 'IF';
  const otherwise = isChain ? words.takeElseOfChain() : words.take();
  const staysBehind = behindBlock && behind.after === undefined && otherwise.before.length === 0;
  const start = [staysBehind ? space : newline, otherwise];
  if (isChain) return [start, space, readIf(words)];
  if (words.is('{')) return [start, space, readBrace(words), readBody(words)];
  return [start, readSingle(words)];
}

/** A head that is too long ends a line before WHERE, and its `{` begins one. */
function readLoop(words: WordCursor): Layout {
  const head: Layout[] = [words.take()];
  for (let count = 1; count < 5; count += 1) head.push(space, words.take());
  if (!words.is('WHERE')) return [head, space, readBrace(words), readBody(words)];
  const where = words.take();
  const chain = readChain(words);
  const selection = [where, space, together(chain)];
  const opening = readBrace(words, chain.others.length === 0);
  return [group([head, indent([line, selection]), line, opening]), readBody(words)];
}
