/**
 * A way to start a process in, a process that is kept running out: started again whenever it ends, a bounded number of
 * times, with what is wrong in words for as long as it does not run.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.js';
import type { ProcessName } from './process-identity.js';
import { RestartBudget } from './restart-budget.js';

export interface RunningProcess {
  /** Null when it ended before it could be looked at. */
  readonly process: ProcessName | null;
  /** Resolves when it can be used; rejects when it ends before that, with a reason fit for the user. */
  readonly ready: Promise<void>;
  /** Resolves when it is gone, with how it ended: `it ended with status 1`. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
}

export interface KeepOptions {
  /** How it is called in a reason: `host-1`, `Redis`. */
  readonly name: string;
  readonly start: () => Promise<RunningProcess>;
  readonly nowMs: () => number;
  /** Called after every change of what can be read here. */
  readonly changed: () => void;
}

/** More than five deaths a minute are a fault that restarting does not cure. */
const restartLimits = { restartsMax: 5, windowMs: 60_000 };
/** Long enough not to take a processor for itself while it fails, short enough not to be missed by agents. */
const restartDelayMs = 200;

export class KeptProcess {
  running: RunningProcess | undefined;
  ready = false;
  restarts = 0;
  /** Why it is not ready; undefined while it is, and before its first start is over. */
  problem: string | undefined;
  /** Rejects when it ends before it was ready for the first time: it would not do better the next time. */
  readonly firstReady: Promise<void>;

  private readonly options: KeepOptions;
  private readonly budget: RestartBudget;
  private readonly first = Promise.withResolvers<void>();
  private readonly stopping = new AbortController();
  private readonly kept: Promise<void>;

  constructor(options: KeepOptions) {
    this.options = options;
    this.budget = new RestartBudget(restartLimits, options.nowMs);
    this.firstReady = this.first.promise;
    this.firstReady.catch(() => {});
    this.kept = this.keep();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running?.stop();
    await this.kept;
  }

  private async keep(): Promise<void> {
    for (let wasReady = false; !this.stopping.signal.aborted; ) {
      const end = await this.runOnce();
      wasReady ||= this.ready;
      this.running = undefined;
      this.ready = false;
      if (!wasReady) this.first.reject(end.error);
      if (!wasReady || this.stopping.signal.aborted || !this.mayRestart(end.how)) break;
      await delay(restartDelayMs, undefined, { signal: this.stopping.signal }).catch(() => {});
    }
    this.options.changed();
  }

  /** From one start to its end, which it tells. */
  private async runOnce(): Promise<{ readonly how: string; readonly error?: unknown }> {
    try {
      this.running = await this.options.start();
      this.options.changed();
      if (this.stopping.signal.aborted) await this.running.stop();
      await this.running.ready;
      this.becameReady();
      return { how: await this.running.exited };
    } catch (error) {
      return { how: messageOf(error), error };
    }
  }

  private becameReady(): void {
    this.ready = true;
    this.problem = undefined;
    this.first.resolve();
    this.options.changed();
  }

  private mayRestart(how: string): boolean {
    const granted = this.budget.take();
    if (granted) this.restarts += 1;
    const then = granted ? 'it is being started again' : `given up after ${this.restarts} restarts`;
    this.problem = `${this.options.name}: ${how}; ${then}`;
    this.options.changed();
    return granted;
  }
}
