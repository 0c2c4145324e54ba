/**
 * A container of this host in, what it uses out, straight from the kernel's files: about a thousandth of what the engine takes
 * for the same. They are opened anew for each reading, so that none is held of a container that has gone.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { isProcessOf } from '../../../docker/host-process.js';
import { type Usage, workingSetOf } from '../../../docker/usage.js';
import { type CgroupMounts, type CgroupPlace, cgroupPlace } from './cgroup-place.js';
import { blockBytesV1, blockBytesV2, networkBytes, numberOf, onlyNumber } from './cgroup-text.js';
import type { TaskContainer } from './task-container.js';

export interface UsageFiles {
  readonly version: 1 | 2;
  /** Undefined when the container has ended, or its files are not what they should be. */
  read(): Usage | undefined;
}

/** Undefined when this host's kernel does not show them to us. */
export function openUsageFiles(container: TaskContainer, mounts: CgroupMounts): UsageFiles | undefined {
  try {
    if (!isProcessOf(container)) return undefined;
    const place = cgroupPlace(readText(`/proc/${container.pid}/cgroup`), container.id, mounts);
    if (place === undefined) return undefined;
    const files = { version: place.version, read: () => readAll(container, place) };
    return files.read() === undefined ? undefined : files;
  } catch {
    return undefined;
  }
}

function readAll(container: TaskContainer, place: CgroupPlace): Usage | undefined {
  try {
    const network = container.hasOwnNetwork ? readNetwork(container) : undefined;
    if (container.hasOwnNetwork && network === undefined) return undefined;
    const usage = readCgroup(place);
    return usage && { atMs: Date.now(), ...usage, network };
  } catch {
    // ENOENT, ENODEV, ESRCH: it ended while it was read.
    return undefined;
  }
}

/** Undefined when the files are empty or something else; throws when they are not there. */
export function readCgroup(place: CgroupPlace): Omit<Usage, 'atMs' | 'network'> | undefined {
  const { cpuMs, memory, inactiveFile, blockBytes } = place.version === 1 ? readV1(place) : readV2(place);
  if (!Number.isFinite(cpuMs + memory)) return undefined;
  const workingSet = workingSetOf(memory, Number.isFinite(inactiveFile) ? inactiveFile : 0);
  return { cpuMs, memory, workingSet, blockBytes };
}

function readV1({ cpuacct, memory, blkio }: CgroupPlace & { version: 1 }) {
  return {
    cpuMs: onlyNumber(readText(`${cpuacct}/cpuacct.usage`)) / 1e6,
    memory: onlyNumber(readText(`${memory}/memory.usage_in_bytes`)),
    inactiveFile: numberOf('total_inactive_file', readText(`${memory}/memory.stat`)),
    blockBytes:
      blkio === undefined ? 0 : blockBytesV1(readIfThere(`${blkio}/blkio.throttle.io_service_bytes`)),
  };
}

function readV2({ directory }: CgroupPlace & { version: 2 }) {
  return {
    cpuMs: numberOf('usage_usec', readText(`${directory}/cpu.stat`)) / 1e3,
    memory: onlyNumber(readText(`${directory}/memory.current`)),
    inactiveFile: numberOf('inactive_file', readText(`${directory}/memory.stat`)),
    blockBytes: blockBytesV2(readIfThere(`${directory}/io.stat`)),
  };
}

/** That the process is still the container's is asked afterwards: its number may have been given away meanwhile. */
function readNetwork(container: TaskContainer) {
  const bytes = networkBytes(readText(`/proc/${container.pid}/net/dev`));
  return isProcessOf(container) ? bytes : undefined;
}

/** Controllers for block devices may be off. */
function readIfThere(path: string): string {
  try {
    return readText(path);
  } catch {
    return '';
  }
}

let buffer = Buffer.allocUnsafe(16_384);
const fileBytesMax = 1_048_576;

/** Such a file has no size, and a long one comes in pieces. */
function readText(path: string): string {
  const file = openSync(path, 'r');
  try {
    let length = 0;
    for (;;) {
      const read = readSync(file, buffer, length, buffer.length - length, null);
      length += read;
      if (read === 0) return buffer.toString('latin1', 0, length);
      if (length < buffer.length) continue;
      if (length >= fileBytesMax) throw new Error(`${path} is too long`);
      buffer = Buffer.concat([buffer], buffer.length * 2);
    }
  } finally {
    closeSync(file);
  }
}
