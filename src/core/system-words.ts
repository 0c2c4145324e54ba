/** What the system says when a file cannot be used, in; the same in words that stand behind "because", out. */
import { messageOf } from './errors.js';

/** What is not worded here stays as the system says it. */
export function systemWords(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return words[code] ?? messageOf(thrown);
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EACCES: 'this user may not',
  EPERM: 'the system does not allow it',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is no directory',
  EROFS: 'its file system is read-only',
  ENOSPC: 'there is no space left on the device',
  EDQUOT: 'the quota of this user is used up',
  EFBIG: 'it would be larger than a file may be',
  EIO: 'the device reports an error',
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  ENXIO: 'nobody is at its other end',
  EMFILE: 'this process has too many files open',
};
