/** Acknowledgements of one rollout as its transports bring them, handed to whoever waits for these agents. */
import type { Acknowledgement, OrderAction } from '../nerve/messages/order.js';

export interface AcknowledgementWait {
  readonly agents: ReadonlySet<string>;
  readonly action: OrderAction;
  readonly digest: string;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

export interface Acknowledgements {
  /** Those that came in time, by agent. Ask before sending the order: an answer that nobody waits for is gone. */
  waitFor(wait: AcknowledgementWait): Promise<Map<string, Acknowledgement>>;
  /** Called by transports; what answers an order of another coordinator has another epoch, and is passed over. */
  deliver(acknowledgement: Acknowledgement): void;
  /** Agents that somebody waits for. */
  awaited(): ReadonlySet<string>;
  /** Answers for agents that cannot answer any more, whatever is waited for. */
  giveUp(agents: readonly string[], answer: Pick<Acknowledgement, 'code' | 'reason' | 'at'>): void;
  /** A transport can bring no more: everybody who waits, now and later, is told why. */
  fail(thrown: unknown): void;
}

interface Waiter extends AcknowledgementWait {
  readonly arrived: Map<string, Acknowledgement>;
  readonly finish: () => void;
}

export function collectAcknowledgements(epoch: number): Acknowledgements {
  const waiters = new Set<Waiter>();
  let broken: { readonly thrown: unknown } | undefined;

  return {
    async waitFor(wait) {
      if (wait.agents.size === 0) return new Map();
      const arrived = new Map<string, Acknowledgement>();
      await new Promise<void>((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          wait.signal.removeEventListener('abort', finish);
          waiters.delete(waiter);
          resolve();
        };
        const timer = setTimeout(finish, wait.withinMs);
        wait.signal.addEventListener('abort', finish, { once: true });
        const waiter: Waiter = { ...wait, arrived, finish };
        waiters.add(waiter);
        if (broken !== undefined || wait.signal.aborted) finish();
      });
      if (broken !== undefined) throw broken.thrown;
      return arrived;
    },

    deliver(acknowledgement) {
      if (acknowledgement.epoch !== epoch) return;
      for (const waiter of waiters) {
        if (!answers(acknowledgement, waiter)) continue;
        waiter.arrived.set(acknowledgement.agent, acknowledgement);
        if (waiter.arrived.size === waiter.agents.size) waiter.finish();
      }
    },

    awaited() {
      const ids = new Set<string>();
      for (const { agents, arrived } of waiters) for (const id of agents) if (!arrived.has(id)) ids.add(id);
      return ids;
    },

    giveUp(agents, answer) {
      for (const { action, digest } of [...waiters])
        for (const agent of agents)
          this.deliver({ ...answer, agent, host: '', action, digest, epoch, outcome: 'failed' });
    },

    fail(thrown) {
      broken = { thrown };
      for (const waiter of waiters) waiter.finish();
    },
  };
}

/** The first answer counts when an agent answers twice; one about other bytes than those asked for is no answer. */
function answers({ agent, action, digest }: Acknowledgement, waiter: Waiter): boolean {
  return (
    action === waiter.action &&
    digest === waiter.digest &&
    waiter.agents.has(agent) &&
    !waiter.arrived.has(agent)
  );
}
