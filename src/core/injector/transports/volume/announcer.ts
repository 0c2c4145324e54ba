/**
 * A pid that somebody wrote into a file in, whether it is the process that wrote it out. The pid may be reused, may be of
 * another host or container, or a lie that is to have somebody else signalled: so the process itself must give it away.
 */
import { readFile, stat } from 'node:fs/promises';

export interface Announced {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, when the agent gave it. */
  readonly startTime?: string | undefined;
  /** Who owns the file. */
  readonly uid: number;
  /** The agent's directory. */
  readonly directory: string;
}

/**
 * It works in the agent's directory; or it belongs to the user who wrote the announcement and has the start time that stands
 * there. The second is not enough for a process of root, whom everybody's root could name. Always false without /proc.
 */
export async function isAnnouncer({ pid, startTime, uid, directory }: Announced): Promise<boolean> {
  try {
    const started = startTimeIn(await readFile(`/proc/${pid}/stat`, 'utf8'));
    if (started === undefined || (startTime !== undefined && startTime !== started)) return false;
    const [process, place] = await Promise.all([stat(`/proc/${pid}`), stat(directory)]);
    if (startTime !== undefined && process.uid === uid && uid !== 0) return true;
    const working = await stat(`/proc/${pid}/cwd`);
    return working.dev === place.dev && working.ino === place.ino;
  } catch {
    return false;
  }
}

/** Undefined for a process that has ended. The program's name may hold spaces and parentheses; see proc(5). */
function startTimeIn(text: string): string | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return /^[ZX]/.test(fields[0] ?? 'Z') ? undefined : fields[19];
}
