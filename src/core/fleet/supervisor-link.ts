/** A job in, a supervisor process that is at work on it out; the channel to it is the fleet's lifeline until it is released. */
import { type ChildProcess, fork } from 'node:child_process';
import { DreamnetError, messageOf } from '../errors.js';
import type { FleetJob, FromSupervisor, ToSupervisor } from './fleet-job.js';
import { logTail, startLog } from './log-file.js';
import { runnable, siblingModule } from './module-runner.js';
import type { FleetState } from './state-file.js';

export interface LinkOptions {
  readonly job: FleetJob;
  readonly env: NodeJS.ProcessEnv;
  readonly onState: (state: FleetState) => void;
}

export interface SupervisorLink {
  readonly pid: number | undefined;
  /** Rejects when the supervisor ends before the fleet is up. */
  readonly up: Promise<FleetState>;
  readonly exited: Promise<void>;
  /** Lets the fleet live on without this process. */
  release(): void;
  /** Keeps the lifeline without keeping this process from ending. */
  unref(): void;
  /** Cuts the lifeline: the supervisor stops all, whatever it was at. */
  cut(): void;
}

export function startSupervisor(options: LinkOptions): SupervisorLink {
  const child = forkSupervisor(options);
  const exited = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  return {
    pid: child.pid,
    up: whenUp(child, options),
    exited,
    release: () => {
      send(child, { type: 'release' });
      if (child.connected) child.once('disconnect', () => child.unref());
      else child.unref();
    },
    unref: () => {
      child.unref();
      child.channel?.unref();
    },
    cut: () => {
      if (child.connected) child.disconnect();
    },
  };
}

function forkSupervisor({ job, env }: LinkOptions): ChildProcess {
  const { path, execArgv } = runnable(siblingModule('./supervisor-main.js', import.meta.url));
  const log = startLog(job.home.supervisorLog);
  try {
    // The argument is for those who read a list of processes.
    return fork(path, [job.home.stateDir], {
      cwd: job.home.stateDir,
      detached: true,
      env,
      execArgv: [...execArgv],
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
    });
  } finally {
    log.close();
  }
}

function whenUp(child: ChildProcess, { job, onState }: LinkOptions): Promise<FleetState> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: FromSupervisor) => {
      if (message.type === 'hello') send(child, { type: 'job', job });
      else if (message.type === 'failed') reject(new DreamnetError(message.error));
      else {
        onState(message.state);
        if (message.state.phase === 'up' || message.state.phase === 'degraded') resolve(message.state);
      }
    });
    child.once('error', (cause) => reject(endedError(job, `could not be started: ${messageOf(cause)}`)));
    child.once('exit', (code, signal) => reject(endedError(job, howEnded(code, signal))));
  });
}

function send(child: ChildProcess, message: ToSupervisor): void {
  if (child.connected) child.send(message, () => {});
}

function howEnded(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `was ended by ${signal}`;
  return code === 0 ? 'was asked to stop' : `ended with status ${code}`;
}

function endedError(job: FleetJob, how: string): DreamnetError {
  const tail = logTail(job.home.supervisorLog);
  return new DreamnetError({
    code: 'DN321',
    kind: 'failed',
    message: `The supervisor ${how} before the fleet was up${tail === '' ? '' : `. Its log ends with:\n${tail}`}`,
    hint: `Read ${job.home.supervisorLog}, then start again.`,
  });
}
