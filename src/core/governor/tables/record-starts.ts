/** Where each record of a text begins, in bytes, in; the line that a record begins on, counted when it is asked for, out. */

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Lines are counted from where the last answer was found, so asking in order reads the text once. */
export class RecordStarts {
  readonly #bytes: Uint8Array;
  #starts = new Uint32Array(1_024);
  #count = 0;
  #known = { offset: 0, line: 1 };

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  add(offset: number): void {
    if (this.#count === this.#starts.length) {
      const larger = new Uint32Array(this.#count * 2);
      larger.set(this.#starts);
      this.#starts = larger;
    }
    this.#starts[this.#count++] = offset;
  }

  /** From 1, of a record from 0. Empty lines before the record are passed over. */
  lineOf(record: number): number {
    const start = this.#starts[record] ?? 0;
    if (start < this.#known.offset) this.#known = { offset: 0, line: 1 };
    let { offset, line } = this.#known;
    for (; offset < start || this.#endsLine(offset); offset++) if (this.#isLineEnd(offset)) line += 1;
    this.#known = { offset, line };
    return line;
  }

  #endsLine(offset: number): boolean {
    const byte = this.#bytes[offset];
    return byte === lineFeed || byte === carriageReturn;
  }

  /** CRLF, LF and CR; of CRLF it is the second byte. */
  #isLineEnd(offset: number): boolean {
    const byte = this.#bytes[offset];
    return byte === lineFeed || (byte === carriageReturn && this.#bytes[offset + 1] !== lineFeed);
  }
}
