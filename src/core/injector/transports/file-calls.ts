/**
 * The calls of node:fs by which an agent's directory is used, in two kinds. On a disk of this machine most take microseconds,
 * and handing them to another thread and back takes several times as long; over a network each may take forever, and must then
 * hold up nobody else. An open directory in, the kind that suits it out.
 */
import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { errnoOf } from '../../fleet/disk-error.js';

type Soon<T> = T | Promise<T>;

export interface FileCalls {
  open(path: string, flags: number, mode?: number): Soon<number>;
  close(descriptor: number): Soon<void>;
  stat(descriptor: number): Soon<fs.Stats>;
  /** Undefined where there is nothing. */
  statLink(path: string): Soon<fs.Stats | undefined>;
  /** From where the last read ended; the number of bytes that came. */
  read(descriptor: number, into: Uint8Array): Soon<number>;
  write(descriptor: number, bytes: Uint8Array | string): Soon<void>;
  setMode(descriptor: number, mode: number): Soon<void>;
  link(from: string, to: string): Soon<void>;
  rename(from: string, to: string): Soon<void>;
  unlink(path: string): Soon<void>;
}

const [read, lstat] = [promisify(fs.read), promisify(fs.lstat)];
const [rename, unlink] = [promisify(fs.rename), promisify(fs.unlink)];

const immediate: FileCalls = {
  open: fs.openSync,
  close: fs.closeSync,
  stat: fs.fstatSync,
  statLink: (path) => fs.lstatSync(path, { throwIfNoEntry: false }),
  read: (descriptor, into) => fs.readSync(descriptor, into),
  write: (descriptor, bytes) => fs.writeFileSync(descriptor, bytes),
  setMode: fs.fchmodSync,
  link: fs.linkSync,
  // What loses its last name is waited for where the disk still writes it.
  rename: (from, to) =>
    fs.lstatSync(to, { throwIfNoEntry: false }) === undefined ? fs.renameSync(from, to) : rename(from, to),
  unlink,
};

const patient: FileCalls = {
  open: promisify(fs.open),
  close: promisify(fs.close),
  stat: promisify<number, fs.Stats>(fs.fstat),
  statLink: (path) =>
    lstat(path).catch((thrown) => {
      if (errnoOf(thrown) === 'ENOENT') return undefined;
      throw thrown;
    }),
  read: async (descriptor, into) => (await read(descriptor, into, 0, into.length, null)).bytesRead,
  write: promisify<number, Uint8Array | string>(fs.writeFile),
  setMode: promisify(fs.fchmod),
  link: promisify(fs.link),
  rename,
  unlink,
};

/** File systems that have nobody else to wait for: ext2 to ext4, XFS, Btrfs, F2FS, ZFS, tmpfs, ramfs and overlayfs. */
const local: ReadonlySet<number> = new Set([
  0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x2fc1_2fc1, 0x0102_1994, 0x8584_58f6, 0x794c_7630,
]);

/** By the name of a directory that has just been opened, so that asking what it is does not take long. */
export function fileCallsFor(directory: string): FileCalls {
  if (process.platform !== 'linux') return patient;
  return local.has(fs.statfsSync(directory).type) ? immediate : patient;
}
