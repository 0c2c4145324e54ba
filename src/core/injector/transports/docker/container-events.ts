/**
 * An engine in, what happens to its agents' containers meanwhile out: one stream of events, kept open for all of them, and
 * opened again when the engine has been away.
 */
import type Docker from 'dockerode';
import { z } from 'zod';
import type { Engine } from '../../../docker/engine.js';
import { messageOf } from '../../../errors.js';
import { pause } from '../../../pause.js';

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

const eventSchema = z.object({
  Action: z.enum(['die', 'start']),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()) }),
});

const lineBytesMax = 65_536;
/** How long until an engine that went away is asked again. */
const againMs = { first: 250, max: 5_000 } as const;

/** Throws when the engine does not give its events. */
export async function watchContainers(engine: Engine): Promise<ContainerEvents> {
  const events = new WatchedContainers(engine);
  await events.open();
  return events;
}

type EventStream = NodeJS.ReadableStream & { destroy(): void };

class WatchedContainers implements ContainerEvents {
  readonly #engine: Engine;
  readonly #closing = new AbortController();
  readonly #listeners = new Map<string, Set<(why: EndOfContainer) => void>>();
  readonly #changed = new Set<string>();
  readonly #starts = new Map<string, number>();
  #stream: EventStream | undefined;
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
    const { docker, explain } = this.#engine;
    const filters = { type: ['container'], event: ['die', 'start'], label: ['dreamnet.role=agent'] };
    const stream = (await docker
      .getEvents({ filters } as unknown as Docker.GetEventsOptions)
      .catch((thrown: unknown) => {
        throw explain(thrown);
      })) as EventStream;
    this.#stream = stream;
    if (this.#closing.signal.aborted) stream.destroy();
    let rest = '';
    stream.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = (lines.pop() ?? '').slice(-lineBytesMax);
      for (const line of lines) this.#take(line);
    });
    stream.on('end', () => this.#end(stream));
    stream.on('close', () => this.#end(stream));
    stream.on('error', (thrown) => this.#end(stream, thrown));
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
    this.#closing.abort();
    this.#stream?.destroy();
  }

  #take(line: string): void {
    const event = eventOf(line);
    if (event === undefined) return;
    const { ID: id, Attributes } = event.Actor;
    this.#changed.add(id);
    if (event.Action === 'start') this.#starts.set(id, this.startsOf(id) + 1);
    else this.#tell(id, stopped(Attributes.exitCode));
  }

  #tell(id: string, why: EndOfContainer): void {
    for (const listener of this.#listeners.get(id) ?? []) listener(why);
    this.#listeners.delete(id);
  }

  #end(stream: EventStream, thrown?: unknown): void {
    if (this.#closing.signal.aborted || this.#stream !== stream) return;
    this.#stream = undefined;
    stream.destroy();
    const why = thrown === undefined ? 'it closed the connection' : messageOf(thrown);
    const lost = { reason: `the Docker engine went away: ${why}`, exitCode: undefined, engineLost: true };
    this.#lost = lost;
    for (const id of [...this.#listeners.keys()]) this.#tell(id, lost);
    void this.#openAgain();
  }

  async #openAgain(): Promise<void> {
    for (let ms: number = againMs.first; ; ms = Math.min(againMs.max, ms * 2)) {
      await pause(ms, this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      try {
        await this.open();
        break;
      } catch {
        // It is still away, which every order that comes meanwhile is told.
      }
    }
    this.#gaps++;
    this.#lost = undefined;
  }
}

function eventOf(line: string) {
  try {
    return eventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
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
