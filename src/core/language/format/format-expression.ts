/** Words of expressions, arguments and parameters in, their layout out. Knows where the syntax allows a line to end. */
import { commentsOf, group, indent, type Layout, line, softLine, space } from './format-layout.js';
import type { WordCursor } from './format-words.js';

/** `a AND b OR c`: whoever places it decides how deep the further operands stand. */
export interface Chain {
  readonly first: Layout;
  /** Each on a line of its own, beginning with its operator, when the chain is not one line. */
  readonly others: readonly Layout[];
}

/** OR binds least, so it is where lines end first. */
export function readChain(words: WordCursor): Chain {
  const first = readAnd(words);
  if (!words.is('OR')) return first;
  return { first: together(first), others: readOthers(words, 'OR', () => together(readAnd(words))) };
}

/** Further operands one level deeper, and those of an AND within an OR two. */
export function hanging({ first, others }: Chain): Layout {
  return others.length === 0 ? first : indent([first, others]);
}

/** A chain as one part of something larger. */
export function together(chain: Chain): Layout {
  return chain.others.length === 0 ? chain.first : group(hanging(chain));
}

/** `(a, b, …)` behind a name. */
export function readArguments(words: WordCursor): Layout {
  return readList(words, () => together(readChain(words)));
}

/** `(name = default IN low..high, …)`. */
export function readParameters(words: WordCursor): Layout {
  return readList(words, () => readParameter(words));
}

function readAnd(words: WordCursor): Chain {
  return { first: readOperand(words), others: readOthers(words, 'AND', () => readOperand(words)) };
}

function readOthers(words: WordCursor, operator: 'AND' | 'OR', readPart: () => Layout): Layout[] {
  const others: Layout[] = [];
  while (words.is(operator)) others.push([line, words.takeAfterComments(), space, readPart()]);
  return others;
}

const binaryOperators = ['>', '>=', '<', '<=', '==', '!=', '+', '-', '*', '/'];

/** What stands between AND and OR: one line, but for what is in parentheses. */
function readOperand(words: WordCursor): Layout {
  const parts: Layout[] = [readSigned(words)];
  while (words.is(...binaryOperators)) parts.push(space, words.take(), space, readSigned(words));
  return parts;
}

/** `-5s`, `- -5s`: two signs at once would look like what begins a comment elsewhere. */
function readSigned(words: WordCursor): Layout {
  const parts: Layout[] = [];
  for (;;) {
    if (words.is('NOT')) parts.push(words.take(), space);
    else if (words.is('-')) parts.push(words.take(), words.is('-') ? space : []);
    else return [...parts, readPrimary(words)];
  }
}

function readPrimary(words: WordCursor): Layout {
  if (words.is('(')) return readParentheses(words);
  const parts: Layout[] = [words.take()];
  if (words.is('(')) parts.push(readArguments(words));
  if (words.is('.')) parts.push(takeJoined(words), takeJoined(words));
  return parts;
}

/** A word that nothing stands between and what is before it, so comments there move behind it. */
function takeJoined(words: WordCursor): Layout {
  return words.takeBeforeComments({ fromPrevious: true });
}

/** Around a single operand they are no place to end a line, unless a comment does so inside anyway. */
function readParentheses(words: WordCursor): Layout {
  const opening = words.take();
  const { first, others } = readChain(words);
  const asOneLine = group([opening, first, others, words.current]);
  if (others.length === 0 && !asOneLine.mustBreak) {
    words.take();
    return asOneLine;
  }
  const comments = commentsOf(words.current);
  return group([opening, indent([softLine, first, others, comments]), softLine, words.take()]);
}

function readList(words: WordCursor, readItem: () => Layout): Layout {
  const opening = takeJoined(words);
  const parts: Layout[] = [];
  while (!words.is(')')) {
    parts.push(parts.length === 0 ? softLine : line, readItem());
    if (words.is(',')) parts.push(takeJoined(words));
  }
  const comments = commentsOf(words.current);
  if (parts.length === 0 && comments.length === 0) return [opening, words.take()];
  return group([opening, indent([parts, comments]), softLine, words.take()]);
}

function readParameter(words: WordCursor): Layout {
  const parts: Layout[] = [words.take(), space, words.take(), space, readOperand(words)];
  if (!words.is('IN')) return parts;
  return [...parts, space, words.take(), space, readOperand(words), words.take(), readOperand(words)];
}
