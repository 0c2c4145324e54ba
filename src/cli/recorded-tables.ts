/** The running fleet in; the task tables that its agents last recorded, and what its governor has learned, out. */
import type { TaskTable } from '../core/bytecode/task-table.js';
import { DreamnetError } from '../core/errors.js';
import { noAgents } from '../core/fleet/no-agents.js';
import { selectAgents } from '../core/fleet/registry.js';
import { type EffectSize, readMemory } from '../core/governor/memory.js';
import { readFleetState } from '../core/governor/state.js';
import type { Capabilities } from '../core/language/capabilities.js';
import { type RunningConnection, type RunningFleetOptions, withRunningFleet } from './running-fleet.js';

export interface FleetTables {
  readonly table: TaskTable;
  readonly sizes: readonly EffectSize[];
  /** Living agents that were meant, and those of them whose table could be read. */
  readonly agents: number;
  readonly covered: number;
  /** Age of the oldest table that was used. */
  readonly ageMs: number;
}

/** As `decide` reads them. Throws DN954 when no fleet runs, and DN504 when the selector means nobody. */
export async function recordedTables(
  options: RunningFleetOptions,
  { selector, capabilities }: { readonly selector: string; readonly capabilities: Capabilities },
): Promise<FleetTables> {
  const read = async ({ redis, names }: RunningConnection): Promise<FleetTables> => {
    const nowMs = Date.now();
    const agents = await selectAgents(redis, names, { selector, nowMs });
    if (agents.length === 0)
      throw await nobody(redis, names, { selector, nowMs, prefix: options.flags.prefix });
    const { table, covered, ageMs } = await readFleetState(redis, names, { agents, nowMs });
    const { effectSizes } = await readMemory(redis, names, capabilities);
    return { table, sizes: effectSizes, agents: agents.length, covered, ageMs };
  };
  const tables = await withRunningFleet(options, read);
  if (tables === undefined) throw noFleet('No fleet runs here');
  return tables;
}

/** A table was given, so the fleet is only asked what it has learned, and not waited for: undefined when it says nothing. */
export async function learnedSizes(
  options: RunningFleetOptions,
  { capabilities, note }: { readonly capabilities: Capabilities; readonly note: (text: string) => void },
): Promise<readonly EffectSize[] | undefined> {
  try {
    return await withRunningFleet(
      { ...options, giveUpAfterMs: memoryGiveUpAfterMs },
      async ({ redis, names }) => (await readMemory(redis, names, capabilities)).effectSizes,
    );
  } catch (thrown) {
    if (!(thrown instanceof DreamnetError) || thrown.kind !== 'unreachable') throw thrown;
    note(`What the fleet has learned is not used: ${thrown.message}`);
    return undefined;
  }
}

/** A selector may be wrong, or there is no fleet at all that it could be right for. */
async function nobody(
  redis: RunningConnection['redis'],
  names: RunningConnection['names'],
  { selector, nowMs, prefix }: Meant,
): Promise<DreamnetError> {
  const all = selector === '' ? [] : await selectAgents(redis, names, { selector: '', nowMs });
  if (all.length > 0) return noAgents(selector);
  return noFleet(`No agents are alive ${prefix ? `under the prefix ${prefix}` : 'here'}`);
}

interface Meant {
  readonly selector: string;
  readonly nowMs: number;
  readonly prefix: string | undefined;
}

/** Redis on the same machine answers in milliseconds, or not at all. */
const memoryGiveUpAfterMs = 2_000;

function noFleet(why: string): DreamnetError {
  return new DreamnetError({
    code: 'DN954',
    kind: 'unreachable',
    message: `${why}, so there are no recorded tasks to simulate on.`,
    hint: 'Give a table with --tasks FILE, or start a fleet with `dreamnet up`; `dreamnet status` shows what runs.',
  });
}
