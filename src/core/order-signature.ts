/** Orders signed by the injector and opened by agents: an order and a key in, exact bytes with an Ed25519 signature out. */
import { type KeyObject, sign, verify } from 'node:crypto';
import { keyIdOf } from './bytecode/signature.js';
import { type Order, orderSchema, type SignedOrder, signedOrderSchema } from './nerve/messages/order.js';
import { parseRecord } from './nerve/records.js';

export type OpenedOrder =
  | { readonly ok: true; readonly order: Order }
  | { readonly ok: false; readonly code: string; readonly reason: string };

/** Signs the JSON text itself, so that checking needs no canonical form. */
export function signOrder(
  order: Order,
  key: { readonly privateKey: KeyObject; readonly keyId: string },
): SignedOrder {
  const text = JSON.stringify(order);
  return {
    order: text,
    keyId: key.keyId,
    signature: sign(null, Buffer.from(text), key.privateKey).toString('base64'),
  };
}

/** Checks key, signature, shape, fleet and expiry, in this order: nothing of the text is used before its signature holds. */
export function openOrder(
  envelope: string,
  {
    trusted,
    revoked = new Set(),
    fleet,
    nowMs,
  }: {
    readonly trusted: readonly KeyObject[];
    /** Ids of keys. */
    readonly revoked?: ReadonlySet<string>;
    /** Prefix of the agent's own fleet; absent: not asked. */
    readonly fleet?: string;
    readonly nowMs: number;
  },
): OpenedOrder {
  const signed = parseRecord(envelope, signedOrderSchema);
  if (signed === undefined) return refusal('DN610', 'the order has not the shape of a signed order');
  if (revoked.has(signed.keyId))
    return refusal('DN622', `the order is signed by ${signed.keyId}, a key that is revoked`);
  const key = trusted.find((candidate) => keyIdOf(candidate) === signed.keyId);
  if (key === undefined)
    return refusal('DN611', `the order is signed by ${signed.keyId}, which this agent does not trust`);
  if (!verify(null, Buffer.from(signed.order), key, Buffer.from(signed.signature, 'base64'))) {
    return refusal('DN612', 'the signature of the order does not fit its text');
  }
  const order = parseRecord(signed.order, orderSchema);
  if (order === undefined) return refusal('DN613', 'the order is signed but has fields that do not fit');
  if (fleet !== undefined && order.fleet !== undefined && order.fleet !== fleet)
    return refusal(
      'DN591',
      `the order is for ${fleetText(order.fleet)}, and this agent is of ${fleetText(fleet)}`,
    );
  if (order.expires <= nowMs) return refusal('DN614', `the order expired ${nowMs - order.expires} ms ago`);
  return { ok: true, order };
}

function fleetText(prefix: string): string {
  return prefix === '' ? 'the fleet without a prefix' : `the fleet with prefix ${JSON.stringify(prefix)}`;
}

function refusal(code: string, reason: string): OpenedOrder {
  return { ok: false, code, reason };
}
