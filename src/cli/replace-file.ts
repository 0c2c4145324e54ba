/** A file that was read and its new text in; the file replaced as a whole, with its mode and owner, or an error and the old file. */
import { randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DreamnetError } from '../core/errors.js';
import { systemWords } from '../core/system-words.js';

export interface Replacement {
  readonly path: string;
  /** What was read and the new text was made from. */
  readonly before: Uint8Array;
  readonly after: string;
}

/** Written aside and renamed, behind symbolic links. Throws DN937 when the file is another by now, DN938 when it cannot be written. */
export function replaceFile({ path, before, after }: Replacement): void {
  let aside: string | undefined;
  try {
    const target = realpathSync(path);
    accessSync(target, constants.W_OK);
    aside = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
    writeAside(aside, after, statSync(target));
    if (!readFileSync(target).equals(before)) throw changedMeanwhile(path);
    renameSync(aside, target);
  } catch (cause) {
    if (aside !== undefined) removeIfThere(aside);
    if (cause instanceof DreamnetError) throw cause;
    throw new DreamnetError({
      code: 'DN938',
      kind: 'failed',
      message: `${path} cannot be written: ${systemWords(cause)}.`,
      hint: 'It is as it was. Make the file and its directory writable.',
      cause,
    });
  }
}

function writeAside(aside: string, text: string, { mode, uid, gid }: Stats): void {
  const file = openSync(aside, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    const own = fstatSync(file);
    if (own.uid !== uid || own.gid !== gid) fchownSync(file, uid, gid);
    fchmodSync(file, mode & 0o7777);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** What cannot be removed must not hide why the file could not be written. */
function removeIfThere(aside: string): void {
  try {
    rmSync(aside, { force: true });
  } catch {
    // It was never made, or its directory has gone.
  }
}

function changedMeanwhile(path: string): DreamnetError {
  return new DreamnetError({
    code: 'DN937',
    kind: 'failed',
    message: `${path} was changed by somebody else meanwhile, and was left as it is now.`,
    hint: 'Run the command again.',
  });
}
