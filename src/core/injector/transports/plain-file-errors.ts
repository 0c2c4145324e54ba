/** What can be wrong with a directory of somebody else and the files in it, as DN570 to DN572, and in words. */
import type { Stats } from 'node:fs';
import { DreamnetError, messageOf } from '../../errors.js';
import { errnoOf } from '../../fleet/disk-error.js';

export function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

export function tooLarge(name: string, bytesMax: number): DreamnetError {
  return oddFile(name, `it has more than ${bytesMax} bytes`);
}

export function unusable(path: string, why: string, cause?: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN570',
    kind: 'failed',
    message: `The directory ${path} of an agent cannot be used: ${why}.`,
    hint: 'It must be a directory of its own, and no link to one.',
    cause,
  });
}

export function oddFile(name: string, why: string, cause?: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN571',
    kind: 'failed',
    message: `${name} is not read: ${why}.`,
    hint: 'Remove it; what belongs there is a plain file.',
    cause,
  });
}

export function notWritten(name: string, cause: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN572',
    kind: 'failed',
    message: `${name} cannot be written: ${wordsOf(cause)}.`,
    hint: 'It is as it was. Its directory must be writable for this user, and have room.',
    cause,
  });
}

const errnoWords: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOENT: 'it is not there',
  ENOTDIR: 'it is no directory, or a link to one',
  ELOOP: 'it is a symbolic link',
  EISDIR: 'a directory has that name',
  ENOTEMPTY: 'a directory has that name',
  EBUSY: 'it is mounted by itself; mount its directory instead',
};

export function wordsOf(thrown: unknown): string {
  return errnoWords[errnoOf(thrown) ?? ''] ?? messageOf(thrown);
}
