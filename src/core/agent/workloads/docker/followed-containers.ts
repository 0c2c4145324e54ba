/**
 * An engine and filters in, the containers that are tasks out, kept up to date: its events say of which container something
 * has changed, and then, at the next refresh, the engine is asked. So nothing is asked while nothing happens, and nothing that
 * is remembered rests on an event alone.
 */
import { answeredWithin } from '../../../answered-within.js';
import type { Engine } from '../../../docker/engine.js';
import { engineWords, statusOf } from '../../../docker/engine-errors.js';
import { type EngineEvent, followEvents } from '../../../docker/engine-events.js';
import { forEachOf } from '../../../docker/for-each-of.js';
import type { ContainerFilters } from './container-filters.js';
import { type OwnParts, whyLeftOut } from './left-out.js';
import { type TaskContainer, taskContainer } from './task-container.js';

export interface FollowedContainers {
  /** By id; what was known at the last refresh. */
  readonly all: ReadonlyMap<string, FollowedContainer>;
  /** Why the others that match are none of the tasks -> how many. */
  readonly leftOut: ReadonlyMap<string, number>;
  /** Why the engine could not be asked; undefined when it could. */
  readonly problem: string | undefined;
  /** Asks the engine about what has changed. Never throws: what cannot be asked stays as it was. */
  refresh(signal?: AbortSignal): Promise<void>;
  /** What is known of it does not hold: it is asked about at the next refresh. */
  doubt(id: string): void;
  /** How many runs of this one failed in the last minute. */
  failedLately(id: string, nowMs: number): number;
  close(): void;
}

export interface FollowedContainer {
  readonly container: TaskContainer;
  /** Another one when its process or its limits are others, or when it was paused or went on. */
  readonly change: number;
}

const events = ['start', 'die', 'pause', 'unpause', 'update', 'rename', 'destroy', 'kill'] as const;
/** Signals that somebody sends who wants it to end: what ends after one has not failed. */
const endingSignals = new Set(['2', '3', '9', '15']);
const inspectedAtOnce = 8;
const answerMsMax = 10_000;
/** A connection that broke without a word brings no events any more: so the list is asked for without them now and then. */
const listEveryMs = 30_000;
const latelyMs = 60_000;

export interface FollowOptions {
  readonly filters: ContainerFilters;
  readonly own: OwnParts;
}

/** Throws when the engine gives no events or no list. */
export async function followContainers(engine: Engine, options: FollowOptions): Promise<FollowedContainers> {
  const followed = new Followed(engine, options);
  await followed.open();
  return followed;
}

class Followed implements FollowedContainers {
  all: ReadonlyMap<string, FollowedContainer> = new Map();
  leftOut: ReadonlyMap<string, number> = new Map();
  problem: string | undefined;
  readonly #engine: Engine;
  readonly #options: FollowOptions;
  /** What events told of since the engine was last asked. */
  #changed = new Set<string>();
  /** Nothing that is known may be relied on. */
  #isStale = true;
  #listedAtMs = Number.NEGATIVE_INFINITY;
  #changes = 0;
  readonly #toldToEnd = new Set<string>();
  readonly #failed = new Map<string, number[]>();
  #stream: { close(): void } | undefined;
  #refreshing: Promise<void> | undefined;

  constructor(engine: Engine, options: FollowOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  /** First the events, then the list: what happens between the two is told by both. */
  async open(): Promise<void> {
    const filters = { type: ['container'], event: events };
    this.#stream = await followEvents(this.#engine, filters, {
      take: (event) => this.#take(event),
      lost: (why) => {
        this.problem = `the Docker engine went away: ${why}`;
      },
      back: () => {
        this.#isStale = true;
      },
    });
    try {
      await this.#ask();
    } catch (thrown) {
      this.close();
      throw this.#engine.explain(thrown);
    }
  }

  refresh(signal?: AbortSignal): Promise<void> {
    this.#refreshing ??= this.#refresh(signal).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  doubt(id: string): void {
    this.#changed.add(id);
  }

  failedLately(id: string, nowMs: number): number {
    const lately = (this.#failed.get(id) ?? []).filter((atMs) => atMs > nowMs - latelyMs);
    if (lately.length === 0) this.#failed.delete(id);
    else this.#failed.set(id, lately);
    return lately.length;
  }

  close(): void {
    this.#stream?.close();
  }

  async #refresh(signal: AbortSignal | undefined): Promise<void> {
    const isRecent = performance.now() - this.#listedAtMs < listEveryMs;
    if (isRecent && !this.#isStale && this.#changed.size === 0) return;
    try {
      await this.#ask(signal);
      this.problem = undefined;
    } catch (thrown) {
      this.#isStale = true;
      this.problem = `the Docker engine does not answer: ${engineWords(thrown)}`;
    }
  }

  /** Events that come meanwhile are kept for the next time. */
  async #ask(signal?: AbortSignal): Promise<void> {
    const { docker } = this.#engine;
    const [changed, isStale] = [this.#changed, this.#isStale];
    this.#changed = new Set();
    this.#isStale = false;
    const filters = { ...this.#options.filters, status: ['running', 'paused'] } as unknown as Record<
      string,
      string[]
    >;
    const listed = await answeredWithin(answerMsMax, docker.listContainers({ filters }));
    const leftOut = new Map<string, number>();
    const wanted = listed.filter((container) => {
      const why = whyLeftOut(container, this.#options.own);
      if (why !== undefined) leftOut.set(why, (leftOut.get(why) ?? 0) + 1);
      return why === undefined;
    });
    const all = new Map<string, FollowedContainer>();
    await forEachOf(wanted, inspectedAtOnce, async ({ Id }) => {
      signal?.throwIfAborted();
      const known = this.all.get(Id);
      const container = known && !isStale && !changed.has(Id) ? known.container : await this.#look(Id);
      if (container === undefined) return;
      const isSame = known !== undefined && runsAlike(known.container, container);
      all.set(Id, { container, change: isSame ? known.change : ++this.#changes });
    });
    this.all = all;
    this.leftOut = leftOut;
    this.#listedAtMs = performance.now();
  }

  async #look(id: string): Promise<TaskContainer | undefined> {
    try {
      const container = this.#engine.docker.getContainer(id);
      return taskContainer(await answeredWithin(answerMsMax, container.inspect()));
    } catch (thrown) {
      if (statusOf(thrown) === 404) return undefined;
      throw thrown;
    }
  }

  #take({ action, id, attributes }: EngineEvent): void {
    if (action === 'kill') {
      if (endingSignals.has(attributes.signal ?? '')) this.#toldToEnd.add(id);
      return;
    }
    this.#changed.add(id);
    if (action === 'die' && attributes.exitCode !== '0' && !this.#toldToEnd.has(id)) this.#noteFailure(id);
    if (action === 'start' || action === 'die' || action === 'destroy') this.#toldToEnd.delete(id);
    if (action === 'destroy') this.#failed.delete(id);
  }

  /** Of those, too, that are not known: one that fails at once, again and again, is hardly ever seen running. */
  #noteFailure(id: string): void {
    const nowMs = Date.now();
    for (const other of this.#failed.keys()) this.failedLately(other, nowMs);
    this.#failed.set(id, [...(this.#failed.get(id) ?? []), nowMs]);
  }
}

/** Whether what was measured of the one says something about the other. */
function runsAlike(one: TaskContainer, other: TaskContainer): boolean {
  return (
    one.startedAtMs === other.startedAtMs &&
    one.pid === other.pid &&
    one.paused === other.paused &&
    JSON.stringify(one.limits) === JSON.stringify(other.limits)
  );
}
