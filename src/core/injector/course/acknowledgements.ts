/** Acknowledgements of one rollout as its transports bring them, handed to whoever waits for these agents. */
import type { Acknowledgement, OrderAction } from '../../nerve/messages/order.js';

export interface AcknowledgementWait {
  /** With the host that carries each, where only that one may answer for it. */
  readonly agents: Iterable<readonly [agent: string, host: string | undefined]>;
  readonly action: OrderAction;
  readonly digest: string;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/** An answer that is nobody's: no wait for it, not by who carries the agent, or another one than that agent's first. */
export interface StrayAcknowledgement {
  readonly acknowledgement: Acknowledgement;
  readonly kind: 'unasked' | 'other-host' | 'second';
}

/** What a rollout keeps of an acknowledgement: a hundred thousand of them may wait to be written down. */
export interface Answer extends Pick<Acknowledgement, 'outcome' | 'code' | 'reason' | 'at' | 'route'> {
  /** What loading the program took, all told. */
  readonly loadMs?: number | undefined;
}

export interface Acknowledgements {
  /** Those that came in time, by agent. Ask before sending the order: an answer that nobody waits for is gone. */
  waitFor(wait: AcknowledgementWait): Promise<Map<string, Answer>>;
  /** Called by transports; what answers an order of another coordinator has another epoch, and is passed over. */
  deliver(acknowledgement: Acknowledgement): void;
  /** Agents that somebody waits for; who answers while they are gone through is left out. */
  awaited(): Iterable<string>;
  /** Answers for agents that cannot answer any more, whatever is waited for. */
  giveUp(agents: readonly string[], answer: Pick<Acknowledgement, 'code' | 'reason' | 'at'>): void;
  /** This agent is only now being told: whoever waits for it waits from now on. */
  reached(agent: string): void;
  /** A transport can bring no more: everybody who waits, now and later, is told why. */
  fail(thrown: unknown): void;
  /** Who is told of answers that are nobody's. */
  onStray(listener: (stray: StrayAcknowledgement) => void): void;
}

interface Waiter extends Omit<AcknowledgementWait, 'agents'> {
  /** The answer of each, and until it is there the host that may give it. */
  readonly agents: Map<string, Answer | string>;
  /** How many have not answered. */
  open: number;
  readonly finish: () => void;
  /** Begins the time anew. */
  readonly prolong: () => void;
}

/** The transport keeps the time of each agent by itself, and says more when it is over. */
const graceMs = 500;
/** In place of a host: whoever answers. */
const anyHost = '';

export function collectAcknowledgements(epoch: number): Acknowledgements {
  const waiters = new Set<Waiter>();
  let broken: { readonly thrown: unknown } | undefined;
  let tellStray: (stray: StrayAcknowledgement) => void = () => undefined;

  return {
    async waitFor(wait) {
      const agents = new Map<string, Answer | string>();
      for (const [agent, host] of wait.agents) agents.set(agent, host ?? anyHost);
      if (agents.size === 0) return new Map();
      await new Promise<void>((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          wait.signal.removeEventListener('abort', finish);
          waiters.delete(waiter);
          resolve();
        };
        let timer = setTimeout(finish, wait.withinMs);
        const prolong = () => {
          clearTimeout(timer);
          timer = setTimeout(finish, wait.withinMs + graceMs);
        };
        wait.signal.addEventListener('abort', finish, { once: true });
        const waiter: Waiter = { ...wait, agents, open: agents.size, finish, prolong };
        waiters.add(waiter);
        if (broken !== undefined || wait.signal.aborted) finish();
      });
      if (broken !== undefined) throw broken.thrown;
      return answersIn(agents);
    },

    deliver(acknowledgement) {
      if (acknowledgement.epoch !== epoch) return;
      const { agent, action } = acknowledgement;
      let kind: StrayAcknowledgement['kind'] | undefined = 'unasked';
      for (const waiter of waiters) {
        const known = waiter.agents.get(agent);
        if (action !== waiter.action || known === undefined) continue;
        const answer = withRightDigest(acknowledgement, waiter.digest);
        const isFirst = typeof known === 'string';
        kind = isFirst ? strangerTo(known, answer) : again(known, answer);
        if (!isFirst || kind !== undefined) break;
        waiter.agents.set(agent, answerIn(answer));
        if (--waiter.open === 0) waiter.finish();
        break;
      }
      if (kind !== undefined) tellStray({ acknowledgement, kind });
    },

    *awaited() {
      for (const { agents } of waiters)
        for (const [agent, known] of agents) if (typeof known === 'string') yield agent;
    },

    giveUp(agents, answer) {
      for (const waiter of [...waiters])
        for (const agent of agents) {
          const host = waiter.agents.get(agent);
          if (typeof host !== 'string') continue;
          const { action, digest } = waiter;
          this.deliver({ ...answer, agent, host, action, digest, epoch, outcome: 'failed' });
        }
    },

    reached(agent) {
      for (const waiter of waiters) if (waiter.agents.has(agent)) waiter.prolong();
    },

    fail(thrown) {
      broken = { thrown };
      for (const waiter of waiters) waiter.finish();
    },

    onStray(listener) {
      tellStray = listener;
    },
  };
}

/** Takes away who has not answered. */
function answersIn(agents: Map<string, Answer | string>): Map<string, Answer> {
  for (const [agent, known] of agents) if (typeof known === 'string') agents.delete(agent);
  return agents as Map<string, Answer>;
}

/** Without a host it is this process that speaks for the agent; no message can. */
function strangerTo(carrier: string, { host }: Acknowledgement): 'other-host' | undefined {
  return host === '' || carrier === anyHost || carrier === host ? undefined : 'other-host';
}

/** The first answer counts; the same once more, as after a lost connection, is nothing to tell. */
function again(first: Answer, next: Acknowledgement): 'second' | undefined {
  return first.outcome === next.outcome && first.code === next.code ? undefined : 'second';
}

/** An agent that speaks of other bytes than those it was told of has failed, whatever it did with them. */
function withRightDigest(acknowledgement: Acknowledgement, digest: string): Acknowledgement {
  if (acknowledgement.digest === digest) return acknowledgement;
  const reason = `it acknowledged ${acknowledgement.digest}, asked for was ${digest}`;
  return { ...acknowledgement, outcome: 'failed', code: 'DN560', reason };
}

function answerIn({ outcome, at, code, reason, timings, route }: Acknowledgement): Answer {
  return {
    outcome,
    at,
    loadMs: timings?.totalMs,
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
    ...(route === undefined ? {} : { route }),
  };
}
