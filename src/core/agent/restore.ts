/** After a restart: the journal's orders are opened and checked again and put back in force, without measuring. */
import type { KeyObject } from 'node:crypto';
import { openOrder } from '../order-signature.js';
import type { Agent } from './agent.js';
import type { Journal } from './journal.js';
import type { LoadedProgram, ProgramLoader } from './load-program.js';

/** The stream id after which to go on reading orders; `0` when the journal is empty. */
export async function restoreAgents(request: {
  readonly agents: readonly Agent[];
  readonly journal: Journal;
  readonly loader: ProgramLoader;
  readonly trusted: readonly KeyObject[];
}): Promise<string> {
  const { agents, journal, trusted } = request;
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  for (const entry of journal.entries) {
    // Orders that were obeyed in time stay in force: expiry is about obeying them first, so it is not asked here.
    const opened = openOrder(entry.envelope, { trusted, nowMs: 0 });
    if (!opened.ok) continue;
    const loaded = await loadOnce(request.loader, opened.order.digest, agents[0]);
    for (const id of opened.order.targets) byId.get(id)?.restore(opened.order, loaded);
  }
  return journal.entries.at(-1)?.streamId ?? '0';
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
