/** The state file of a supervisor that is gone in, none of its processes left out: before their files are opened again. */
import { isAlive, type ProcessName, signalProcess } from './process-identity.js';
import { readState, removeState } from './state-file.js';
import { waitFor } from './wait.js';

/** Processes end by themselves when their supervisor dies; they are given this long before each stronger signal. */
const graceMs = 3_000;

/** Only while no supervisor runs. True when there was something to clean. */
export async function reapLeftovers(stateFile: string): Promise<boolean> {
  const state = readState(stateFile);
  if (state === undefined) return false;
  if (state !== 'damaged') {
    const processes = [state.redis.process, ...state.hosts.map((host) => host.process)];
    await Promise.all(processes.filter((process) => process !== null).map(reap));
  }
  removeState(stateFile);
  return true;
}

async function reap(target: ProcessName): Promise<void> {
  const gone = () => !isAlive(target);
  if (await waitFor(gone, { timeoutMs: graceMs })) return;
  signalProcess(target, 'SIGTERM');
  if (await waitFor(gone, { timeoutMs: graceMs })) return;
  signalProcess(target, 'SIGKILL');
  await waitFor(gone, { timeoutMs: graceMs });
}
