/** An edit and the source it is of in; the same edit out, with spaces where it would become one word with its neighbours. */
import type { Suggestion } from './diagnostics.js';

/**
 * Only of certain edits, which nobody looks at: `AND.5` becomes `AND 0.5`. Where the replacement is empty, something that
 * cannot be seen stands there, and the edit makes the text what it looks like.
 */
export function keptApart(suggestion: Suggestion, source: string): Suggestion {
  const { span, replacement, certain } = suggestion;
  if (!certain || replacement === '') return suggestion;
  const end = span.offset + span.length;
  const ahead = source.slice(Math.max(0, span.offset - 2), span.offset);
  // A unit is one word with its number, and stays so.
  const isUnit = /\p{N}$/u.test(ahead) && /^\p{L}/u.test(source.slice(span.offset, end));
  const before = !isUnit && wouldJoin(ahead, replacement) ? ' ' : '';
  const after = wouldJoin(replacement, source.slice(end, end + 2)) ? ' ' : '';
  return { ...suggestion, replacement: `${before}${replacement}${after}` };
}

/** Whether the end of one text and the beginning of another could be one word, number or sign together. */
function wouldJoin(one: string, other: string): boolean {
  return joins.test(`${one.slice(-2)}\n${other.slice(0, 2)}`);
}

const joins =
  /[\p{L}\p{N}_]\n[\p{L}\p{N}_]|[\p{N}_]\n(?:[%$]|\.(?!\.))|(?:\$|(?<!\.)\.)\n\p{N}|[-+*/<>=!&|:.]\n[-+*/<>=!&|:.]/u;
