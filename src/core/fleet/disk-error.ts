/** A failed file system call in, a DreamnetError out that says in words what is wrong with the disk and what to do. */
import { DreamnetError, messageOf } from '../errors.js';

const causes: Record<string, { readonly said: string; readonly hint: string }> = {
  EACCES: { said: 'permission denied', hint: 'Give this user the right to write there' },
  EPERM: { said: 'permission denied', hint: 'Give this user the right to write there' },
  EROFS: { said: 'the file system is read-only', hint: 'Remount it for writing' },
  ENOSPC: { said: 'the disk is full', hint: 'Free some space' },
  EDQUOT: { said: 'the disk quota is used up', hint: 'Free some space' },
  ENOTDIR: { said: 'a part of the path is a file', hint: 'Move that file away' },
  EEXIST: { said: 'a file with that name is in the way', hint: 'Move that file away' },
};

export function diskError(what: string, cause: unknown): DreamnetError {
  const known = causes[errnoOf(cause) ?? ''];
  return new DreamnetError({
    code: 'DN301',
    kind: 'failed',
    message: `${what}: ${known?.said ?? messageOf(cause)}`,
    hint: `${known?.hint ?? 'Repair that path'}, or set DREAMNET_HOME to another directory.`,
    cause,
  });
}

/** The code of a failed system call, such as `ENOENT`. */
export function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
