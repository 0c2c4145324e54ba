/** Orders out: one signed order per host and action, all in one pipeline, so that all hosts hear at the same moment. */
import type { KeyObject } from 'node:crypto';
import type { Redis } from 'ioredis';
import { limits } from '../limits.js';
import type { Order } from '../nerve/messages/order.js';
import type { Names } from '../nerve/names.js';
import { pipelined } from '../nerve/records.js';
import { signOrder } from '../order-signature.js';
import type { Target } from './plan.js';

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

function chunks(ids: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (let from = 0; from < ids.length; from += limits.batchAgentsMax)
    parts.push(ids.slice(from, from + limits.batchAgentsMax));
  return parts;
}
