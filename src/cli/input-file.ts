/** A path as typed in, or `-` for standard input; its bytes out, or an error that names it. */
import { closeSync, openSync, readSync } from 'node:fs';
import { bytecodeLimits } from '../core/bytecode/limits.js';
import { DreamnetError } from '../core/errors.js';
import { systemWords } from '../core/system-words.js';

/** What is a little too large is told with its size by whoever reads it; what is far too large is not even read. */
const programBounds: InputBounds = {
  what: 'a program',
  bytesMax: bytecodeLimits.fileBytesMax,
  readBytesMax: 16_777_216,
};

export interface InputBounds {
  /** What the file should be, in words. */
  readonly what: string;
  readonly bytesMax: number;
  /** So many are read all the same; `bytesMax` when absent. */
  readonly readBytesMax?: number;
}

export interface InputFile {
  /** As shown in messages. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function readInput(path: string, bounds: InputBounds = programBounds): InputFile {
  const { what, bytesMax, readBytesMax = bytesMax } = bounds;
  const name = path === '-' ? 'standard input' : path;
  if (path === '-') refuseSecondReading();
  let bytes: Uint8Array;
  try {
    bytes = readUpTo(readBytesMax + 1, path);
  } catch (cause) {
    throw new DreamnetError({
      code: 'DN930',
      kind: 'bad-input',
      message: `${name} cannot be read: ${systemWords(cause)}.`,
      hint: 'Give a file, or - for standard input.',
      cause,
    });
  }
  if (bytes.length <= readBytesMax) return { name, bytes };
  throw new DreamnetError({
    code: 'DN931',
    kind: 'bad-input',
    message: `${name} has more than the ${bytesMax} bytes that ${what} has at most.`,
    hint: 'Is this the right file?',
  });
}

/** Devices and pipes may have no end, so no more is read than matters. */
function readUpTo(bytesMax: number, path: string): Uint8Array {
  const file = path === '-' ? 0 : openSync(path, 'r');
  const chunks: Uint8Array[] = [];
  try {
    for (let left = bytesMax; left > 0; ) {
      const chunk = Buffer.allocUnsafe(Math.min(left, chunkBytes));
      const count = fill(chunk, file);
      chunks.push(chunk.subarray(0, count));
      left -= count;
      if (count < chunk.length) break;
    }
  } finally {
    if (file !== 0) closeSync(file);
  }
  return Buffer.concat(chunks);
}

/** A pipe gives a little at a time; fewer bytes than fit mean the end. */
function fill(chunk: Buffer, file: number): number {
  let filled = 0;
  while (filled < chunk.length) {
    const count = readWhenReady(file, chunk, filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

/** Standard input may be set not to block, by the program at its other end: then there is nothing yet, and more to come. */
function readWhenReady(file: number, chunk: Buffer, from: number): number {
  for (;;) {
    try {
      return readSync(file, chunk, from, chunk.length - from, null);
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EAGAIN')) throw thrown;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryAfterMs);
    }
  }
}

const retryAfterMs = 5;
const chunkBytes = 262_144;

/** Asked before the first of them is read, where one command takes several. Throws DN939. */
export function requireOneStandardInput(paths: readonly (string | undefined)[]): void {
  if (paths.filter((path) => path === '-').length > 1) throw readTwice();
}

let standardInputIsTaken = false;

/** The second of two inputs from there would be empty, which hides what is wrong. */
function refuseSecondReading(): void {
  if (standardInputIsTaken) throw readTwice();
  standardInputIsTaken = true;
}

function readTwice(): DreamnetError {
  return new DreamnetError({
    code: 'DN939',
    kind: 'bad-input',
    message: 'Standard input can be read once, and two inputs are to come from it.',
    hint: 'Give - for one of them, and a file for the other.',
  });
}
