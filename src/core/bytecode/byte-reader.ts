/**
 * Bytes of the WebAssembly binary format in, numbers and texts out. What does not fit is thrown as `Malformed`, which the
 * entry points of this folder turn into a value; it never leaves the folder.
 */

import type { VerifyCode } from './verify-codes.js';

export class Malformed extends Error {
  readonly code: VerifyCode;

  constructor(code: VerifyCode, reason: string) {
    super(reason);
    this.code = code;
    this.name = 'Malformed';
  }
}

/** Runs `read`; a `Malformed` becomes a value. Anything else is a bug and goes on. */
export function malformedAsValue<Result>(
  read: () => Result,
): Result | { ok: false; code: VerifyCode; reason: string } {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof Malformed) return { ok: false, code: thrown.code, reason: thrown.message };
    throw thrown;
  }
}

export const canonicalNaN = 0x7ff8000000000000n;

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get position(): number {
    return this.#at;
  }

  get atEnd(): boolean {
    return this.#at >= this.#end;
  }

  byte(): number {
    const value = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
    if (value === undefined)
      throw new Malformed('DN101', `the bytes end at ${this.#at}, in the middle of something`);
    this.#at += 1;
    return value;
  }

  raw(count: number): Uint8Array {
    if (count > this.#end - this.#at) {
      throw new Malformed(
        'DN101',
        `${count} bytes are announced at ${this.#at}, and ${this.#end - this.#at} are left`,
      );
    }
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  remaining(): Uint8Array {
    return this.raw(this.#end - this.#at);
  }

  /** Unsigned LEB128 of 32 bits, in its shortest form only. */
  unsigned(): number {
    let [value, place] = [0, 1];
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * place;
      place *= 128;
      if (byte < 0x80) return this.#shortest(value, byte, shift, value <= 0xffff_ffff);
    }
    throw this.#badNumber();
  }

  /** Signed LEB128 of 32 bits, in its shortest form only. */
  signed(): number {
    const start = this.#at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      const result = shift < 28 && (byte & 0x40) !== 0 ? value | (-1 << (shift + 7)) : value;
      // A fifth byte has room for four bits, and the others must repeat the sign.
      const isTooLarge = shift === 28 && byte > 0x07 && byte < 0x78;
      if (isTooLarge || this.#at - start !== signedLength(result)) throw this.#badNumber();
      return result;
    }
    throw this.#badNumber();
  }

  /** NaN in its one canonical form only: its other bits would be room for what nobody sees. */
  f64(): number {
    const bytes = this.raw(8);
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
    const value = view.getFloat64(0, true);
    if (Number.isNaN(value) && view.getBigUint64(0, true) !== canonicalNaN) {
      throw new Malformed(
        'DN101',
        `the number before ${this.#at} is NaN in another form than the canonical one`,
      );
    }
    return value;
  }

  sized(): Uint8Array {
    return this.raw(this.unsigned());
  }

  text(): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.sized());
    } catch (thrown) {
      if (thrown instanceof Malformed) throw thrown;
      throw new Malformed('DN101', `the text before ${this.#at} is not UTF-8`);
    }
  }

  #shortest(value: number, last: number, shift: number, inRange: boolean): number {
    if (!inRange || (last === 0 && shift > 0)) throw this.#badNumber();
    return value;
  }

  #badNumber(): Malformed {
    return new Malformed('DN101', `the number before ${this.#at} is not in its shortest 32-bit form`);
  }
}

function signedLength(value: number): number {
  let length = 1;
  for (let rest = value; rest < -64 || rest > 63; rest >>= 7) length += 1;
  return length;
}
