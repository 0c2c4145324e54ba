/** The text of a capability file and a path in; the file written out, unless another one is there that must not be lost. */
import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { DreamnetError } from '../core/errors.js';
import { replaceFile } from './replace-file.js';
import { systemWords } from './system-words.js';

export type FileOutcome = 'written' | 'same' | 'replaced';

/** Throws DN673 for a file with another text, unless `force` is set, and DN674 for what cannot be written. */
export function writeCapabilityFile(
  path: string,
  text: string,
  { force }: { readonly force: boolean },
): FileOutcome {
  const before = contentOf(path);
  if (before === undefined) {
    writeNew(path, text);
    return 'written';
  }
  if (before.equals(Buffer.from(text))) return 'same';
  if (!force) throw isThere(path);
  replaceFile({ path, before, after: text });
  return 'replaced';
}

/** Before a fleet is asked for it. Throws DN674 for standard output that is for the document. */
export function requireOutputFor(path: string | undefined, { json }: { readonly json: boolean }): void {
  if (path !== '-' || !json) return;
  throw new DreamnetError({
    code: 'DN674',
    kind: 'bad-input',
    message: 'The capability file cannot be written to standard output: --json prints its document there.',
    hint: 'Leave out one of --output - and --json; the document has the file as `common`.',
  });
}

function contentOf(path: string): Buffer | undefined {
  try {
    if (statSync(path).isFile()) return readFileSync(path);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cannotWrite(path, systemWords(cause), cause);
  }
  throw cannotWrite(path, 'it is no file');
}

/** Aside and renamed, so that nobody finds half of it. */
function writeNew(path: string, text: string): void {
  const aside = `${path}.${randomUUID()}.tmp`;
  try {
    writeFileSync(aside, text, { flag: 'wx', mode: 0o644 });
    renameSync(aside, path);
  } catch (cause) {
    rmSync(aside, { force: true });
    throw cannotWrite(path, systemWords(cause), cause);
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}

function isThere(path: string): DreamnetError {
  return new DreamnetError({
    code: 'DN673',
    kind: 'bad-input',
    message: `${path} is there already, and says something else than the agents do.`,
    hint: 'Choose another place with --output, or replace it with --force.',
  });
}

function cannotWrite(path: string, why: string, cause?: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN674',
    kind: 'failed',
    message: `The capability file cannot be written to ${path}: ${why}.`,
    hint: 'Choose another place with --output.',
    cause,
  });
}
