/** A file's name and bytes in, whether it is a compiled program out, and the error for where a source is needed. */
import { DreamnetError } from '../core/errors.js';

/** What looks like a program file, whole or cut short, rather than like text. */
export function isProgramFile(file: string, bytes: Uint8Array): boolean {
  return file.endsWith('.bc') || Buffer.from(bytes.subarray(0, 4)).equals(Buffer.from('\0asm'));
}

/** Throws DN942. */
export function requireSource(
  { path, name, bytes }: { readonly path: string; readonly name: string; readonly bytes: Uint8Array },
  hint: string,
): void {
  if (!isProgramFile(path, bytes)) return;
  throw new DreamnetError({
    code: 'DN942',
    kind: 'bad-input',
    message: `${name} is a compiled program.`,
    hint,
  });
}
