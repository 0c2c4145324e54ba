/**
 * When a host ticks: calmly at the programs' reporting interval, fast from the first order of a rollout until 30 s after
 * go-live and while a window is measured, so that levels before and after rest on several readings.
 */
import { limits } from '../limits.js';
import type { Agent } from './agent.js';

export interface TickRhythm {
  /** Resolves when the next tick is due, or on abort. */
  wait(signal: AbortSignal): Promise<void>;
  /** An order came: tick fast; `windowMs` is the execution window it speaks of. */
  orderCame(nowMs: number, windowMs: number): void;
  ticked(tick: { nowMs: number; tookMs: number; agents: readonly Agent[] }): void;
  /** True when the task tables should be recorded with this tick. */
  snapshotDue(nowMs: number): boolean;
}

const calmTickMs = 5_000;
/** Readings that a window should have at least, and the fastest tick that this may ask for. */
const ticksPerWindow = 20;
const fastestTickMs = 100;

export function createTickRhythm(clock: () => number = Date.now): TickRhythm {
  let fastUntilMs = 0;
  let fastEveryMs: number = limits.fastTickMs;
  let everyMs = 0;
  let lastMs = 0;
  let snapshotAtMs = 0;
  let wake: (() => void) | undefined;

  return {
    wait(signal) {
      const delay = signal.aborted ? 0 : Math.max(0, lastMs + everyMs - clock());
      return new Promise((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          wake = undefined;
          signal.removeEventListener('abort', finish);
          resolve();
        };
        const timer = setTimeout(finish, delay);
        wake = finish;
        signal.addEventListener('abort', finish, { once: true });
      });
    },
    orderCame(nowMs, windowMs) {
      fastUntilMs = nowMs + limits.fastTracingMs;
      fastEveryMs = Math.min(limits.fastTickMs, Math.max(fastestTickMs, windowMs / ticksPerWindow));
      if (everyMs <= fastEveryMs) return;
      everyMs = fastEveryMs;
      wake?.();
    },
    ticked({ nowMs, tookMs, agents }) {
      lastMs = nowMs;
      const fast = nowMs < fastUntilMs || agents.some((agent) => agent.measuring);
      // A host that cannot keep up ticks at half its capacity instead of falling behind.
      everyMs = Math.max(fast ? fastEveryMs : calmIntervalMs(agents), 2 * tookMs);
    },
    snapshotDue(nowMs) {
      if (nowMs < snapshotAtMs) return false;
      snapshotAtMs = nowMs + calmTickMs;
      return true;
    },
  };
}

/** The shortest that an agent of the host asks for. */
function calmIntervalMs(agents: readonly Agent[]): number {
  const asking = agents.filter(({ live }) => live?.loaded.program.manifest.reportIntervalMs !== undefined);
  return asking.length === 0 ? calmTickMs : Math.min(...asking.map(reportIntervalMs));
}

/** How often the live program asks for reports, within the agent's own limits. */
export function reportIntervalMs({ live }: Pick<Agent, 'live'>): number {
  const asked = live?.loaded.program.manifest.reportIntervalMs;
  if (asked === undefined) return calmTickMs;
  return Math.min(Math.max(asked, limits.reportIntervalMsMin), limits.reportIntervalMsMax);
}
