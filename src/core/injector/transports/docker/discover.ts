/**
 * An engine in, the agents that run in its containers out: one list by label, then one look at each container that is new.
 * What cannot be an agent is named with the reason, and stands in nobody's way.
 */

import type { Engine } from '../../../docker/engine.js';
import { statusOf } from '../../../docker/engine-errors.js';
import { forEachOf } from '../../../docker/for-each-of.js';
import { DreamnetError } from '../../../errors.js';
import { type AgentContainer, agentIdOf, describeContainer, shown } from './agent-container.js';

export interface Discovery {
  /** By agent id; those that do not run among them. */
  readonly containers: ReadonlyMap<string, AgentContainer>;
  readonly refused: readonly RefusedContainer[];
}

export interface RefusedContainer {
  readonly container: string;
  readonly reason: string;
}

export interface DiscoverOptions {
  /** Further labels that a container must have, as `name=value` or `name`. */
  readonly labels?: readonly string[];
  /** What an earlier look found: containers that have not been started since are not looked at again. */
  readonly known?: ReadonlyMap<string, AgentContainer>;
}

/** More only makes the engine's queue longer. */
const looksAtOnce = 20;

interface Listed {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly State: string;
}

export async function discoverContainers(engine: Engine, options: DiscoverOptions = {}): Promise<Discovery> {
  const { labels = [], known = new Map() } = options;
  const refused: RefusedContainer[] = [];
  const listed: Listed[] = await engine.docker
    .listContainers({ all: true, filters: { label: ['dreamnet.role=agent', ...labels] } })
    .catch((thrown) => {
      throw engine.explain(thrown);
    });
  const containers = new Map<string, AgentContainer>();
  await forEachOf([...chosen(listed, refused)], looksAtOnce, async ([agent, { Id, State, Names }]) => {
    const before = known.get(agent);
    const isRunning = State === 'running';
    if (before?.id === Id && before.running === isRunning) {
      containers.set(agent, before);
      return;
    }
    const described = await look(engine, agent, Id);
    if (described === undefined) return;
    if ('refusal' in described) refused.push({ container: nameOf({ Id, Names }), reason: described.refusal });
    else containers.set(agent, described.container);
  });
  return { containers, refused };
}

/** Undefined when it has gone since it was listed. */
export async function look(engine: Engine, agent: string, id: string) {
  try {
    return describeContainer(agent, await engine.docker.getContainer(id).inspect());
  } catch (thrown) {
    if (statusOf(thrown) === 404) return undefined;
    throw engine.explain(thrown);
  }
}

/**
 * One container for each id. Where several say that they are the same agent, the one that runs is it, as when a new one has
 * taken the place of an old one; where several run, none is, because nobody could say which was meant.
 */
function chosen(listed: readonly Listed[], refused: RefusedContainer[]): Map<string, Listed> {
  const byAgent = new Map<string, Listed[]>();
  for (const one of listed) {
    const agent = agentIdOf(one.Labels);
    if (agent === undefined) {
      const reason = `its label dreamnet.agent is no id of an agent: "${shown(one.Labels['dreamnet.agent'])}"`;
      refused.push({ container: nameOf(one), reason });
    } else byAgent.set(agent, [...(byAgent.get(agent) ?? []), one]);
  }
  const agents = new Map<string, Listed>();
  for (const [agent, all] of byAgent) {
    const running = all.filter(({ State }) => State === 'running' || State === 'restarting');
    const candidates = running.length > 0 ? running : all;
    const [only, second] = candidates;
    if (only !== undefined && second === undefined) agents.set(agent, only);
    else {
      const reason = `${candidates.length} containers say that they are ${agent}: ${candidates.map(nameOf).join(', ')}`;
      refused.push(...candidates.map((one) => ({ container: nameOf(one), reason })));
    }
  }
  return agents;
}

function nameOf({ Names, Id }: Pick<Listed, 'Names' | 'Id'>): string {
  return Names[0]?.replace(/^\//, '') ?? Id.slice(0, 12);
}

export function noContainers({ address }: Engine, { refused }: Discovery): DreamnetError {
  const [first] = refused;
  const why = first === undefined ? '' : ` ${first.container} is refused: ${first.reason}.`;
  return new DreamnetError({
    code: 'DN582',
    kind: 'bad-input',
    message: `No container of the Docker engine at ${address.text} is an agent.${why}`,
    hint: 'Start them with the labels dreamnet.role=agent and dreamnet.agent=ID, each ID once.',
  });
}
