/**
 * Containers and a number of agents in, which agent has which container out: so that some of them can be held out. Those that
 * are there at first are dealt by what they use, the largest first and back and forth, so that agents are alike; one that comes
 * later goes where fewest are. What was dealt stays, by name, over restarts of containers and of the agent.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseRecord } from '../../../nerve/records.js';

export interface Dealt {
  readonly name: string;
  /** Of anything that makes containers alike, such as dollars. */
  readonly use: number;
}

export interface Spread {
  /** Deals those that are new. */
  deal(containers: readonly Dealt[]): void;
  /** From 0; undefined for a container that was never dealt. */
  agentOf(name: string): number | undefined;
}

/** Names that are remembered: more than one host ever has at a time. */
const namesMax = 10_000;

const fileSchema = z.object({
  version: z.literal(1),
  agents: z.number().int().positive(),
  names: z.record(z.string(), z.number().int().nonnegative()),
});

/** Of a file that is damaged, or of another number of agents, nothing is known: all is dealt anew. */
export function openSpread(directory: string, agents: number): Spread {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'spread.json');
  const known = read(path, agents);
  return {
    deal(containers) {
      const fresh = containers.filter(({ name }) => !known.has(name));
      if (fresh.length === 0) return;
      for (const [name, agent] of dealt(containers, known, agents)) known.set(name, agent);
      const names = Object.fromEntries([...known].slice(-namesMax));
      const beside = `${path}.${randomUUID()}.new`;
      writeFileSync(beside, `${JSON.stringify({ version: 1, agents, names })}\n`, { mode: 0o600 });
      renameSync(beside, path);
    },
    agentOf: (name) => known.get(name),
  };
}

/** Over how many agents the directory's containers are spread; undefined when none were dealt yet. */
export function spreadOver(directory: string): number | undefined {
  return readFile(join(directory, 'spread.json'))?.agents;
}

function dealt(
  containers: readonly Dealt[],
  known: ReadonlyMap<string, number>,
  agents: number,
): Map<string, number> {
  const counts = Array.from({ length: agents }, () => 0);
  const uses = Array.from({ length: agents }, () => 0);
  const put = (agent: number, use: number) => {
    counts[agent] = (counts[agent] ?? 0) + 1;
    uses[agent] = (uses[agent] ?? 0) + use;
  };
  for (const { name, use } of containers) {
    const agent = known.get(name);
    if (agent !== undefined) put(agent, use);
  }
  const fresh = containers.filter(({ name }) => !known.has(name));
  fresh.sort((one, other) => other.use - one.use || (one.name < other.name ? -1 : 1));
  return new Map(
    fresh.map(({ name, use }) => {
      const agent = leastOf(counts, uses);
      put(agent, use);
      return [name, agent];
    }),
  );
}

/** Which has fewest, and of those the one that uses least. */
function leastOf(counts: readonly number[], uses: readonly number[]): number {
  let best = 0;
  for (let agent = 1; agent < counts.length; agent++) {
    const fewer = (counts[agent] ?? 0) - (counts[best] ?? 0);
    if (fewer < 0 || (fewer === 0 && (uses[agent] ?? 0) < (uses[best] ?? 0))) best = agent;
  }
  return best;
}

function read(path: string, agents: number): Map<string, number> {
  const file = readFile(path);
  if (file === undefined || file.agents !== agents) return new Map();
  return new Map(Object.entries(file.names).filter(([, agent]) => agent < agents));
}

function readFile(path: string): z.infer<typeof fileSchema> | undefined {
  try {
    return parseRecord(readFileSync(path, 'utf8'), fileSchema);
  } catch {
    return undefined;
  }
}
