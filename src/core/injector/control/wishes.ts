/**
 * What is wished of a rollout while this process holds it: read from Redis before each order, in the call that writes what
 * the one before came to where nothing lies between them, and looked for meanwhile, so that a long wait ends early. Looking
 * also says that the coordinator is alive.
 */
import { limits } from '../../limits.js';
import { duplicateConnection } from '../../nerve/connection.js';
import type { Wish } from '../../nerve/messages/wish.js';
import type { Names } from '../../nerve/names.js';
import type { Outages } from '../../nerve/outages.js';
import type { Redis } from '../../nerve/redis.js';
import { prolongHold } from '../../nerve/rollout-holds.js';
import { claimAgain, takenOver } from '../../nerve/rollout-records.js';
import { wishRules } from '../course/states.js';

export interface WishWatch {
  /** The wish that waits, as of now; throws DN510 when another coordinator has taken over. */
  look(): Promise<Wish | undefined>;
  /** The wish that a write of the rollout has just found: as of now, until this process waits for something else. */
  found(wish: Wish | undefined): void;
  /** Raised while a wish waits, and when the rollout has been taken over. */
  readonly waiting: AbortSignal;
  /** Raised when waiting for anything else has become pointless: an abort, a rollback, a takeover. */
  readonly urgent: AbortSignal;
  /** A wish was obeyed, and that is written down: from here on the signal waits for the next one. */
  answered(wish: Wish): void;
  /** Lets go of the rollout; false when another coordinator has taken over, or Redis does not answer. */
  close(): Promise<boolean>;
}

interface WatchOptions {
  readonly rollout: string;
  readonly epoch: number;
  /** Name of this process. */
  readonly holder: string;
  readonly outages: Outages;
  readonly onWish: (wish: Wish) => void;
}

export async function watchWishes(
  redis: Redis,
  names: Names,
  { rollout, epoch, holder, outages, onWish }: WatchOptions,
): Promise<WishWatch> {
  let waiting = new AbortController();
  const urgent = new AbortController();
  let newest: Wish | undefined;
  /** The newest, until it is obeyed. */
  let open: Wish | undefined;
  let asOfNow: { readonly wish: Wish | undefined } | undefined;
  const prolong = (holdMs: number) => prolongHold(redis, names, { rollout, epoch, holdMs });
  /** A Redis that was away may have come back without our claim, which nobody has taken over then. */
  let lookedAfter = outages.count;
  const wasAway = () => outages.count > lookedAfter;

  const take = (wish: Wish | undefined) => {
    if (wish === undefined || wish.id === newest?.id) return;
    newest = wish;
    open = wish;
    onWish(wish);
    waiting.abort();
    if (wish.action === 'abort' || wish.action === 'rollback') urgent.abort();
  };
  /** The wish that counts: one that was seen is obeyed, also when Redis comes back without it or with an older one. */
  const counting = (found: Wish | undefined): Wish | undefined => {
    const isLost = found === undefined || (found.id !== open?.id && !overrules(found, open));
    if (isLost && open !== undefined) return open;
    take(found);
    return found;
  };
  const look = async () => {
    if (asOfNow !== undefined && !wasAway()) return asOfNow.wish;
    let found = await prolong(limits.rolloutHoldMs);
    if (found === 'lost' && wasAway()) {
      await claimAgain(redis, names, { id: rollout, holder, epoch });
      found = await prolong(limits.rolloutHoldMs);
    }
    lookedAfter = outages.count;
    if (found === 'lost') {
      waiting.abort();
      urgent.abort();
      throw takenOver(rollout);
    }
    return counting(found === 'none' ? undefined : found);
  };
  // A connection that is lost, or a takeover, is told by the next look of whoever is about to send something.
  const lookQuietly = () => void look().catch(() => undefined);
  const listener = await openListener(redis, names.wishes(rollout), lookQuietly);
  const timer = setInterval(lookQuietly, limits.rolloutLookEveryMs);

  return {
    look,
    get waiting() {
      return waiting.signal;
    },
    urgent: urgent.signal,
    found(wish) {
      asOfNow = { wish: counting(wish) };
      // What is awaited on Redis, a timer or an agent comes back in a later turn of the event loop.
      setImmediate(() => {
        asOfNow = undefined;
      });
    },
    answered(wish) {
      if (wish.id !== newest?.id) return;
      open = undefined;
      waiting = new AbortController();
    },
    async close() {
      clearInterval(timer);
      listener.disconnect();
      return (await prolong(0).catch(() => 'lost')) !== 'lost';
    },
  };
}

async function openListener(redis: Redis, channel: string, onMessage: () => void): Promise<Redis> {
  const listener = await duplicateConnection(redis);
  listener.on('message', onMessage);
  try {
    await listener.subscribe(channel);
    return listener;
  } catch (thrown) {
    listener.disconnect();
    throw thrown;
  }
}

function overrules(wish: Wish, earlier: Wish | undefined): boolean {
  return earlier === undefined || wishRules[wish.action].overrules.includes(earlier.action);
}
