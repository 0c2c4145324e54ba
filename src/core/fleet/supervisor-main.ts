/**
 * The process that a starter forks: asks for its job over the channel, supervises until SIGTERM, SIGINT or the starter's
 * end, and leaves with status 0, or with 1 after telling why the fleet could not be started.
 */
import { availableParallelism } from 'node:os';
import { DreamnetError, messageOf } from '../errors.js';
import { runLocalServices } from '../local-services.js';
import type { FleetJob, FromSupervisor, JobFailure, ToSupervisor } from './fleet-job.js';
import type { FleetState } from './state-file.js';
import { type SupervisorOptions, supervise } from './supervisor.js';

const stop = new AbortController();
let released = false;

process.umask(0o077);
process.on('SIGTERM', () => stop.abort());
process.on('SIGINT', () => stop.abort());
process.on('SIGHUP', () => {});
// The log may be on a full disk.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
process.on('disconnect', () => {
  if (!released) stop.abort();
});

try {
  const job = await askForJob();
  if (job !== undefined) await supervise(job, supervisorOptions(job));
} catch (thrown) {
  log(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  process.exitCode = 1;
  await tell({ type: 'failed', error: failureOf(thrown) });
}
if (process.connected) process.disconnect();

function supervisorOptions(job: FleetJob): SupervisorOptions {
  let serving = job.redisOnly;
  const report = (state: FleetState) => {
    if (state.phase === 'up' && !serving) {
      serving = true;
      serve(job);
    }
    void tell({ type: 'state', state });
  };
  const cpus = availableParallelism();
  return { env: process.env, cpus, nowMs: Date.now, stopAsked: stop.signal, report, log };
}

/** Runs beside the fleet for as long as it is supervised; the fleet works without it. */
function serve({ home, prefix, agents, redisUrl }: FleetJob): void {
  const target = { socketPath: redisUrl === null ? home.socketPath : null, url: redisUrl };
  runLocalServices({ target, prefix, agents, signal: stop.signal, log }).catch((thrown) =>
    log(messageOf(thrown)),
  );
}

/** Undefined when the starter is gone before it gave a job. */
function askForJob(): Promise<FleetJob | undefined> {
  return new Promise((resolve) => {
    process.on('disconnect', () => resolve(undefined));
    process.on('message', (message: ToSupervisor) => {
      if (message.type === 'job') resolve(message.job);
      else release();
    });
    void tell({ type: 'hello' });
  });
}

function release(): void {
  released = true;
  process.disconnect();
}

/** Resolves when the message is on its way; a starter that is gone needs none. */
function tell(message: FromSupervisor): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, () => resolve());
  });
}

function log(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
}

function failureOf(thrown: unknown): JobFailure {
  if (!(thrown instanceof DreamnetError))
    return { code: 'DN321', kind: 'failed', message: messageOf(thrown) };
  const { code, kind, message, hint } = thrown;
  return { code, kind, message, ...(hint === undefined ? {} : { hint }) };
}
