/** The state a decision rests on: the living agents a selector means, and their task tables as last recorded, as one table. */
import { createHash } from 'node:crypto';
import type { TaskTable } from '../bytecode/task-table.js';
import { DreamnetError } from '../errors.js';
import type { RegisteredAgent } from '../fleet/registry.js';
import { externalWorkload } from '../nerve/messages/agent-record.js';
import type { Names } from '../nerve/names.js';
import { pipelined } from '../nerve/records.js';
import type { Redis } from '../nerve/redis.js';
import { decodeTaskSnapshot, type TaskSnapshot } from '../nerve/task-snapshot.js';

export interface FleetState {
  readonly agents: readonly RegisteredAgent[];
  /** Agents whose task table could be read. */
  readonly covered: number;
  readonly table: TaskTable;
  /** Age of the oldest table that was used. */
  readonly ageMs: number;
  /** Changes when other agents, other programs or other tables were the basis. */
  readonly fingerprint: string;
}

export async function readFleetState(
  redis: Redis,
  names: Names,
  { agents, nowMs }: { readonly agents: readonly RegisteredAgent[]; readonly nowMs: number },
): Promise<FleetState> {
  const replies = await pipelined<RegisteredAgent, Buffer | null>(redis, agents, (pipeline, { id }) =>
    pipeline.getBuffer(names.tasks(id)),
  );
  const snapshots = replies.map(decodeTaskSnapshot);
  const read = snapshots.filter((snapshot) => snapshot !== undefined);
  if (read.length === 0) throw noTables(agents);
  const hash = createHash('sha256');
  for (const [at, { id, live }] of agents.entries()) {
    hash.update(`${id} ${live ?? '-'} ${snapshots[at]?.atMs ?? '-'}\n`);
  }
  return {
    agents,
    covered: read.length,
    table: concatenate(read),
    ageMs: Math.max(0, ...read.map((snapshot) => nowMs - snapshot.atMs)),
    fingerprint: hash.digest('hex').slice(0, 16),
  };
}

/** Tables of agents that know the same fields; a field that one of them lacks reads 0 there. */
function concatenate(snapshots: readonly TaskSnapshot[]): TaskTable {
  const rows = snapshots.reduce((sum, snapshot) => sum + snapshot.rows, 0);
  const fields = new Set(snapshots.flatMap((snapshot) => Object.keys(snapshot.columns)));
  const columns: Record<string, Float64Array> = {};
  for (const field of fields) {
    const column = new Float64Array(rows);
    let from = 0;
    for (const snapshot of snapshots) {
      const part = snapshot.columns[field];
      if (part !== undefined) column.set(part, from);
      from += snapshot.rows;
    }
    columns[field] = column;
  }
  return { rows, columns };
}

function noTables(agents: readonly RegisteredAgent[]): DreamnetError {
  const isSilent = agents.every(({ workload }) => workload === externalWorkload);
  return new DreamnetError({
    code: 'DN411',
    kind: 'failed',
    message: `None of the ${agents.length} agents has recorded its tasks${isSilent ? '' : ' yet'}, so nothing can be predicted.`,
    hint: isSilent
      ? 'Agents that are reached by files tell nothing of tasks: give them a program with `dreamnet inject FILE`, or make containers the tasks with `dreamnet agent --filter label=KEY`.'
      : 'Wait for a reporting interval (5 s), then ask again.',
  });
}
