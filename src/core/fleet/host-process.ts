/**
 * One host's share of the agents in, a running process that carries them out. Its contract: one JSON argument, `ready` or
 * `failed` over IPC, and it ends on SIGTERM within 5 s or when the channel closes, so that no host outlives its supervisor.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { DreamnetError, messageOf } from '../errors.js';
import type { FleetJob } from './fleet-job.js';
import type { HostShare } from './host-plan.js';
import type { RunningProcess } from './kept-process.js';
import { logTail, startLog } from './log-file.js';
import { runnable } from './module-runner.js';
import { identityOf, type ProcessName } from './process-identity.js';
import { settlesWithin } from './wait.js';

/** The one argument of a host process, as JSON. */
export interface HostArgument {
  readonly hostId: string;
  readonly redisUrl: string | null;
  readonly socketPath: string | null;
  readonly prefix: string;
  /** Index of the host's first agent, from 0. */
  readonly firstAgent: number;
  readonly agents: number;
  readonly seed: number;
  /** Where the public keys are that its agents trust, and the ids of those that are revoked. */
  readonly keysDir: string;
  readonly stateDir: string;
  readonly workload: 'simulated';
}

/** What a host process sends: `ready` when all its agents are registered, `failed` when they never will be. */
export type FromHost =
  | { readonly type: 'ready'; readonly agents: number }
  | { readonly type: 'failed'; readonly reason: string };

export interface HostOptions {
  readonly job: FleetJob;
  readonly share: HostShare;
  readonly socketPath: string | null;
}

/** A host is given this long after SIGTERM. */
const stopMsMax = 5_000;

export function startHost(options: HostOptions): RunningProcess {
  const logPath = hostLog(options);
  const child = forkHost(options, logPath);
  let failure: string | undefined;
  const exited = exitOf(child).then((how) => (failure === undefined ? how : `it failed: ${failure}`));
  const stop = () => endChild(child, exited);
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message: FromHost) => {
      if (message.type === 'ready') return resolve();
      failure = message.reason;
      stop();
    });
    exited.then((how) => reject(startError({ id: options.share.id, how, logPath })));
  });
  return { process: processOf(child), ready, exited, stop };
}

export function hostLog(options: Pick<HostOptions, 'job' | 'share'>): string {
  return join(options.job.home.logsDir, `${options.share.id}.log`);
}

function forkHost(options: HostOptions, logPath: string): ChildProcess {
  const { path, execArgv } = runnable(options.job.hostModule);
  const log = startLog(logPath);
  try {
    return fork(path, [JSON.stringify(hostArgument(options))], {
      cwd: options.job.home.agentsDir,
      execArgv: [...execArgv],
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
    });
  } finally {
    log.close();
  }
}

function hostArgument({ job, share, socketPath }: HostOptions): HostArgument {
  return {
    hostId: share.id,
    redisUrl: job.redisUrl,
    socketPath,
    prefix: job.prefix,
    firstAgent: share.firstAgent,
    agents: share.agents,
    seed: job.seed,
    keysDir: job.home.keysDir,
    stateDir: job.agentsDir,
    workload: 'simulated',
  };
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (cause) => resolve(`it cannot be started: ${messageOf(cause)}`));
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `it ended with status ${code}` : `it was ended by ${signal}`),
    );
  });
}

async function endChild(child: ChildProcess, exited: Promise<string>): Promise<void> {
  child.kill('SIGTERM');
  if (!(await settlesWithin(exited, stopMsMax))) child.kill('SIGKILL');
  await exited;
}

function processOf(child: ChildProcess): ProcessName | null {
  if (child.pid === undefined) return null;
  const identity = identityOf(child.pid);
  return identity === undefined ? null : { pid: child.pid, identity };
}

function startError(host: { id: string; how: string; logPath: string }): DreamnetError {
  const tail = logTail(host.logPath);
  return new DreamnetError({
    code: 'DN321',
    kind: 'failed',
    message: `${host.id} did not start: ${host.how}${tail === '' ? '' : `. Its log ends with:\n${tail}`}`,
    hint: `Read ${host.logPath}.`,
  });
}
