/**
 * The containers of one engine as the registry and the transport know them: looked for now and again, and each by itself
 * when it has been started since.
 */

import { answeredWithin } from '../../../answered-within.js';
import type { Engine } from '../../../docker/engine.js';
import type { Discovered, DiscoverySource } from '../register-discovered.js';
import type { AgentContainer } from './agent-container.js';
import { type ContainerEvents, watchContainers } from './container-events.js';
import { type Discovery, discoverContainers, look, noContainers } from './discover.js';

export interface DockerAgents {
  /** As it is now: looked at again where it has been started, stopped or replaced. Undefined for one that is not there. */
  current(agent: string): Promise<AgentContainer | undefined>;
  /** Whether what `current` gave last is out of date by now. */
  hasChanged(container: AgentContainer): boolean;
  readonly events: ContainerEvents;
  /** For the registry; what does not run is not there. */
  readonly source: DiscoverySource;
  close(): void;
}

/** A list of 1,159 containers costs the engine 0.2 s: often enough for heartbeats, and no more. */
const listEveryMs = 5_000;
/** An engine under load takes seconds; one that hangs must not keep a command from ending. */
const listMsMax = 20_000;

/** Throws DN582 where there is none. */
export async function findDockerAgents(
  engine: Engine,
  labels: readonly string[] = [],
): Promise<DockerAgents> {
  // The events first, so that nothing happens between them and the list.
  const events = await watchContainers(engine);
  try {
    const first = await discoverContainers(engine, { labels });
    if (first.containers.size === 0) throw noContainers(engine, first);
    return new FoundAgents(engine, labels, events, first);
  } catch (thrown) {
    events.close();
    throw thrown;
  }
}

class FoundAgents implements DockerAgents {
  readonly #engine: Engine;
  readonly #labels: readonly string[];
  readonly #own: Map<string, AgentContainer>;
  #refused: Discovery['refused'];
  #listedMs = performance.now();
  #listing: Promise<void> | undefined;
  readonly events: ContainerEvents;
  readonly source: DiscoverySource = { transport: 'docker', host: 'docker', find: () => this.#find() };

  constructor(engine: Engine, labels: readonly string[], events: ContainerEvents, first: Discovery) {
    this.#engine = engine;
    this.#labels = labels;
    this.events = events;
    this.#own = new Map(first.containers);
    this.#refused = first.refused;
  }

  async current(agent: string): Promise<AgentContainer | undefined> {
    const known = this.#own.get(agent);
    if (known !== undefined && !this.events.takeChange(known.id)) return known;
    const described = known && (await look(this.#engine, agent, known.id));
    if (described === undefined) {
      // Perhaps another container has taken its place.
      this.#own.delete(agent);
      await this.#listAgain();
    } else if ('refusal' in described) this.#own.delete(agent);
    else this.#own.set(agent, described.container);
    return this.#own.get(agent);
  }

  hasChanged(container: AgentContainer): boolean {
    return this.events.hasChanged(container.id) || this.#own.get(container.agent) !== container;
  }

  close(): void {
    this.events.close();
  }

  async #find(): Promise<Discovered> {
    if (performance.now() - this.#listedMs >= listEveryMs) await this.#listAgain();
    const all = [...this.#own.values()];
    const stopped = all.filter(({ running }) => !running);
    const problems = [
      ...this.#refused.map(({ container, reason }) => `The container ${container} is left out: ${reason}.`),
      ...stopped.map(
        ({ agent, name }) => `The agent ${agent} is not alive: its container ${name} does not run.`,
      ),
    ];
    const running = all.filter((container) => container.running);
    return { agents: running.map(({ agent: id, labels }) => ({ id, labels })), problems };
  }

  /** Many may want it at the same moment. */
  #listAgain(): Promise<void> {
    this.#listing ??= this.#list().finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  async #list(): Promise<void> {
    this.#listedMs = performance.now();
    const options = { labels: this.#labels, known: this.#own };
    const listing = discoverContainers(this.#engine, options);
    const { containers, refused } = await answeredWithin(listMsMax, listing);
    this.#refused = refused;
    for (const agent of this.#own.keys()) if (!containers.has(agent)) this.#own.delete(agent);
    for (const [agent, container] of containers) {
      const known = this.#own.get(agent);
      // Perhaps looked at by itself while the list was made.
      const isSame = known?.id === container.id && known.running === container.running;
      if (!isSame) this.#own.set(agent, container);
    }
  }
}
