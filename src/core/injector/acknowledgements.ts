/** Acknowledgements of one rollout as its transports bring them, handed to whoever waits for these agents. */
import type { Acknowledgement, OrderAction } from '../nerve/messages/order.js';

export interface AcknowledgementWait {
  readonly agents: ReadonlySet<string>;
  readonly action: OrderAction;
  readonly digest: string;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/** What of an acknowledgement tells one agent's from another's: a hundred thousand of them may wait to be written down. */
export type Answer = Pick<Acknowledgement, 'outcome' | 'code' | 'reason' | 'at' | 'timings'>;

export interface Acknowledgements {
  /** Those that came in time, by agent. Ask before sending the order: an answer that nobody waits for is gone. */
  waitFor(wait: AcknowledgementWait): Promise<Map<string, Answer>>;
  /** Called by transports; what answers an order of another coordinator has another epoch, and is passed over. */
  deliver(acknowledgement: Acknowledgement): void;
  /** A transport can bring no more: everybody who waits, now and later, is told why. */
  fail(thrown: unknown): void;
}

interface Waiter extends AcknowledgementWait {
  readonly arrived: Map<string, Answer>;
  readonly finish: () => void;
}

export function collectAcknowledgements(epoch: number): Acknowledgements {
  const waiters = new Set<Waiter>();
  let broken: { readonly thrown: unknown } | undefined;

  return {
    async waitFor(wait) {
      if (wait.agents.size === 0) return new Map();
      const arrived = new Map<string, Answer>();
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
        waiter.arrived.set(acknowledgement.agent, answerIn(acknowledgement));
        if (waiter.arrived.size === waiter.agents.size) waiter.finish();
      }
    },

    fail(thrown) {
      broken = { thrown };
      for (const waiter of waiters) waiter.finish();
    },
  };
}

function answerIn({ outcome, at, code, reason, timings }: Acknowledgement): Answer {
  return {
    outcome,
    at,
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
    ...(timings === undefined ? {} : { timings }),
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
