/**
 * The agents of a host in, those that may tick out: their workloads have read what the tasks are now, or know it always. One
 * that throws or hangs misses its ticks; one that hangs is waited for again when it has answered, or after a while.
 */
import { messageOf } from '../errors.js';
import { limits } from '../limits.js';
import type { Agent } from './agent.js';
import { settledWithin } from './settled-within.js';

export interface Refresher {
  refresh(agents: readonly Agent[], nowMs: number): Promise<readonly Agent[]>;
  /** Raises the signals of all that is under way. */
  close(): void;
}

/** Each time costs the other agents of the host `limits.refreshWithinMs`. */
const askedAgainAfterMs = 60_000;

export function createRefresher(log: (line: string) => void): Refresher {
  const closing = new AbortController();
  const closed = new Promise<readonly Agent[]>((resolve) => {
    closing.signal.addEventListener('abort', () => resolve([]), { once: true });
  });
  /** Since when. */
  const hanging = new Map<Agent, number>();
  /** What each agent's trouble was last: it is told when it changes, not with every tick. */
  const troubles = new Map<Agent, string>();

  return {
    async refresh(agents, nowMs) {
      if (agents.every(({ workload }) => workload.refresh === undefined)) return agents;
      const fresh = Promise.all(agents.map((agent) => isFresh(agent, nowMs)));
      return Promise.race([closed, fresh.then((isSo) => agents.filter((_, at) => isSo[at]))]);
    },
    close: () => closing.abort(),
  };

  async function isFresh(agent: Agent, nowMs: number): Promise<boolean> {
    if (agent.workload.refresh === undefined) return true;
    if (nowMs - (hanging.get(agent) ?? -Infinity) < askedAgainAfterMs) return false;
    const late = new AbortController();
    const signal = AbortSignal.any([late.signal, closing.signal]);
    const reading = (async () => agent.workload.refresh?.(nowMs, signal))();
    const settled = await settledWithin(reading, limits.refreshWithinMs);
    if (settled.how === 'resolved') return told(agent, undefined);
    if (settled.how === 'rejected') return told(agent, messageOf(settled.thrown));
    hanging.set(agent, nowMs);
    const forget = () => hanging.delete(agent);
    reading.then(forget, forget);
    late.abort();
    return told(agent, `it did not answer within ${limits.refreshWithinMs / 1000} s`);
  }

  function told(agent: Agent, trouble: string | undefined): boolean {
    const before = troubles.get(agent);
    if (trouble === undefined) troubles.delete(agent);
    else troubles.set(agent, trouble);
    if (trouble !== before)
      log(
        trouble === undefined
          ? `${agent.id} ticks again`
          : `${agent.id} does not tick, its tasks cannot be read: ${trouble.slice(0, limits.reasonCharactersMax)}`,
      );
    return trouble === undefined;
  }
}
