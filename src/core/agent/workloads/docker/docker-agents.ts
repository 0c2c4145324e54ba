/**
 * A Docker engine and a number of agents in, what a host needs to carry them out: the containers that match are dealt to the
 * agents as their tasks, are read for all of them together, and are changed by one hand, which can put back what it changed.
 */
import type { Engine } from '../../../docker/engine.js';
import type { Agent } from '../../agent.js';
import type { HostedAgent } from '../../host.js';
import type { ContainerFilters } from './container-filters.js';
import { type ContainerTasks, openContainerTasks } from './container-tasks.js';
import { DockerHost } from './docker-host.js';
import { DockerWorkload } from './docker-workload.js';
import type { MoveContainer } from './effects/move-region.js';
import type { PutBack } from './effects/put-back-words.js';
import type { Prices } from './prices.js';
import { spreadOver } from './spread.js';

export interface DockerAgentsOptions {
  readonly engine: Engine;
  readonly filters: ContainerFilters;
  /** Ids of the agents; one that stands alone is the beginning of theirs. */
  readonly ids: readonly string[];
  /** How many, where one id stands alone: as many as the last time unless given, at first one per container, at most 4. */
  readonly agents?: number | undefined;
  readonly labels?: Readonly<Record<string, string>>;
  readonly stateDir: string;
  readonly redis?: { readonly host: string; readonly port: number } | undefined;
  readonly prices?: Prices | undefined;
  readonly move?: MoveContainer | undefined;
  readonly log: (line: string) => void;
}

export interface DockerAgents {
  readonly agents: readonly HostedAgent[];
  /** How the containers are read, and which are left out, for people. */
  words(): string;
  /** Once the agents know again what they hold: puts back what none of them holds any more, and guards from now on. */
  settle(agents: readonly Agent[]): Promise<PutBack[]>;
  /** How many changes of containers stay in force. */
  close(): Promise<number>;
}

/** Throws when the engine cannot be asked, and DN655 when nothing can be written down. */
export async function openDockerAgents(options: DockerAgentsOptions): Promise<DockerAgents> {
  const { engine, filters, redis, prices, labels } = options;
  const tasks = await openContainerTasks(engine, {
    ...{ filters, redis },
    ...(prices === undefined ? {} : { prices }),
  });
  try {
    await tasks.refresh(Date.now());
    const ids = idsFor(options, tasks);
    const host = new DockerHost({ ...options, ids }, tasks);
    return {
      agents: ids.map((id, index) => ({
        id,
        ...(labels && { labels }),
        workload: async (nowMs) => {
          await host.refresh(nowMs);
          return new DockerWorkload(host, id, index);
        },
      })),
      words: () => tasks.words(),
      settle: (agents) => host.settle(agents),
      close: () => host.close(),
    };
  } catch (thrown) {
    tasks.close();
    throw thrown;
  }
}

/** More agents on one host make the part that is held out smaller, and what is measured of it less sure. */
const agentsUsual = 4;

function idsFor({ ids, agents, stateDir }: DockerAgentsOptions, tasks: ContainerTasks): readonly string[] {
  const present = tasks.count();
  const usual = present === 0 ? agentsUsual : Math.min(agentsUsual, present);
  return numberedIds(ids, agents ?? spreadOver(stateDir) ?? usual);
}

/** `web` and 3 -> `web-1`, `web-2`, `web-3`; several ids, and one agent alone, are called as they are. */
export function numberedIds(ids: readonly string[], agents: number): readonly string[] {
  if (ids.length > 1 || agents === 1) return ids;
  return Array.from({ length: agents }, (_, at) => `${ids[0]}-${at + 1}`);
}
