/**
 * After a restart: the journal's orders are opened and checked again and put back in force, without measuring. What was
 * on the stream before a host that knows nothing is none of its business: an order is for those who were there.
 */
import type { KeyObject } from 'node:crypto';
import type { Redis } from 'ioredis';
import { openOrder } from '../order-signature.js';
import type { Agent } from './agent.js';
import type { Journal } from './journal.js';
import type { LoadedProgram, ProgramLoader } from './load-program.js';

/** The stream id of the last order that was obeyed; undefined when the journal is empty. */
export async function restoreAgents(request: {
  readonly agents: readonly Agent[];
  readonly journal: Journal;
  readonly loader: ProgramLoader;
  readonly trusted: readonly KeyObject[];
}): Promise<string | undefined> {
  const { agents, journal, trusted } = request;
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  for (const entry of journal.entries) {
    // Orders that were obeyed in time stay in force: expiry is about obeying them first, so it is not asked here.
    const opened = openOrder(entry.envelope, { trusted, nowMs: 0 });
    if (!opened.ok) continue;
    const loaded = await loadOnce(request.loader, opened.order.digest, agents[0]);
    for (const id of opened.order.targets) byId.get(id)?.restore(opened.order, loaded);
  }
  return journal.entries.at(-1)?.streamId;
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
  agent: Agent | undefined,
): Promise<LoadedProgram | undefined> {
  if (agent === undefined) return undefined;
  const { bytes, fetchMs } = await loader.bytes(digest);
  const load = loader.load({ digest, bytes, fetchMs, capabilities: agent.capabilities });
  return load.ok ? load.loaded : undefined;
}
