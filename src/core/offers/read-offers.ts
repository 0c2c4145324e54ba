/**
 * Agents' records in, what these agents offer to programs out, by offer, those of most agents first. What stands in Redis is
 * not believed: it is bounded, must have the digest that the records name, and must read as a capability file. An agent
 * whose offer cannot be used is like one that publishes none: it checks by itself what it is sent.
 */
import { digestOf } from '../bytecode/digest.js';
import type { Capabilities } from '../language/capabilities.js';
import { languageLimits } from '../language/limits.js';
import { readCapabilities } from '../language/read-capabilities.js';
import { limits } from '../limits.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';

export interface OfferingAgent {
  readonly id: string;
  /** Digest of what it offers. */
  readonly offer?: string | undefined;
}

export interface AgentsOffer {
  readonly digest: string;
  readonly capabilities: Capabilities;
  /** Ids, in the order in which they were given. */
  readonly agents: readonly string[];
}

export interface UnusableOffer {
  readonly digest: string;
  readonly reason: string;
  readonly agents: readonly string[];
}

export interface FleetOffers {
  readonly offers: readonly AgentsOffer[];
  readonly unusable: readonly UnusableOffer[];
  /** Agents that publish none: of an earlier dreamnet, or without the SDK. */
  readonly silent: readonly string[];
}

export type OfferRead =
  | { readonly ok: true; readonly capabilities: Capabilities }
  | { readonly ok: false; readonly reason: string };

interface Nerve {
  readonly redis: Redis;
  readonly names: Names;
}

export async function readFleetOffers(nerve: Nerve, agents: readonly OfferingAgent[]): Promise<FleetOffers> {
  const silent: string[] = [];
  const byDigest = new Map<string, string[]>();
  for (const { id, offer } of agents) {
    const others = offer === undefined ? silent : byDigest.get(offer);
    if (others === undefined) byDigest.set(offer as string, [id]);
    else others.push(id);
  }
  const offers: AgentsOffer[] = [];
  const unusable: UnusableOffer[] = [];
  const read = createOfferReader(nerve);
  for (const [digest, ids] of [...byDigest].sort((a, b) => b[1].length - a[1].length)) {
    const found = await read(digest);
    if (found.ok) offers.push({ digest, capabilities: found.capabilities, agents: ids });
    else unusable.push({ digest, reason: found.reason, agents: ids });
  }
  return { offers, unusable, silent };
}

/** Reads each offer once; of a fleet that publishes more than is worth reading, the rest cannot be used. */
export function createOfferReader(nerve: Nerve): (digest: string) => Promise<OfferRead> {
  const known = new Map<string, OfferRead>();
  let bytes = 0;
  return async (digest) => {
    const before = known.get(digest);
    if (before !== undefined) return before;
    if (known.size >= limits.offersReadMax || bytes >= limits.offersBytesMax)
      return { ok: false, reason: 'the fleet publishes too many different offers to read them all' };
    const text = await storedText(nerve, digest);
    bytes += text?.length ?? 0;
    const found = offerIn(text, digest);
    known.set(digest, found);
    return found;
  };
}

/** Undefined when there is none; of one that is too large, one byte more than it may have. */
async function storedText({ redis, names }: Nerve, digest: string): Promise<Buffer | undefined> {
  try {
    const bytes = await redis.getrangeBuffer(names.offer(digest), 0, languageLimits.capabilityFileBytesMax);
    return bytes.length === 0 ? undefined : bytes;
  } catch (thrown) {
    // A value of another kind under that name is as good as none.
    if (thrown instanceof Error && thrown.message.startsWith('WRONGTYPE')) return undefined;
    throw thrown;
  }
}

function offerIn(bytes: Buffer | undefined, digest: string): OfferRead {
  if (bytes === undefined) return { ok: false, reason: 'it is not in Redis' };
  if (bytes.length > languageLimits.capabilityFileBytesMax)
    return { ok: false, reason: `it has more than ${languageLimits.capabilityFileBytesMax} bytes` };
  if (digestOf(bytes) !== digest) return { ok: false, reason: 'what is in Redis has another digest' };
  const read = readCapabilities(bytes.toString('utf8'), { fileName: 'the offer' });
  if (read.ok) return { ok: true, capabilities: read.capabilities };
  const error = read.diagnostics.find(({ severity }) => severity === 'error');
  return {
    ok: false,
    reason: `it is no capability file: ${error?.code ?? ''} ${error?.message ?? ''}`.trim(),
  };
}
