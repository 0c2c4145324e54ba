/**
 * Orders of one host, one after the other in the order of the stream, for as long as the host lives. While Redis is out of
 * reach an order is tried again; one that fails otherwise is passed, because the undo may stand behind it.
 */
import { messageOf } from '../errors.js';
import { passesByItself } from '../nerve/connection.js';
import type { Redis } from '../nerve/redis.js';
import { pause } from '../pause.js';

export interface OrderStreamOptions {
  /** A connection of its own: reading blocks. */
  readonly redis: Redis;
  readonly stream: string;
  /** Stream id after which to begin; `0` is from the beginning. */
  readonly after: string;
  readonly signal: AbortSignal;
  readonly handle: (streamId: string, envelope: string) => Promise<void>;
  /** Told of an order that could not be handled, and will not be tried again. */
  readonly passed: (streamId: string, reason: string) => Promise<void>;
  readonly log: (line: string) => void;
}

const blockMs = 5_000;
const retryAfterMs = 200;

export async function followOrders(options: OrderStreamOptions): Promise<void> {
  const { redis, stream, signal } = options;
  let last = options.after;
  while (!signal.aborted) {
    try {
      const reply = await redis.xread('COUNT', 100, 'BLOCK', blockMs, 'STREAMS', stream, last);
      for (const [streamId, fields] of reply?.[0]?.[1] ?? []) {
        await handleOrPass(options, streamId, envelopeOf(fields));
        last = streamId;
      }
    } catch (thrown) {
      if (signal.aborted) return;
      options.log(`orders not read: ${messageOf(thrown)}`);
      await pause(retryAfterMs, signal);
    }
  }
}

async function handleOrPass(
  { handle, passed, log }: OrderStreamOptions,
  streamId: string,
  envelope: string,
): Promise<void> {
  try {
    await handle(streamId, envelope);
  } catch (thrown) {
    if (passesByItself(thrown)) throw thrown;
    log(`order ${streamId} passed: ${messageOf(thrown)}`);
    await passed(streamId, messageOf(thrown)).catch((again) => {
      if (passesByItself(again)) throw again;
      log(`order ${streamId}: nobody could be told: ${messageOf(again)}`);
    });
  }
}

/** The field `order`; anything else is handed on as it is, to be refused. */
function envelopeOf(fields: readonly string[]): string {
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (fields[at] === 'order') return fields[at + 1] ?? '';
  }
  return '';
}
