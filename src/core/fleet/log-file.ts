/** A path in, an open log of mode 0600 out that starts empty and keeps one predecessor; or the last lines of a log. */
import {
  closeSync,
  copyFileSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { diskError, errnoOf } from './disk-error.js';

export interface LogFile {
  readonly fd: number;
  close(): void;
}

/** Writers append, so that the file can be trimmed under a running process. */
export function startLog(path: string): LogFile {
  try {
    renameIfThere(path, previousLog(path));
    const fd = openSync(path, 'a', 0o600);
    return { fd, close: () => closeSync(fd) };
  } catch (cause) {
    throw diskError(`Log ${path} cannot be opened`, cause);
  }
}

/** The last lines of a log, for an error message; empty when there is none. */
export function logTail(path: string, lines = 8): string {
  const text = readEnd(path, 8_192);
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

/** Keeps a log that grew beyond `bytesMax` as the predecessor; those who write to it go on with an empty one. */
export function trimLog(path: string, bytesMax: number): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) <= bytesMax) return;
  try {
    copyFileSync(path, previousLog(path));
  } finally {
    // On a full disk the log is worth less than the space.
    truncateSync(path);
  }
}

function previousLog(path: string): string {
  return `${path}.1`;
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT') throw cause;
  }
}

function readEnd(path: string, bytesMax: number): string {
  try {
    const fd = openSync(path, 'r');
    try {
      const { size } = fstatSync(fd);
      const buffer = Buffer.alloc(Math.min(size, bytesMax));
      const read = readSync(fd, buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString('utf8', 0, read);
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}
