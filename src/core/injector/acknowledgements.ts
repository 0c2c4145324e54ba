/** Acknowledgements of one rollout as they arrive: read once from the stream, handed to whoever waits for these agents. */
import type { Redis } from 'ioredis';
import { duplicateConnection } from '../nerve/connection.js';
import { type Acknowledgement, acknowledgementSchema, type OrderAction } from '../nerve/messages/order.js';
import { parseEntry } from '../nerve/streams.js';

export interface AcknowledgementWait {
  readonly agents: ReadonlySet<string>;
  readonly action: OrderAction;
  readonly digest: string;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

export interface AcknowledgementReader {
  /** Those that came in time, by agent. Ask before sending the order: an answer that nobody waits for is gone. */
  waitFor(wait: AcknowledgementWait): Promise<Map<string, Acknowledgement>>;
  close(): void;
}

interface Waiter extends AcknowledgementWait {
  readonly arrived: Map<string, Acknowledgement>;
  readonly finish: () => void;
}

const blockMs = 2_000;

/** Reads from the end of the stream on: an earlier coordinator's acknowledgements have another epoch. */
export async function readAcknowledgements(
  redis: Redis,
  { stream, epoch }: { readonly stream: string; readonly epoch: number },
): Promise<AcknowledgementReader> {
  const blocking = await duplicateConnection(redis);
  let last = (await blocking.xrevrange(stream, '+', '-', 'COUNT', 1))[0]?.[0] ?? '0';
  const waiters = new Set<Waiter>();
  let closed = false;
  let broken: unknown;

  const deliver = (acknowledgement: Acknowledgement) => {
    if (acknowledgement.epoch !== epoch) return;
    for (const waiter of waiters) {
      if (!answers(acknowledgement, waiter)) continue;
      waiter.arrived.set(acknowledgement.agent, acknowledgement);
      if (waiter.arrived.size === waiter.agents.size) waiter.finish();
    }
  };

  (async () => {
    while (!closed) {
      const reply = await blocking.xread('COUNT', 1_000, 'BLOCK', blockMs, 'STREAMS', stream, last);
      for (const entry of reply?.[0]?.[1] ?? []) {
        last = entry[0];
        const received = parseEntry(entry, acknowledgementSchema);
        if (received.ok) deliver(received.value);
      }
    }
  })().catch((thrown) => {
    broken = thrown;
    for (const waiter of waiters) waiter.finish();
  });

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
      if (broken !== undefined) throw broken;
      return arrived;
    },
    close() {
      closed = true;
      // Nothing is awaited: a read on a connection that is just coming back ends only with the process.
      blocking.disconnect();
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
