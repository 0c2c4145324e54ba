/**
 * A container's first process, reached from its host. That a process number still means this container is read from
 * /proc/PID/cgroup: the number was its own when the engine told it, so where it is its own after a use, it was meanwhile.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';

const ourRoot = statSync('/');

/** Whether the process is of this host and of this container. */
export function isProcessOf({ id, pid }: { readonly id: string; readonly pid: number }): boolean {
  if (pid <= 1 || !/^[0-9a-f]{64}$/.test(id)) return false;
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(id);
  } catch {
    return false;
  }
}

/** The container's root directory, held open until it is closed; throws when it is not surely that. */
export function openRoot(container: { readonly id: string; readonly pid: number }): number {
  const root = openDirectory(`/proc/${container.pid}/root`);
  try {
    if (!isProcessOf(container)) throw new Error('its process is not one of this host');
    const inside = fstatSync(root);
    if (inside.dev === ourRoot.dev && inside.ino === ourRoot.ino)
      throw new Error('its root directory is that of the host');
    return root;
  } catch (thrown) {
    closeSync(root);
    throw thrown;
  }
}

function openDirectory(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    throw new Error('its process is not one of this host');
  }
}

/** A process that is no more is not signalled: its number is looked at first. */
export function signalProcess(
  container: { readonly id: string; readonly pid: number },
  signal: NodeJS.Signals,
): void {
  if (!isProcessOf(container)) throw new Error('its process ended');
  process.kill(container.pid, signal);
}
