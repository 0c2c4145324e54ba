/** Orders out: one signed order per host and action, all in one pipeline, so that all hosts hear at the same moment. */
import type { KeyObject } from 'node:crypto';
import { limits } from '../../limits.js';
import type { Order } from '../../nerve/messages/order.js';
import type { Names } from '../../nerve/names.js';
import { pipelined } from '../../nerve/records.js';
import type { Redis } from '../../nerve/redis.js';
import { signOrder } from '../../order-signature.js';
import type { Target } from '../plan/plan.js';

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly keyId: string;
}

export interface OrderBatch {
  readonly order: Omit<Order, 'targets'>;
  readonly targets: readonly Target[];
}

export async function sendOrders(
  redis: Redis,
  names: Names,
  key: SigningKey,
  batches: readonly OrderBatch[],
): Promise<void> {
  const envelopes = batches.flatMap(({ order, targets }) =>
    [...Map.groupBy(targets, (target) => target.host)].flatMap(([host, members]) =>
      chunks(members.map(({ id }) => id)).map((ids) => ({
        host,
        envelope: signOrder({ ...order, targets: ids }, key),
      })),
    ),
  );
  await pipelined(redis, envelopes, (pipeline, { host, envelope }) =>
    pipeline.xadd(
      names.orders(host),
      'MAXLEN',
      '~',
      limits.hostOrdersMax,
      '*',
      'order',
      JSON.stringify(envelope),
    ),
  );
}

/** Half of what a message may hold, because an order travels as text within text, and has other fields too. */
const idCharactersMax = limits.messageBytesMax / 2;

/** An order names a bounded number of agents, and long ids fewer of them. */
function chunks(ids: readonly string[]): string[][] {
  const parts: string[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const id of ids) {
    characters += id.length + 3;
    const part = parts.at(-1);
    if (part !== undefined && part.length < limits.batchAgentsMax && characters <= idCharactersMax) {
      part.push(id);
    } else {
      parts.push([id]);
      characters = id.length + 3;
    }
  }
  return parts;
}
