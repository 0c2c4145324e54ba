/**
 * The containers of one engine as the registry and the transport know them: looked for now and again, and each by itself
 * when it has been started since.
 */
import type { DiscoverySource } from '../register-discovered.js';
import type { AgentContainer } from './agent-container.js';
import { discoverContainers, look, noContainers } from './discover.js';
import type { Engine } from './engine.js';

export interface DockerAgents {
  /** Undefined for an agent that was not found. */
  get(agent: string): AgentContainer | undefined;
  /** Looks at this one again: it has been started or stopped. */
  refresh(agent: string): Promise<AgentContainer | undefined>;
  /** For the registry; what does not run is not there. */
  readonly source: DiscoverySource;
}

/** A list of 1,159 containers costs the engine 0.2 s: often enough for heartbeats, and no more. */
const listEveryMs = 5_000;

/** Throws DN582 where there is none. */
export async function findDockerAgents(
  engine: Engine,
  labels: readonly string[] = [],
): Promise<DockerAgents> {
  const first = await discoverContainers(engine, { labels });
  if (first.containers.size === 0) throw noContainers(engine, first);
  const own = new Map(first.containers);
  let refused = first.refused;
  let listedMs = performance.now();
  const listAgain = async () => {
    if (performance.now() - listedMs < listEveryMs) return;
    listedMs = performance.now();
    const again = await discoverContainers(engine, { labels, known: own });
    refused = again.refused;
    own.clear();
    for (const [agent, container] of again.containers) own.set(agent, container);
  };

  return {
    get: (agent) => own.get(agent),
    async refresh(agent) {
      const before = own.get(agent);
      if (before === undefined) return undefined;
      const described = await look(engine, agent, before.id);
      if (described === undefined || 'refusal' in described) own.delete(agent);
      else own.set(agent, described.container);
      return own.get(agent);
    },
    source: {
      transport: 'docker',
      host: 'docker',
      async find() {
        await listAgain();
        const all = [...own.values()];
        const stopped = all.filter(({ running }) => !running);
        return {
          agents: all
            .filter(({ running }) => running)
            .map(({ agent: id, labels: own }) => ({ id, labels: own })),
          problems: [
            ...refused.map(({ container, reason }) => `The container ${container} is left out: ${reason}.`),
            ...stopped.map(
              ({ agent, name }) => `The agent ${agent} is not alive: its container ${name} does not run.`,
            ),
          ],
        };
      },
    },
  };
}
