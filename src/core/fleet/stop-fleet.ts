/** A home in, nothing of its fleet running out: asked politely, then by force, in bounded time. */
import { DreamnetError } from '../errors.js';
import { recordedStatus, supervisorOf } from './fleet-status.js';
import type { Home } from './home.js';
import { reapLeftovers } from './leftovers.js';
import { requirePrefix } from './match-running.js';
import { isAlive, type ProcessName, signalProcess } from './process-identity.js';
import { waitFor } from './wait.js';

export interface StopResult {
  /** False when there was nothing to stop. */
  readonly stopped: boolean;
  /** True when the supervisor had to be killed, or had died before. */
  readonly forced: boolean;
}

export interface StopOptions {
  /** How long the supervisor is given for an orderly stop. */
  readonly graceMs?: number;
  /** A fleet with another prefix than this is not the one that was meant. */
  readonly prefix?: string | undefined;
}

/** Hosts are given 5 s and Redis 10 s by the supervisor; then comes force. */
const graceMsDefault = 20_000;
const killMsMax = 5_000;

export async function stopFleet(home: Home, options: StopOptions = {}): Promise<StopResult> {
  requirePrefix(recordedStatus(home), options.prefix);
  const supervisor = supervisorOf(home);
  if (supervisor === undefined) {
    const cleaned = recordedStatus(home).state === 'stale' && (await reapLeftovers(home.stateFile));
    return { stopped: cleaned, forced: cleaned };
  }
  const gone = () => !isAlive(supervisor);
  signalProcess(supervisor, 'SIGTERM');
  const inTime = await waitFor(gone, { timeoutMs: options.graceMs ?? graceMsDefault });
  if (!inTime) signalProcess(supervisor, 'SIGKILL');
  if (!(await waitFor(gone, { timeoutMs: killMsMax }))) throw immortalError(supervisor);
  // An orderly stop removes the state file, so one that is left tells of a supervisor that was killed.
  return { stopped: true, forced: await reapLeftovers(home.stateFile) };
}

function immortalError(supervisor: ProcessName): DreamnetError {
  return new DreamnetError({
    code: 'DN324',
    kind: 'failed',
    message: `Supervisor ${supervisor.pid} does not end, even by SIGKILL`,
    hint: `Look at it with \`ps -o pid,user,stat,wchan= -p ${supervisor.pid}\`: a process of another user, or one that waits for a broken disk, cannot be ended from here.`,
  });
}
