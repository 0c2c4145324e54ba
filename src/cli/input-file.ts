/** A path as typed in, or `-` for standard input; its bytes out, or an error that names it. */
import { readFileSync } from 'node:fs';
import { DreamnetError, messageOf } from '../core/errors.js';

/** Source and program files are small; what is larger is another file. */
const bytesMax = 16_777_216;

export interface InputFile {
  /** As shown in messages. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function readInput(path: string): InputFile {
  const name = path === '-' ? 'standard input' : path;
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path === '-' ? 0 : path);
  } catch (cause) {
    throw new DreamnetError({
      code: 'DN930',
      kind: 'bad-input',
      message: `${name} cannot be read: ${messageOf(cause)}.`,
      hint: 'Give a file, or - for standard input.',
      cause,
    });
  }
  if (bytes.length <= bytesMax) return { name, bytes };
  throw new DreamnetError({
    code: 'DN931',
    kind: 'bad-input',
    message: `${name} has ${bytes.length} bytes; a program has at most ${bytesMax}.`,
    hint: 'Is this the right file?',
  });
}
