/** The bus: orders on the streams of the hosts, answers on the rollout's stream; agents with the SDK fetch by digest. */
import { limits } from '../../limits.js';
import { duplicateConnection } from '../../nerve/connection.js';
import { acknowledgementSchema } from '../../nerve/messages/order.js';
import { parseEntry } from '../../nerve/streams.js';
import { sendOrders } from '../course/send-orders.js';
import type { Transport, TransportOpening } from './transport.js';

const blockMs = 2_000;

/** Reads from the end of the stream on: what answered an earlier coordinator has another epoch. */
export async function openBus(opening: TransportOpening): Promise<Transport> {
  const { redis, names, key, rollout } = opening;
  const stream = names.acknowledgements(rollout);
  const blocking = await duplicateConnection(redis);
  let last = (await blocking.xrevrange(stream, '+', '-', 'COUNT', 1))[0]?.[0] ?? '0';
  let closed = false;
  let readSinceTrim = 0;
  /**
   * By age and not by what was read here: a coordinator that was taken over and does not know it yet must not take away
   * what the one after it has still to read.
   */
  const trim = async () => {
    const [lastMs] = last.split('-').map(Number);
    const minId = Math.max(0, (lastMs ?? 0) - limits.acknowledgementsReadWithinMs);
    await redis.xtrim(stream, 'MINID', '~', minId);
    readSinceTrim = 0;
  };

  (async () => {
    while (!closed) {
      const reply = await blocking.xread('COUNT', 1_000, 'BLOCK', blockMs, 'STREAMS', stream, last);
      for (const entry of reply?.[0]?.[1] ?? []) {
        last = entry[0];
        const received = parseEntry(entry, acknowledgementSchema);
        if (received.ok) opening.deliver(received.value);
        readSinceTrim++;
      }
      if (readSinceTrim >= limits.streamEntriesMax) await trim();
    }
  })().catch(opening.fail);

  return {
    send: (batches) => sendOrders(redis, names, key, batches),
    close() {
      closed = true;
      // Nothing is awaited: a read on a connection that is just coming back ends only with the process.
      blocking.disconnect();
    },
  };
}
