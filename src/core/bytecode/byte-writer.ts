/** Numbers and texts in, bytes of the WebAssembly binary format out. */
import { canonicalNaN } from './byte-reader.js';

export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  byte(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** Unsigned LEB128 of up to 32 bits. */
  unsigned(value: number): this {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.byte(rest);
  }

  /** Signed LEB128 of up to 32 bits. */
  signed(value: number): this {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    return this.byte(rest & 0x7f);
  }

  /** Little-endian; every NaN is written as the same one. */
  f64(value: number): this {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    if (Number.isNaN(value)) view.setBigUint64(0, canonicalNaN, true);
    else view.setFloat64(0, value, true);
    return this.raw(bytes);
  }

  /** Length, then UTF-8. */
  text(value: string): this {
    return this.sized(Buffer.from(value, 'utf8'));
  }

  /** Length, then the bytes. */
  sized(bytes: Uint8Array): this {
    return this.unsigned(bytes.length).raw(bytes);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
