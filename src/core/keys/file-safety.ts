/**
 * What the system says of a file or directory in, undefined or why it is not to be read or believed out. A link counts as
 * what is behind it: it is there that somebody else may write.
 */
import type { Stats } from 'node:fs';
import { keyFileBytesMax } from './parse-key.js';

type FileFacts = Pick<Stats, 'mode' | 'uid'>;

/** Reading a pipe would wait for ever. */
export function oddFile(stats: Pick<Stats, 'size' | 'isFile'>): string | undefined {
  if (!stats.isFile()) return 'it is no plain file';
  return stats.size > keyFileBytesMax ? `it has ${stats.size} bytes, which no key has` : undefined;
}

/** Root may write everywhere anyway. */
export function ofSomebodyElse({ uid }: FileFacts): string | undefined {
  const own = process.getuid?.();
  if (own === undefined || uid === own || uid === 0) return undefined;
  return `it belongs to user ${uid}, who is neither this one (${own}) nor root`;
}

export function writableByOthers({ mode }: FileFacts): string | undefined {
  return (mode & 0o022) === 0 ? undefined : `others may write to it: its mode is ${octal(mode)}`;
}

export function octal(mode: number): string {
  return (mode & 0o777).toString(8);
}
