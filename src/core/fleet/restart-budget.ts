/** Restarts in, a yes or no out: a process that dies again and again is given up instead of restarted for ever. */

export interface RestartLimits {
  readonly restartsMax: number;
  readonly windowMs: number;
}

export class RestartBudget {
  private readonly limits: RestartLimits;
  private readonly nowMs: () => number;
  private taken: number[] = [];

  constructor(limits: RestartLimits, nowMs: () => number) {
    this.limits = limits;
    this.nowMs = nowMs;
  }

  /** True, and counted, when one more restart is within the limit. */
  take(): boolean {
    const now = this.nowMs();
    this.taken = this.taken.filter((at) => now - at < this.limits.windowMs);
    if (this.taken.length >= this.limits.restartsMax) return false;
    this.taken.push(now);
    return true;
  }
}
