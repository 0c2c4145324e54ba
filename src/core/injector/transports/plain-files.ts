/**
 * Files in a directory that somebody hostile may control: a directory in, reads and writes out that stay in it and never
 * block. The directory is held open and everything in it is named through that descriptor, so that no link, and no
 * directory put in its place later, leads elsewhere. What is to be read is pinned without opening it (O_PATH) and looked
 * at first: opening a pipe waits, opening a device may do something.
 */
import { randomBytes } from 'node:crypto';
import { close, constants, existsSync, fsync, open, type Stats } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DreamnetError } from '../../errors.js';
import { errnoOf } from '../../fleet/disk-error.js';
import { type FileCalls, fileCallsFor } from './file-calls.js';
import { kindOf, notWritten, oddFile, tooLarge, unusable, wordsOf } from './plain-file-errors.js';

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
  /** Quicker, for what nobody reads before it is moved and checked: it may be seen half written. */
  writeAside(name: string, bytes: Uint8Array, mode: number): Promise<void>;
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

const [openFile, shut, flush] = [promisify(open), promisify(close), promisify(fsync)];

/** Linux only, and missing in Node's constants: a descriptor that says which file it is, without opening it. */
const O_PATH = 0x20_0000;
const hasProc = process.platform === 'linux' && existsSync('/proc/self/fd');
const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Throws DN570 where there is no such directory, or a link in its place. */
export async function openPlainFiles(path: string, options: PlainFilesOptions = {}): Promise<PlainFiles> {
  const shown = options.base === undefined ? path : join(options.base, path);
  if (!hasProc && options.trusted !== true)
    throw unusable(shown, 'this system has no /proc, so a directory of somebody else cannot be used safely');
  let directory: number | undefined;
  let calls: FileCalls;
  try {
    directory = await openDirectory(path, options);
    calls = fileCallsFor(hasProc ? `/proc/self/fd/${directory}` : shown);
  } catch (thrown) {
    if (directory !== undefined) await shut(directory);
    throw unusable(shown, wordsOf(thrown), thrown);
  }
  const held = hasProc ? `/proc/self/fd/${directory}` : shown;
  const at = (name: string) => join(held, name);
  const unguessable = randomBytes(8).toString('hex');
  let names = 0;
  const temporary = () => `.dreamnet-${unguessable}-${names++}`;

  const rename = async (from: string, name: string) => {
    try {
      await calls.rename(at(from), at(name));
    } catch (thrown) {
      await unlinkIfThere(calls, at(from)).catch(() => undefined);
      throw notWritten(join(shown, name), thrown);
    }
  };
  /** For a file that may have other names: a rename between two names of one file does nothing. */
  const place = async (from: string, name: string) => {
    await rename(from, name);
    await unlinkIfThere(calls, at(from)).catch(() => undefined);
  };

  return {
    path: shown,
    held,
    close: async () => calls.close(directory),
    async read(name, bytesMax) {
      const pinned = await pin(calls, at(name), { name: join(shown, name), bytesMax });
      if (pinned === undefined) return undefined;
      try {
        return await readPinned(calls, pinned, { name: join(shown, name), bytesMax });
      } finally {
        await pinned.release();
      }
    },
    async look(name) {
      try {
        const stats = await calls.statLink(at(name));
        return stats === undefined ? undefined : plainFacts(stats, join(shown, name));
      } catch (thrown) {
        return undefinedIfMissing(thrown, join(shown, name));
      }
    },
    async write(name, bytes, mode, { lasting = false } = {}) {
      const aside = temporary();
      try {
        await writeNew(calls, at(aside), { bytes, mode, lasting });
      } catch (thrown) {
        await unlinkIfThere(calls, at(aside)).catch(() => undefined);
        throw notWritten(join(shown, name), thrown);
      }
      await rename(aside, name);
      if (lasting) await flush(directory);
    },
    async writeAside(name, bytes, mode) {
      try {
        await unlinkIfThere(calls, at(name));
        await writeNew(calls, at(name), { bytes, mode, lasting: false });
      } catch (thrown) {
        throw notWritten(join(shown, name), thrown);
      }
    },
    async link(from, name) {
      const aside = temporary();
      try {
        await calls.link(from, at(aside));
      } catch {
        return false;
      }
      await place(aside, name);
      return true;
    },
    move: place,
    async remove(name) {
      try {
        await unlinkIfThere(calls, at(name));
      } catch (thrown) {
        throw notWritten(join(shown, name), thrown);
      }
    },
  };
}

/** Looked for first: mostly it is not there, which is known at once. */
async function unlinkIfThere(calls: FileCalls, path: string): Promise<void> {
  if ((await calls.statLink(path)) === undefined) return;
  try {
    await calls.unlink(path);
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOENT') throw thrown;
  }
}

/** The mode that was asked for, whatever this process takes away from those of new files. */
async function writeNew(
  calls: FileCalls,
  path: string,
  { bytes, mode, lasting }: { bytes: Uint8Array | string; mode: number; lasting: boolean },
): Promise<void> {
  const file = await calls.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await calls.write(file, bytes);
    await calls.setMode(file, mode);
    if (lasting) await flush(file);
  } finally {
    await calls.close(file);
  }
}

async function openDirectory(path: string, { base, create = false }: PlainFilesOptions): Promise<number> {
  if (base === undefined || !hasProc) return openOrMake(base === undefined ? path : join(base, path), create);
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new Error('its path leads upwards');
  const last = parts.pop();
  if (last === undefined) return openFile(base, O_RDONLY | O_DIRECTORY);
  let above: number | undefined;
  const below = (part: string) => `${above === undefined ? base : `/proc/self/fd/${above}`}/${part}`;
  try {
    for (const part of parts) {
      const next = await openOrMake(below(part), false);
      if (above !== undefined) await shut(above);
      above = next;
    }
    return await openOrMake(below(last), create);
  } finally {
    if (above !== undefined) await shut(above);
  }
}

/** Looked for first, because it is there nearly always. */
async function openOrMake(path: string, create: boolean): Promise<number> {
  const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  try {
    return await openFile(path, flags);
  } catch (thrown) {
    if (!create || errnoOf(thrown) !== 'ENOENT') throw thrown;
  }
  await mkdir(path, 0o755).catch((thrown) => {
    if (errnoOf(thrown) !== 'EEXIST') throw thrown;
  });
  return openFile(path, flags);
}

interface Pinned extends PlainFileFacts {
  readonly openAs: string;
  release(): void | Promise<void>;
}

interface Reading {
  /** In messages. */
  readonly name: string;
  readonly bytesMax: number;
}

async function pin(calls: FileCalls, path: string, { name, bytesMax }: Reading): Promise<Pinned | undefined> {
  let pinned: number | undefined;
  const release = () => (pinned === undefined ? undefined : calls.close(pinned));
  try {
    // Systems without /proc have no such descriptors either.
    if (hasProc) pinned = await calls.open(path, O_PATH | O_NOFOLLOW);
    const stats = await (pinned === undefined ? calls.statLink(path) : calls.stat(pinned));
    if (stats === undefined) return undefined;
    const facts = plainFacts(stats, name);
    if (facts.size > bytesMax) throw tooLarge(name, bytesMax);
    return { ...facts, openAs: pinned === undefined ? path : `/proc/self/fd/${pinned}`, release };
  } catch (thrown) {
    await release();
    return undefinedIfMissing(thrown, name);
  }
}

function plainFacts(stats: Stats, name: string): PlainFileFacts {
  if (!stats.isFile()) throw oddFile(name, `it is ${kindOf(stats)}`);
  const { size, mtimeMs, uid } = stats;
  return { size, mtimeMs, uid };
}

function undefinedIfMissing(thrown: unknown, name: string): undefined {
  if (errnoOf(thrown) === 'ENOENT') return undefined;
  throw thrown instanceof DreamnetError ? thrown : oddFile(name, wordsOf(thrown), thrown);
}

/** The file may grow while it is read. */
async function readPinned(
  calls: FileCalls,
  { openAs, size }: Pinned,
  { name, bytesMax }: Reading,
): Promise<Buffer> {
  const flags = O_RDONLY | O_NONBLOCK | (hasProc ? 0 : O_NOFOLLOW);
  let file: number;
  try {
    file = await calls.open(openAs, flags);
  } catch (thrown) {
    throw oddFile(name, wordsOf(thrown), thrown);
  }
  try {
    const parts: Buffer[] = [];
    for (let total = 0; ; ) {
      const room = Buffer.allocUnsafe(Math.min(bytesMax, Math.max(size, 512)) + 1);
      const bytesRead = await calls.read(file, room);
      if (bytesRead === 0) return Buffer.concat(parts);
      total += bytesRead;
      if (total > bytesMax) throw tooLarge(name, bytesMax);
      parts.push(room.subarray(0, bytesRead));
      // A plain file gives all that there is room for, so that this is its end.
      if (bytesRead < room.length) return Buffer.concat(parts);
    }
  } finally {
    await calls.close(file);
  }
}
