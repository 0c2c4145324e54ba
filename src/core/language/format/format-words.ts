/**
 * Tokens and comments in, words out: each token as it is written, with the comments that stand before it on lines of their
 * own and the one behind it on its line. The formatter's reader walks over words, and moves a comment where it should stand
 * elsewhere; the order of comments never changes.
 */
import type { Comment, Token } from '../syntax/tokens.js';

export interface Word {
  readonly kind: 'word';
  readonly sort: Token['kind'];
  readonly text: string;
  /** Comments on lines of their own, in front. */
  before: Remark[];
  /** A comment behind it, on the same line. */
  after: string | undefined;
  /** A blank line stands between this and what is before it, be that a comment. */
  readonly blankBefore: boolean;
}

/** A comment on a line of its own. */
export interface Remark {
  readonly text: string;
  readonly blankBefore: boolean;
}

export interface WordsInput {
  readonly source: string;
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
}

/** The last word is the end of the source: without text, yet comments may stand before it. */
export function wordsOf({ source, tokens, comments }: WordsInput): Word[] {
  const words: Word[] = [];
  let [nextComment, line] = [0, 1];
  for (const { kind: sort, span } of tokens) {
    const before: Remark[] = [];
    for (; (comments[nextComment]?.span.offset ?? Infinity) < span.offset; nextComment += 1) {
      const comment = comments[nextComment] as Comment;
      const previous = words.at(-1);
      if (previous !== undefined && comment.span.line === line) previous.after = comment.text;
      else before.push({ text: comment.text, blankBefore: comment.span.line > line + 1 });
      line = comment.span.line;
    }
    const text = source.slice(span.offset, span.offset + span.length);
    words.push({ kind: 'word', sort, text, before, after: undefined, blankBefore: span.line > line + 1 });
    line = span.line;
  }
  return words;
}

/** A reading position in the words of a source without syntax errors. */
export class WordCursor {
  readonly #words: readonly Word[];
  #at = 0;

  constructor(words: readonly Word[]) {
    this.#words = words;
  }

  get current(): Word {
    return this.#wordAt(this.#at);
  }

  get previous(): Word {
    return this.#wordAt(this.#at - 1);
  }

  get next(): Word {
    return this.#wordAt(this.#at + 1);
  }

  /** Whether a keyword or symbol is the current word. A field may be named like a keyword; a text has its quotes. */
  is(...texts: readonly string[]): boolean {
    const { sort, text } = this.current;
    return (sort === 'keyword' || sort === 'symbol') && texts.includes(text);
  }

  take(): Word {
    const word = this.current;
    this.#at += 1;
    return word;
  }

  /**
   * Takes a word that stays on the line of what is before it: comments between the two move behind it. The first may stay
   * at the end of the line; others follow on lines of their own, before the next word.
   *
   *     a = 1 # one         →  a = 1, # one
   *     , b = 2             →  b = 2
   */
  takeBeforeComments({ fromPrevious }: { readonly fromPrevious: boolean }): Word {
    const { previous, current, next } = this;
    const moved = [...current.before.map(({ text }) => text), ...listed(current.after)];
    const [atEnd, ...others] = fromPrevious ? [previous.after, ...moved] : [undefined, ...moved];
    const staysAtEnd = atEnd === undefined && current.before.length === 0;
    if (fromPrevious) previous.after = undefined;
    current.after = staysAtEnd ? current.after : atEnd;
    current.before = [];
    next.before.unshift(...(staysAtEnd ? [] : others.map(ownLine)));
    return this.take();
  }

  /**
   * Takes an AND or OR, which begins its line when lines are broken: comments behind it move in front of it.
   *
   *     a > 1 AND # one     →  a > 1 # one
   *     b > 2               →    AND b > 2
   */
  takeAfterComments(): Word {
    const { previous, current, next } = this;
    if (previous.after === undefined && current.before.length === 0) previous.after = current.after;
    else current.before.push(...listed(current.after).map(ownLine));
    current.after = undefined;
    current.before.push(...next.before.splice(0));
    return this.take();
  }

  /** Takes an ELSE that an IF follows, so that the two stay together: comments between them move before the ELSE. */
  takeElseOfChain(): Word {
    const { current, next } = this;
    current.before.push(...listed(current.after).map(ownLine), ...next.before.splice(0));
    current.after = undefined;
    return this.take();
  }

  #wordAt(index: number): Word {
    return this.#words[Math.min(Math.max(index, 0), this.#words.length - 1)] as Word;
  }
}

function ownLine(text: string): Remark {
  return { text, blankBefore: false };
}

function listed(text: string | undefined): string[] {
  return text === undefined ? [] : [text];
}
