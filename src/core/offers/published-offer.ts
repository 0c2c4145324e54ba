/**
 * What an agent offers to programs in, its published form out: a capability file as JSON with sorted keys and without
 * spaces, and the SHA-256 of it, by which agents' records name it. Agents that offer the same so have one copy in Redis.
 */
import { digestOf } from '../bytecode/digest.js';
import { canonicalJson } from '../canonical-json.js';
import type { Capabilities } from '../language/capabilities.js';
import type { Names } from '../nerve/names.js';
import { pipelined } from '../nerve/records.js';
import type { Redis } from '../nerve/redis.js';

export interface PublishedOffer {
  readonly digest: string;
  readonly text: string;
}

const known = new WeakMap<Capabilities, PublishedOffer>();

/** Made once for all agents that share one object. */
export function publishedOffer(capabilities: Capabilities): PublishedOffer {
  const before = known.get(capabilities);
  if (before !== undefined) return before;
  const { version, name, fields, actions } = capabilities;
  const text = canonicalJson({ version, name, fields, actions });
  const offer = { digest: digestOf(Buffer.from(text)), text };
  known.set(capabilities, offer);
  return offer;
}

/** Without fields or without actions there is nothing that a program could be written for. */
export function offersAnything({ fields, actions }: Capabilities): boolean {
  return fields.length > 0 && actions.length > 0;
}

/** One write for each that differs, however many agents offer it; a copy that was damaged is whole again. */
export async function publishOffers(
  { redis, names }: { readonly redis: Redis; readonly names: Names },
  offers: Iterable<PublishedOffer>,
): Promise<void> {
  const distinct = new Map([...offers].map((offer) => [offer.digest, offer]));
  await pipelined(redis, [...distinct.values()], (pipeline, { digest, text }) =>
    pipeline.set(names.offer(digest), text),
  );
}
