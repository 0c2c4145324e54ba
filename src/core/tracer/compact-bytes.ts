/**
 * Numbers and texts -> few bytes, and back. Whole numbers are LEB128, as in WebAssembly, up to 2^53. Measurements are two bytes
 * on a logarithmic scale, to one part in 1,900. Reading throws a RangeError where the bytes end or are no number of ours.
 */

const stepsPerOctave = 655;
/** The scale begins at 2^-40 and ends before 2^60; its first step is 0. */
const lowestOctave = -40;
const stepsMax = 0xffff;

/** Whether the scale has it: not negative, and neither too small nor too large. */
export function isOnScale(value: number): boolean {
  return value === 0 || (value >= 2 ** lowestOctave && value < 2 ** 60);
}

/** A whole number that `CompactWriter.count` takes. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Holds 16 KiB of numbers; texts may be of any size. */
export class CompactWriter {
  #bytes = Buffer.allocUnsafeSlow(16_384);
  #length = 0;

  byte(value: number): void {
    this.#bytes[this.#length++] = value;
  }

  u16(value: number): void {
    this.#bytes[this.#length++] = value & 0xff;
    this.#bytes[this.#length++] = value >>> 8;
  }

  count(value: number): void {
    let left = value;
    while (left >= 0x80) {
      this.#bytes[this.#length++] = (left % 0x80) + 0x80;
      left = Math.floor(left / 0x80);
    }
    this.#bytes[this.#length++] = left;
  }

  /** Zigzag: small either way. */
  signed(value: number): void {
    this.count(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Rounded to the nearest step. */
  measurement(value: number): void {
    const step = value === 0 ? 0 : 1 + Math.round((Math.log2(value) - lowestOctave) * stepsPerOctave);
    this.u16(Math.min(step, stepsMax));
  }

  f64(value: number): void {
    this.#length = this.#bytes.writeDoubleBE(value, this.#length);
  }

  raw(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A copy, of its own size; the writer begins anew. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.#length);
    this.#bytes.copy(taken, 0, 0, this.#length);
    this.#length = 0;
    return taken;
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * (this.#length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

export class CompactReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw new RangeError('the bytes end too early');
    return value;
  }

  u16(): number {
    return this.byte() + (this.byte() << 8);
  }

  count(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte % 0x80) * scale;
      if (!Number.isSafeInteger(value)) throw new RangeError('a count is larger than 2^53');
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  signed(): number {
    const value = this.count();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  measurement(): number {
    const step = this.u16();
    return step === 0 ? 0 : 2 ** (lowestOctave + (step - 1) / stepsPerOctave);
  }

  f64(): number {
    return this.raw(8).readDoubleBE(0);
  }

  raw(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('the bytes end too early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  rest(): Buffer {
    return this.raw(this.#bytes.length - this.#at);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new RangeError('there are bytes left');
  }
}
