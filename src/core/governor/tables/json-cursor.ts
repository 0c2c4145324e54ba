/**
 * A reading position in a JSON text, one token at a time, so that a table of a million tasks is never a tree. Comments
 * and commas before a closing bracket are passed over, as in other JSON files of dreamnet.
 */
import { createScanner, type JSONScanner } from 'jsonc-parser';
import type { TablePlace } from './problems.js';

/** The text is no JSON from here on, or none that a table can be read from. */
export class JsonMistake extends Error {
  readonly place: TablePlace;
  readonly hint: string | undefined;

  constructor(place: TablePlace, message: string, hint?: string) {
    super(message);
    this.name = 'JsonMistake';
    this.place = place;
    this.hint = hint;
  }
}

export type TokenKind = '{' | '}' | '[' | ']' | ',' | ':' | 'text' | 'number' | 'word' | 'end';

export class JsonCursor {
  readonly #scanner: JSONScanner;
  kind: TokenKind = 'end';

  constructor(text: string) {
    this.#scanner = createScanner(text, true);
    this.next();
  }

  /** The current token: a text without its quotes, a number or word as written, and nothing for a mark. */
  get value(): string {
    return this.#scanner.getTokenValue();
  }

  get place(): TablePlace {
    return {
      line: this.#scanner.getTokenStartLine() + 1,
      column: this.#scanner.getTokenStartCharacter() + 1,
    };
  }

  next(): void {
    this.kind = kinds[this.#scanner.scan()] ?? 'word';
    if (this.#scanner.getTokenError() !== 0) throw this.#damaged();
  }

  accept(kind: TokenKind): boolean {
    if (this.kind !== kind) return false;
    this.next();
    return true;
  }

  expect(kind: TokenKind, what: string): void {
    if (!this.accept(kind)) throw this.unexpected(what);
  }

  unexpected(what: string): JsonMistake {
    const hint = this.kind === 'end' ? 'is the file complete?' : undefined;
    return new JsonMistake(this.place, `found ${this.describe()}; expected ${what}`, hint);
  }

  describe(): string {
    if (this.kind === 'end') return 'the end of the file';
    if (this.kind === 'text') return JSON.stringify(this.value.slice(0, 40));
    if (this.kind === '[') return 'a list';
    if (this.kind === '{') return 'an object';
    if (this.kind === 'number' || this.kind === 'word') return this.value.slice(0, 40);
    return this.kind;
  }

  /** Calls `item` at the first token of each element; the current token is the opening bracket. */
  list(item: () => void): void {
    this.expect('[', 'a list');
    while (!this.accept(']')) {
      item();
      if (this.kind !== ']') this.expect(',', ', or ]');
    }
  }

  /** Calls `member` with each key, at the first token of its value; the current token is the opening brace. */
  object(member: (key: string, place: TablePlace) => void): void {
    this.expect('{', 'an object');
    while (!this.accept('}')) {
      const { value: key, place } = this;
      this.expect('text', 'a name in quotes, or }');
      this.expect(':', `: after ${JSON.stringify(key.slice(0, 40))}`);
      member(key, place);
      if (this.kind !== '}') this.expect(',', ', or }');
    }
  }

  /** Passes over a value of any kind and depth; only its brackets must match. */
  skipValue(): void {
    const open: TokenKind[] = [];
    do {
      if (this.kind === 'end') throw this.unexpected('a value');
      if (this.kind === '[' || this.kind === '{') open.push(this.kind);
      else if (this.kind === ']' || this.kind === '}') {
        if (open.pop() !== (this.kind === ']' ? '[' : '{')) throw this.unexpected('a value');
      }
      this.next();
    } while (open.length > 0);
  }

  #damaged(): JsonMistake {
    const what = this.kind === 'text' ? 'a text that is closed on its line' : 'JSON';
    return new JsonMistake(
      this.place,
      `found ${this.describe()}, which is damaged; expected ${what}`,
      'is the file complete?',
    );
  }
}

/** By the numbers that the scanner gives to kinds of tokens (`SyntaxKind`); what is not here is no token of JSON. */
const kinds: readonly (TokenKind | undefined)[] = [
  undefined,
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  'word',
  'word',
  'word',
  'text',
  'number',
  ...Array.from({ length: 5 }, () => undefined),
  'end',
];
