/**
 * An engine in, what happens to its agents' containers meanwhile out: one stream of events, kept open for all of them, and
 * opened again when the engine has been away.
 */
import type { Engine } from '../../../docker/engine.js';
import { type EngineEvent, followEvents } from '../../../docker/engine-events.js';

export interface ContainerEvents {
  /** Calls back once, with words, when the container stops or the engine goes away; the function given ends the watch. */
  onEnd(containerId: string, ended: (why: EndOfContainer) => void): () => void;
  /** Whether it was started or stopped since the change was last taken note of: what was known of it is out of date then. */
  hasChanged(containerId: string): boolean;
  /** The same, and takes note of it. */
  takeChange(containerId: string): boolean;
  /** How often it has been started since the stream was opened. */
  startsOf(containerId: string): number;
  close(): void;
}

export interface EndOfContainer {
  readonly reason: string;
  /** Undefined when it is the engine that went away. */
  readonly exitCode: number | undefined;
  readonly engineLost: boolean;
}

/** Throws when the engine does not give its events. */
export async function watchContainers(engine: Engine): Promise<ContainerEvents> {
  const events = new WatchedContainers(engine);
  await events.open();
  return events;
}

class WatchedContainers implements ContainerEvents {
  readonly #engine: Engine;
  readonly #listeners = new Map<string, Set<(why: EndOfContainer) => void>>();
  readonly #changed = new Set<string>();
  readonly #starts = new Map<string, number>();
  #stream: { close(): void } | undefined;
  /** While there is no stream. */
  #lost: EndOfContainer | undefined;
  /** How often the stream was opened again: what was known before may be out of date, for every container. */
  #gaps = 0;
  /** Container -> the gaps that were taken note of. */
  readonly #noted = new Map<string, number>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async open(): Promise<void> {
    const filters = { type: ['container'], event: ['die', 'start'], label: ['dreamnet.role=agent'] };
    this.#stream = await followEvents(this.#engine, filters, {
      take: (event) => this.#take(event),
      lost: (why) => this.#end(why),
      back: () => {
        this.#gaps++;
        this.#lost = undefined;
      },
    });
  }

  onEnd(id: string, ended: (why: EndOfContainer) => void): () => void {
    if (this.#lost !== undefined) {
      ended(this.#lost);
      return () => undefined;
    }
    const all = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, all.add(ended));
    return () => {
      all.delete(ended);
      if (all.size === 0 && this.#listeners.get(id) === all) this.#listeners.delete(id);
    };
  }

  hasChanged(id: string): boolean {
    return this.#changed.has(id) || (this.#noted.get(id) ?? 0) < this.#gaps;
  }

  takeChange(id: string): boolean {
    const hasChanged = this.hasChanged(id);
    this.#changed.delete(id);
    if (this.#gaps > 0) this.#noted.set(id, this.#gaps);
    return hasChanged;
  }

  startsOf(id: string): number {
    return this.#starts.get(id) ?? 0;
  }

  close(): void {
    this.#stream?.close();
  }

  #take({ action, id, attributes }: EngineEvent): void {
    this.#changed.add(id);
    if (action === 'start') this.#starts.set(id, this.startsOf(id) + 1);
    else this.#tell(id, stopped(attributes.exitCode));
  }

  #tell(id: string, why: EndOfContainer): void {
    for (const listener of this.#listeners.get(id) ?? []) listener(why);
    this.#listeners.delete(id);
  }

  #end(why: string): void {
    const lost = { reason: `the Docker engine went away: ${why}`, exitCode: undefined, engineLost: true };
    this.#lost = lost;
    for (const id of [...this.#listeners.keys()]) this.#tell(id, lost);
  }
}

function stopped(exitCode: string | undefined): EndOfContainer {
  const code = Number(exitCode);
  return {
    reason: `the container stopped while its answer was waited for (exit code ${exitCode ?? 'unknown'})`,
    exitCode: Number.isInteger(code) ? code : undefined,
    engineLost: false,
  };
}
