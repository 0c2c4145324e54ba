/**
 * After a restart: the journal's orders are opened and checked again and put back in force, without measuring. What was
 * on the stream before a host that knows nothing is none of its business: an order is for those who were there.
 */
import type { Trust } from '../keys/trust.js';
import { type Order, orderSchema, signedOrderSchema } from '../nerve/messages/order.js';
import { parseRecord } from '../nerve/records.js';
import type { Redis } from '../nerve/redis.js';
import { openOrder } from '../order-signature.js';
import type { Agent } from './agent.js';
import type { Journal, JournalEntry } from './journal.js';
import type { LoadOutcome, ProgramLoader } from './load-program.js';
import { createMissingPrograms, type MissingProgram } from './missing-programs.js';
import type { OrderOutcome } from './order-outcome.js';

export interface Restored {
  /** Stream id of the last order that was obeyed; undefined when the journal is empty. */
  readonly obeyed: string | undefined;
  /** Why agents come up without what they held; one entry per reason. */
  readonly missing: readonly MissingProgram[];
}

/** A key that was revoked meanwhile puts nothing back in force: its agents come up with what they had before. */
export async function restoreAgents(request: {
  readonly agents: readonly Agent[];
  readonly journal: Journal;
  readonly loader: ProgramLoader;
  readonly trust: Trust;
  /** Says what could not be taken back. */
  readonly log: (line: string) => void;
}): Promise<Restored> {
  const { agents, journal, trust } = request;
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  const missing = createMissingPrograms();
  for (const entry of journal.entries) {
    // Orders that were obeyed in time stay in force: expiry is about obeying them first, so it is not asked here.
    const opened = openOrder(entry.envelope, { ...trust, nowMs: 0 });
    const order = opened.ok ? opened.order : claimedOrder(entry);
    if (order === undefined) continue;
    const load = opened.ok
      ? await loadOnce(request.loader, order.digest, { agent: agents[0], trust })
      : opened;
    const loaded = load !== undefined && 'loaded' in load ? load.loaded : undefined;
    const undone: Promise<void>[] = [];
    for (const agent of order.targets.flatMap((id) => byId.get(id) ?? [])) {
      const outcome = opened.ok
        ? agent.restore(order, loaded)
        : isUndoOfRevoked(order, opened.code)
          ? agent.restoreUndone(order)
          : undefined;
      if (outcome instanceof Promise) undone.push(outcome.then((late) => told(agent, late)));
      else told(agent, outcome);
      missing.add(agent, order, load?.ok === false ? load : undefined);
    }
    await Promise.all(undone);
  }
  return { obeyed: journal.entries.at(-1)?.streamId, missing: missing.counted() };

  function told(agent: Agent, outcome: OrderOutcome | undefined): void {
    if (outcome !== undefined && outcome.outcome !== 'done')
      request.log(`${agent.id} at its restart: ${outcome.code} ${outcome.reason}`);
  }
}

/** What a line says whose signature does not hold: enough to tell who misses what, and to leave undone what was undone. */
function claimedOrder({ envelope }: JournalEntry): Order | undefined {
  return parseRecord(parseRecord(envelope, signedOrderSchema)?.order, orderSchema);
}

/**
 * What was undone stays undone, whoever's key was revoked since. Its signature need not be asked: a line like this takes
 * no more away than a line removed from the journal would.
 */
function isUndoOfRevoked({ action }: Order, code: string): boolean {
  return action === 'undo' && code === 'DN622';
}

/**
 * Where to go on reading. Ask before the agents register: whatever is sent to them comes later. A stream that ends before
 * the last order obeyed has been lost and begun anew, so that its end counts, not the id of another life.
 */
export async function readOrdersAfter(redis: Redis, stream: string, obeyed?: string): Promise<string> {
  const end = (await redis.xrevrange(stream, '+', '-', 'COUNT', 1))[0]?.[0] ?? '0-0';
  return obeyed !== undefined && isBefore(obeyed, end) ? obeyed : end;
}

function isBefore(one: string, other: string): boolean {
  const [oneMs = 0, oneNumber = 0] = one.split('-').map(Number);
  const [otherMs = 0, otherNumber = 0] = other.split('-').map(Number);
  return oneMs < otherMs || (oneMs === otherMs && oneNumber < otherNumber);
}

async function loadOnce(
  loader: ProgramLoader,
  digest: string,
  { agent, trust }: { readonly agent: Agent | undefined; readonly trust: Trust },
): Promise<LoadOutcome | undefined> {
  if (agent === undefined) return undefined;
  const fetched = await loader.fetch(digest);
  return loader.load({ digest, fetched, capabilities: agent.capabilities, trust });
}
