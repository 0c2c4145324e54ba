/**
 * What the formatter's reader hands to its printer: words, and between them where lines may or must end. After P. Wadler,
 * "A prettier printer" (2003), with comments as the reason why a group cannot be one line.
 */
import type { Remark, Word } from './format-words.js';

export type Layout = Word | Break | CommentLine | Group | Indent | readonly Layout[];

/** `space`: a blank. `line`: the end of a line in a broken group, else what `flat` says. `newline`: the end of a line. */
export type Break =
  | { readonly kind: 'space' }
  | { readonly kind: 'line'; readonly flat: '' | ' ' }
  | { readonly kind: 'newline'; readonly blank: boolean };

export interface CommentLine {
  readonly kind: 'comment';
  readonly text: string;
}

/** One line when it fits and no comment inside it ends a line; else every `line` directly in it is the end of one. */
export interface Group extends Leaf {
  readonly kind: 'group';
  readonly content: Layout;
}

/** What a group must know of a part to see whether a comment inside it ends a line. */
interface Leaf {
  readonly first: Word | undefined;
  readonly last: Word | undefined;
  readonly mustBreak: boolean;
}

/** Lines that begin inside it are one level deeper. */
export interface Indent {
  readonly kind: 'indent';
  readonly content: Layout;
}

export const space: Break = { kind: 'space' };
/** The end of a line or a blank. */
export const line: Break = { kind: 'line', flat: ' ' };
/** The end of a line or nothing. */
export const softLine: Break = { kind: 'line', flat: '' };
export const newline: Break = { kind: 'newline', blank: false };
const blankLine: Break = { kind: 'newline', blank: true };

export function indent(content: Layout): Indent {
  return { kind: 'indent', content };
}

/** Comments before its first word and behind its last stand outside. */
export function group(content: Layout): Group {
  const leaves = [...leavesOf(content)];
  const mustBreak = leaves.some((leaf, index) => {
    const endsLine = leaf.last?.after !== undefined && index < leaves.length - 1;
    return leaf.mustBreak || endsLine || (index > 0 && (leaf.first?.before.length ?? 0) > 0);
  });
  return { kind: 'group', content, first: leaves[0]?.first, last: leaves.at(-1)?.last, mustBreak };
}

/** The comments before a word as lines of their own, without blank lines; they are then no longer the word's. */
export function commentsOf(word: Word): Layout[] {
  return word.before.splice(0).flatMap(({ text }): Layout[] => [newline, { kind: 'comment', text }]);
}

/** As `commentsOf`, with at most one blank line between; none in front of the first of a block. */
export function remarksOf(word: Word, { isFirst }: { readonly isFirst: boolean }): Layout[] {
  return word.before.splice(0).flatMap(({ text, blankBefore }: Remark, index): Layout[] => {
    return [blankBefore && !(isFirst && index === 0) ? blankLine : newline, { kind: 'comment', text }];
  });
}

/** The start of a line for a word, its comments on lines before it, at most one blank line between; none at the first. */
export function lineStart(word: Word, { isFirst }: { readonly isFirst: boolean }): Layout[] {
  const remarks = remarksOf(word, { isFirst });
  return [...remarks, word.blankBefore && !(isFirst && remarks.length === 0) ? blankLine : newline];
}

function* leavesOf(content: Layout): Generator<Leaf> {
  if (isSequence(content)) for (const part of content) yield* leavesOf(part);
  else if (content.kind === 'indent') yield* leavesOf(content.content);
  else if (content.kind === 'group') yield content;
  else if (content.kind === 'word') yield { first: content, last: content, mustBreak: false };
  else if (content.kind === 'comment') yield { first: undefined, last: undefined, mustBreak: true };
}

export function isSequence(layout: Layout): layout is readonly Layout[] {
  return Array.isArray(layout);
}
