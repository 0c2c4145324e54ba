/**
 * A container's first process, reached from its host. That a process number still means this container is read from
 * /proc/PID/cgroup, before and after each use, so that a number that has been given to another process leads nowhere.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';

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
  if (!isProcessOf(container)) throw new Error('its process is not one of this host');
  const root = openSync(`/proc/${container.pid}/root`, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    if (!isProcessOf(container)) throw new Error('its process ended');
    const [inside, ours] = [fstatSync(root), statSync('/')];
    if (inside.dev === ours.dev && inside.ino === ours.ino)
      throw new Error('its root directory is that of the host');
    return root;
  } catch (thrown) {
    closeSync(root);
    throw thrown;
  }
}

export function signalProcess(
  container: { readonly id: string; readonly pid: number },
  signal: NodeJS.Signals,
): void {
  if (!isProcessOf(container)) throw new Error('its process ended');
  process.kill(container.pid, signal);
}
