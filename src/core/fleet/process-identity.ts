/**
 * A pid in, a short text out that no other process ever has: a pid alone is reused, its start time on one boot is not.
 * Linux reads /proc; elsewhere `ps` tells the start time.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

/** Undefined when no such process runs; one that has ended but is not yet collected by its parent counts as ended. */
export function identityOf(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid < 1) return undefined;
  const startTime = hasProc() ? procStartTime(pid) : psStartTime(pid);
  if (startTime === undefined) return undefined;
  return createHash('sha256').update(`${bootId()} ${startTime}`).digest('hex').slice(0, 12);
}

/** One process, whatever became of its pid. */
export interface ProcessName {
  readonly pid: number;
  readonly identity: string;
}

export function isAlive(process: ProcessName): boolean {
  return identityOf(process.pid) === process.identity;
}

/** Sends a signal to that very process; false when it is gone. */
export function signalProcess(target: ProcessName, signal: NodeJS.Signals): boolean {
  if (!isAlive(target)) return false;
  try {
    return process.kill(target.pid, signal);
  } catch {
    return false;
  }
}

function hasProc(): boolean {
  return existsSync('/proc/self/stat');
}

function procStartTime(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The program's name stands in parentheses and may itself hold spaces and parentheses; see proc(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return isEnded(fields[0]) ? undefined : fields[19];
}

function psStartTime(pid: number): string | undefined {
  const answer = spawnSync('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    timeout: 2_000,
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  });
  const [state, ...startTime] = (answer.stdout ?? '').trim().split(/\s+/);
  return isEnded(state) || startTime.length === 0 ? undefined : startTime.join(' ');
}

function isEnded(state: string | undefined): boolean {
  return state === undefined || state === '' || state.startsWith('Z') || state.startsWith('X');
}

function bootId(): string {
  return readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
