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

/** As `decide` reads them. Throws DN954 when no fleet runs, and DN504 when nobody is meant. */
export async function recordedTables(
  options: RunningFleetOptions,
  { selector, capabilities }: { readonly selector: string; readonly capabilities: Capabilities },
): Promise<FleetTables> {
  const read = async ({ redis, names }: RunningConnection): Promise<FleetTables> => {
    const nowMs = Date.now();
    const agents = await selectAgents(redis, names, { selector, nowMs });
    if (agents.length === 0) throw noAgents(selector);
    const { table, covered, ageMs } = await readFleetState(redis, names, { agents, nowMs });
    const { effectSizes } = await readMemory(redis, names, capabilities);
    return { table, sizes: effectSizes, agents: agents.length, covered, ageMs };
  };
  const tables = await withRunningFleet(options, read);
  if (tables === undefined) throw noFleet();
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

/** Redis on the same machine answers in milliseconds, or not at all. */
const memoryGiveUpAfterMs = 2_000;

function noFleet(): DreamnetError {
  return new DreamnetError({
    code: 'DN954',
    kind: 'unreachable',
    message: 'No fleet runs here, so there are no recorded tasks to simulate on.',
    hint: 'Give a table with --tasks FILE, or start a fleet with `dreamnet up`.',
  });
}
