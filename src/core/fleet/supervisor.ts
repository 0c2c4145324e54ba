/**
 * A job in, a running fleet out, until it is asked to stop: the private Redis first, then the host processes, all watched
 * and started again when they die; every change goes to the state file and to `report`. At the end nothing of it is left.
 */
import { DreamnetError, messageOf } from '../errors.js';
import type { FleetJob } from './fleet-job.js';
import { supervisorLock, supervisorOf } from './fleet-status.js';
import { type HostShare, planHosts } from './host-plan.js';
import { hostLog, startHost } from './host-process.js';
import { KeptProcess } from './kept-process.js';
import { reapLeftovers } from './leftovers.js';
import { tryLock } from './lock.js';
import { trimLog } from './log-file.js';
import { startPrivateRedis } from './private-redis.js';
import { type FleetPhase, type FleetState, type HostState, removeState, writeState } from './state-file.js';

export interface SupervisorOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cpus: number;
  readonly nowMs: () => number;
  readonly stopAsked: AbortSignal;
  readonly report: (state: FleetState) => void;
  readonly log: (line: string) => void;
}

/** Logs are looked at this often, and start afresh beyond this size; the part before is kept once. */
const logCheckMs = 30_000;
const logBytesMax = 10_000_000;

/** Resolves when all is stopped after `stopAsked`; rejects with a DreamnetError when the fleet cannot be started. */
export async function supervise(job: FleetJob, options: SupervisorOptions): Promise<void> {
  const lock = tryLock(job.home.stateDir, supervisorLock);
  if (lock === undefined) throw rivalError(job);
  try {
    await reapLeftovers(job.home.stateFile);
    const fleet = new Fleet(job, options);
    try {
      await fleet.start();
      await aborted(options.stopAsked);
    } finally {
      await fleet.stop();
    }
  } finally {
    lock.release();
  }
}

class Fleet {
  private readonly job: FleetJob;
  private readonly options: SupervisorOptions;
  private readonly startedAt: number;
  private readonly shares: readonly HostShare[];
  private readonly logTimer: NodeJS.Timeout;
  private redis: KeptProcess | undefined;
  private hosts: readonly KeptProcess[] = [];
  private progress: 'starting' | 'started' | 'stopping' = 'starting';

  constructor(job: FleetJob, options: SupervisorOptions) {
    this.job = job;
    this.options = options;
    this.startedAt = options.nowMs();
    this.shares = job.redisOnly ? [] : planHosts({ agents: job.agents, cpus: options.cpus });
    this.logTimer = setInterval(() => this.trimLogs(), logCheckMs);
  }

  async start(): Promise<void> {
    writeState(this.job.home.stateFile, this.state());
    if (this.job.redisUrl === null) this.redis = this.keepRedis();
    await this.unlessStopped(this.redis?.firstReady);
    if (this.options.stopAsked.aborted) return;
    this.hosts = this.shares.map((share) => this.keepHost(share));
    await this.unlessStopped(Promise.all(this.hosts.map((host) => host.firstReady)));
    if (this.options.stopAsked.aborted) return;
    this.progress = 'started';
    this.publish();
  }

  async stop(): Promise<void> {
    this.progress = 'stopping';
    this.publish();
    clearInterval(this.logTimer);
    await Promise.all(this.hosts.map((host) => host.stop()));
    await this.redis?.stop();
    removeState(this.job.home.stateFile);
  }

  private keepRedis(): KeptProcess {
    const { job, options } = this;
    return this.keep('Redis', () => startPrivateRedis(job.home, options.env));
  }

  private keepHost(share: HostShare): KeptProcess {
    const { job } = this;
    const socketPath = job.redisUrl === null ? job.home.socketPath : null;
    return this.keep(share.id, async () => startHost({ job, share, socketPath }));
  }

  private keep(name: string, start: () => ReturnType<typeof startPrivateRedis>): KeptProcess {
    return new KeptProcess({ name, start, nowMs: this.options.nowMs, changed: () => this.publish() });
  }

  private async unlessStopped(work: Promise<unknown> | undefined): Promise<void> {
    await Promise.race([work, aborted(this.options.stopAsked)]);
  }

  /** What keeps a start from going on must not end a running fleet: its state is then old, and the log says so. */
  private publish(): void {
    const state = this.state();
    try {
      writeState(this.job.home.stateFile, state);
    } catch (cause) {
      this.options.log(messageOf(cause));
    }
    this.options.report(state);
  }

  private state(): FleetState {
    const { job } = this;
    const reason = this.reason();
    return {
      version: 1,
      pid: process.pid,
      startedAt: this.startedAt,
      phase: this.phase(reason),
      ...(reason === undefined ? {} : { reason }),
      lifetime: job.lifetime,
      ownerPid: job.ownerPid,
      redisOnly: job.redisOnly,
      redis: {
        url: job.redisUrl,
        socketPath: job.redisUrl === null ? job.home.socketPath : null,
        private: job.redisUrl === null,
        ...processState(this.redis),
      },
      prefix: job.prefix,
      agents: job.agents,
      seed: job.seed,
      hosts: this.shares.map((share, index): HostState => {
        const host = this.hosts[index];
        return { ...share, ...processState(host), ready: host?.ready ?? false };
      }),
    };
  }

  private phase(reason: string | undefined): FleetPhase {
    if (this.progress !== 'started') return this.progress;
    return reason === undefined ? 'up' : 'degraded';
  }

  private reason(): string | undefined {
    const problems = [this.redis, ...this.hosts].flatMap((kept) => kept?.problem ?? []);
    return problems.length === 0 ? undefined : problems.join('. ');
  }

  private trimLogs(): void {
    const { job } = this;
    const logs = [
      job.home.supervisorLog,
      job.home.redisLog,
      ...this.shares.map((share) => hostLog({ job, share })),
    ];
    for (const path of logs) trimLog(path, logBytesMax);
  }
}

function processState(kept: KeptProcess | undefined): Pick<HostState, 'pid' | 'process' | 'restarts'> {
  const process = kept?.running?.process ?? null;
  return { pid: process?.pid ?? null, process, restarts: kept?.restarts ?? 0 };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function rivalError(job: FleetJob): DreamnetError {
  const rival = supervisorOf(job.home);
  return new DreamnetError({
    code: 'DN320',
    kind: 'failed',
    message: `The fleet of ${job.home.stateDir} is already supervised by process ${rival?.pid ?? 'that has just ended'}`,
    hint: 'Run `dreamnet status` to see it, or `dreamnet down` to stop it.',
  });
}
