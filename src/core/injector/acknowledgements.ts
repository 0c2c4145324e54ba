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
  /** Those that came in time, by agent; the first one counts when an agent answers twice. */
  waitFor(wait: AcknowledgementWait): Promise<Map<string, Acknowledgement>>;
  close(): Promise<void>;
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
  let waiter: Waiter | undefined;
  let closed = false;
  let broken: unknown;

  const deliver = (acknowledgement: Acknowledgement) => {
    if (waiter === undefined || acknowledgement.epoch !== epoch) return;
    if (acknowledgement.action !== waiter.action || !waiter.agents.has(acknowledgement.agent)) return;
    // An answer about other bytes than those asked for is no answer.
    if (acknowledgement.digest !== waiter.digest || waiter.arrived.has(acknowledgement.agent)) return;
    waiter.arrived.set(acknowledgement.agent, acknowledgement);
    if (waiter.arrived.size === waiter.agents.size) waiter.finish();
  };

  const reading = (async () => {
    let last = (await blocking.xrevrange(stream, '+', '-', 'COUNT', 1))[0]?.[0] ?? '0';
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
    waiter?.finish();
  });

  return {
    async waitFor(wait) {
      if (wait.agents.size === 0) return new Map();
      const arrived = new Map<string, Acknowledgement>();
      await new Promise<void>((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          wait.signal.removeEventListener('abort', finish);
          waiter = undefined;
          resolve();
        };
        const timer = setTimeout(finish, wait.withinMs);
        wait.signal.addEventListener('abort', finish, { once: true });
        waiter = { ...wait, arrived, finish };
        if (broken !== undefined || wait.signal.aborted) finish();
      });
      if (broken !== undefined) throw broken;
      return arrived;
    },
    async close() {
      closed = true;
      blocking.disconnect();
      await reading;
    },
  };
}
