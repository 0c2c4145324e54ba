/** The bytes of a file that should be a source in, its text out; what is no text and too large is told by its true size. */
import { isUtf8 } from 'node:buffer';
import { DreamnetError } from '../core/errors.js';
import { languageLimits } from '../core/language/limits.js';
import type { InputFile } from './input-file.js';

/** Decoding what is no text makes it longer: the compiler would tell a size that no file has. */
export function sourceText({ name, bytes }: InputFile): string {
  const text = Buffer.from(bytes).toString('utf8');
  const { sourceBytesMax } = languageLimits;
  if (Buffer.byteLength(text) <= sourceBytesMax || isUtf8(bytes)) return text;
  throw new DreamnetError({
    code: 'DN943',
    kind: 'bad-input',
    message: `${name} is not UTF-8: its ${bytes.length} bytes are no text, and a program is a text of at most ${sourceBytesMax}.`,
    hint: 'Is this the right file?',
  });
}
