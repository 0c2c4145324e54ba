/**
 * Files in a directory that somebody hostile may control: a directory in, reads and writes out that stay in it and never
 * block. The directory is held open and everything in it is named through that descriptor, so that no link, and no
 * directory put in its place later, leads elsewhere. What is to be read is pinned without opening it (O_PATH) and looked
 * at first: opening a pipe waits, opening a device may do something.
 */
import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { type FileHandle, lstat, link as makeLink, mkdir, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DreamnetError, messageOf } from '../../errors.js';
import { errnoOf } from '../../fleet/disk-error.js';

export interface PlainFiles {
  /** What the directory is called in messages. */
  readonly path: string;
  /** The directory by the descriptor that is held, for watching it. */
  readonly held: string;
  /** Undefined when there is no such file. Throws DN571 on anything but a plain file of at most `bytesMax`. */
  read(name: string, bytesMax: number): Promise<Buffer | undefined>;
  /** The size and time of a plain file, without reading it. */
  look(name: string): Promise<PlainFileFacts | undefined>;
  /** Takes the place of whatever has the name, at once and as a whole. */
  write(
    name: string,
    bytes: Uint8Array | string,
    mode: number,
    options?: { /** It outlives a loss of power. */ readonly lasting?: boolean },
  ): Promise<void>;
  /** The same with a file that is there already; false where it cannot be linked, and is to be written instead. */
  link(from: string, name: string): Promise<boolean>;
  move(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface PlainFileFacts {
  readonly size: number;
  readonly mtimeMs: number;
  readonly uid: number;
}

export interface PlainFilesOptions {
  /** Part of the path that is ours: below it no link is followed. Absent: everything but the last part. */
  readonly base?: string;
  /** Makes the last directory where it is missing. */
  readonly create?: boolean;
  /** Nobody else can change this directory: it may be used where the system has no /proc. */
  readonly trusted?: boolean;
}

/** Linux only, and missing in Node's constants: a descriptor that says which file it is, without opening it. */
const O_PATH = 0x20_0000;
const hasProc = process.platform === 'linux' && existsSync('/proc/self/fd');
const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Throws DN570 where there is no such directory, or a link in its place. */
export async function openPlainFiles(path: string, options: PlainFilesOptions = {}): Promise<PlainFiles> {
  const shown = options.base === undefined ? path : join(options.base, path);
  if (!hasProc && options.trusted !== true)
    throw unusable(shown, 'this system has no /proc, so a directory of somebody else cannot be used safely');
  let handle: FileHandle;
  try {
    handle = await openDirectory(path, options);
  } catch (thrown) {
    throw unusable(shown, wordsOf(thrown), thrown);
  }
  const held = hasProc ? `/proc/self/fd/${handle.fd}` : shown;
  const at = (name: string) => join(held, name);
  const temporary = () => `.dreamnet-${randomBytes(8).toString('hex')}`;

  /** A rename between two names of one file does nothing, so the temporary name is always removed. */
  const place = async (from: string, name: string) => {
    try {
      await rename(at(from), at(name));
    } catch (thrown) {
      throw notWritten(join(shown, name), thrown);
    } finally {
      await unlink(at(from)).catch(() => undefined);
    }
  };

  return {
    path: shown,
    held,
    close: () => handle.close(),
    async read(name, bytesMax) {
      const pinned = await pin(at(name), join(shown, name), bytesMax);
      if (pinned === undefined) return undefined;
      try {
        return await readPinned(pinned, { name: join(shown, name), bytesMax });
      } finally {
        await pinned.handle?.close();
      }
    },
    async look(name) {
      const pinned = await pin(at(name), join(shown, name), Number.POSITIVE_INFINITY);
      await pinned?.handle?.close();
      return pinned;
    },
    async write(name, bytes, mode, { lasting = false } = {}) {
      const aside = temporary();
      try {
        const file = await open(at(aside), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
        try {
          await file.writeFile(bytes);
          await file.chmod(mode);
          if (lasting) await file.sync();
        } finally {
          await file.close();
        }
      } catch (thrown) {
        await unlink(at(aside)).catch(() => undefined);
        throw notWritten(join(shown, name), thrown);
      }
      await place(aside, name);
      if (lasting) await handle.sync();
    },
    async link(from, name) {
      const aside = temporary();
      try {
        await makeLink(from, at(aside));
      } catch {
        return false;
      }
      await place(aside, name);
      return true;
    },
    move: place,
    async remove(name) {
      await unlink(at(name)).catch((thrown) => {
        if (errnoOf(thrown) !== 'ENOENT') throw notWritten(join(shown, name), thrown);
      });
    },
  };
}

async function openDirectory(path: string, { base, create = false }: PlainFilesOptions): Promise<FileHandle> {
  const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  if (base === undefined || !hasProc) {
    const whole = base === undefined ? path : join(base, path);
    if (create) await makeDirectory(whole);
    return open(whole, flags);
  }
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new Error('its path leads upwards');
  let handle = await open(base, O_RDONLY | O_DIRECTORY);
  for (const [at, part] of parts.entries()) {
    const parent = handle;
    try {
      const next = `/proc/self/fd/${parent.fd}/${part}`;
      if (create && at === parts.length - 1) await makeDirectory(next);
      handle = await open(next, flags);
    } finally {
      await parent.close();
    }
  }
  return handle;
}

async function makeDirectory(path: string): Promise<void> {
  await mkdir(path, 0o755).catch((thrown) => {
    if (errnoOf(thrown) !== 'EEXIST') throw thrown;
  });
}

interface Pinned extends PlainFileFacts {
  /** Absent on systems without /proc. */
  readonly handle: FileHandle | undefined;
  readonly openAs: string;
}

async function pin(openAs: string, name: string, bytesMax: number): Promise<Pinned | undefined> {
  let handle: FileHandle | undefined;
  try {
    if (hasProc) handle = await open(openAs, O_PATH | O_NOFOLLOW);
    const stats = await (handle?.stat() ?? lstat(openAs));
    if (!stats.isFile()) throw oddFile(name, `it is ${kindOf(stats)}`);
    if (stats.size > bytesMax) throw tooLarge(name, bytesMax);
    const { size, mtimeMs, uid } = stats;
    const reopenAs = handle === undefined ? openAs : `/proc/self/fd/${handle.fd}`;
    return { handle, openAs: reopenAs, size, mtimeMs, uid };
  } catch (thrown) {
    await handle?.close();
    if (errnoOf(thrown) === 'ENOENT') return undefined;
    throw thrown instanceof DreamnetError ? thrown : oddFile(name, wordsOf(thrown), thrown);
  }
}

/** The file may grow while it is read. */
async function readPinned(
  { openAs, size }: Pinned,
  { name, bytesMax }: { readonly name: string; readonly bytesMax: number },
): Promise<Buffer> {
  const flags = O_RDONLY | O_NONBLOCK | (hasProc ? 0 : O_NOFOLLOW);
  const file = await open(openAs, flags).catch((thrown) => {
    throw oddFile(name, wordsOf(thrown), thrown);
  });
  try {
    const parts: Buffer[] = [];
    for (let total = 0; ; ) {
      const room = Buffer.allocUnsafe(Math.min(bytesMax, Math.max(size, 512)) + 1);
      const { bytesRead } = await file.read(room, 0, room.length, null);
      if (bytesRead === 0) return Buffer.concat(parts);
      total += bytesRead;
      if (total > bytesMax) throw tooLarge(name, bytesMax);
      parts.push(room.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

function kindOf(stats: Awaited<ReturnType<typeof lstat>>): string {
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

function tooLarge(name: string, bytesMax: number): DreamnetError {
  return oddFile(name, `it has more than ${bytesMax} bytes`);
}

function unusable(path: string, why: string, cause?: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN570',
    kind: 'failed',
    message: `The directory ${path} of an agent cannot be used: ${why}.`,
    hint: 'It must be a directory of its own, and no link to one.',
    cause,
  });
}

function oddFile(name: string, why: string, cause?: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN571',
    kind: 'failed',
    message: `${name} is not read: ${why}.`,
    hint: 'Remove it; what belongs there is a plain file.',
    cause,
  });
}

function notWritten(name: string, cause: unknown): DreamnetError {
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

function wordsOf(thrown: unknown): string {
  return errnoWords[errnoOf(thrown) ?? ''] ?? messageOf(thrown);
}
