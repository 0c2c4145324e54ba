/**
 * A connection in, a view of the fleet that keeps itself up to date out. Wakes on the fleet's channels, polls calmly
 * otherwise, never writes; when Redis goes away it says since when, and goes on by itself when it is back.
 */
import { formatDuration } from '../../cli/format.js';
import { escapeControls } from '../../cli/terminal-text.js';
import { messageOf } from '../../core/errors.js';
import { isReachability, patientCopy } from '../../core/nerve/connection.js';
import type { Names } from '../../core/nerve/names.js';
import type { Redis } from '../../core/nerve/redis.js';
import { isServing, onLost, onServing } from '../../core/nerve/serving.js';
import { eventsBetween, type FleetEvent } from './fleet-events.js';
import { type FleetFacts, readFleetFacts } from './fleet-facts.js';

export interface FleetView {
  readonly connection: { readonly state: 'connecting' | 'up' | 'lost'; readonly sinceMs: number };
  /** What was last read; absent before the first reading. */
  readonly facts?: FleetFacts | undefined;
  /** Why the last reading failed although the server answered. */
  readonly problem?: string | undefined;
  /** Oldest first. */
  readonly events: readonly FleetEvent[];
}

export interface FleetFeed {
  view(): FleetView;
  /** The listener is called after each change; returns how to stop listening. */
  subscribe(listener: () => void): () => void;
  close(): void;
}

export interface FleetFeedOptions {
  /** Only its settings are used: the feed opens two connections of its own. */
  readonly redis: Redis;
  readonly names: Names;
  /** Milliseconds between readings when nothing wakes the feed. */
  readonly everyMs?: number;
  readonly now?: () => number;
}

const everyMsDefault = 1_000;
/** Readings are at least this far apart, however often the fleet's channels speak. */
const readingsApartMs = 200;
const eventsMax = 500;

export function startFleetFeed(options: FleetFeedOptions): FleetFeed {
  const feed = new Feed(options);
  feed.start();
  return feed;
}

/** One reading, for a face that shows the fleet once. */
export async function readFleetView(options: Omit<FleetFeedOptions, 'everyMs'>): Promise<FleetView> {
  const nowMs = (options.now ?? Date.now)();
  const facts = await readFleetFacts({ ...options, nowMs });
  return { connection: { state: 'up', sinceMs: nowMs }, facts, events: eventsBetween(undefined, facts) };
}

class Feed implements FleetFeed {
  readonly #options: FleetFeedOptions;
  readonly #now: () => number;
  readonly #reader: Redis;
  readonly #listener: Redis;
  readonly #subscribers = new Set<() => void>();
  #view: FleetView;
  #timer: NodeJS.Timeout | undefined;
  #lastReadingMs = 0;
  #reading = false;
  #askedAgain = false;
  #closed = false;

  constructor(options: FleetFeedOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#reader = patientCopy(options.redis, 'watch');
    this.#listener = patientCopy(options.redis, 'watch-events');
    this.#view = { connection: { state: 'connecting', sinceMs: this.#now() }, events: [] };
  }

  start(): void {
    const { names } = this.#options;
    onServing(this.#reader, () => this.#onReady());
    onLost(this.#reader, () => this.#onClose());
    this.#listener.on('message', () => this.#wake(readingsApartMs));
    this.#reader.connect().catch(() => undefined);
    this.#listener
      .subscribe(names.rolloutChanges, names.instructions, names.results, names.alerts)
      .catch(() => undefined);
  }

  view(): FleetView {
    return this.#view;
  }

  subscribe(listener: () => void): () => void {
    this.#subscribers.add(listener);
    return () => this.#subscribers.delete(listener);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#subscribers.clear();
    this.#reader.disconnect();
    this.#listener.disconnect();
  }

  #onReady(): void {
    const { connection, facts } = this.#view;
    const nowMs = this.#now();
    const events = connection.state === 'lost' && facts ? [backAgain(connection.sinceMs, nowMs)] : [];
    this.#publish({ connection: { state: 'up', sinceMs: nowMs } }, events);
    this.#read();
  }

  #onClose(): void {
    if (this.#closed || this.#view.connection.state === 'lost') return;
    const sinceMs = this.#now();
    clearTimeout(this.#timer);
    this.#publish({ connection: { state: 'lost', sinceMs } }, [goneAway(sinceMs)]);
  }

  /** Reads within so many milliseconds, unless a reading is due sooner. */
  #wake(withinMs: number): void {
    if (this.#reading) {
      this.#askedAgain = true;
      return;
    }
    const dueMs = Math.max(0, this.#lastReadingMs + withinMs - this.#now());
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#read(), dueMs);
  }

  async #read(): Promise<void> {
    if (this.#reading || this.#closed || !isServing(this.#reader)) return;
    this.#reading = true;
    this.#askedAgain = false;
    clearTimeout(this.#timer);
    this.#lastReadingMs = this.#now();
    try {
      const before = this.#view.facts;
      const facts = await readFleetFacts({
        redis: this.#reader,
        names: this.#options.names,
        nowMs: this.#lastReadingMs,
        before,
      });
      this.#publish({ facts, problem: undefined }, eventsBetween(before, facts));
    } catch (thrown) {
      // A reading that ends because the server went away is told by `close`, and made up for by the next one.
      if (!isReachability(thrown)) this.#publish({ problem: escapeControls(messageOf(thrown)) }, []);
    } finally {
      this.#reading = false;
      if (!this.#closed && isServing(this.#reader))
        this.#wake(this.#askedAgain ? readingsApartMs : (this.#options.everyMs ?? everyMsDefault));
    }
  }

  #publish(change: Partial<FleetView>, events: readonly FleetEvent[]): void {
    if (this.#closed) return;
    const known = new Set(this.#view.events.map((event) => event.key));
    const fresh = events.filter((event) => !known.has(event.key));
    this.#view = {
      ...this.#view,
      ...change,
      events: fresh.length === 0 ? this.#view.events : [...this.#view.events, ...fresh].slice(-eventsMax),
    };
    for (const listener of this.#subscribers) listener();
  }
}

function goneAway(atMs: number): FleetEvent {
  return {
    key: `lost:${atMs}`,
    atMs,
    kind: 'connection',
    level: 'bad',
    text: 'Redis went away; reconnecting',
  };
}

function backAgain(sinceMs: number, atMs: number): FleetEvent {
  return {
    key: `back:${atMs}`,
    atMs,
    kind: 'connection',
    level: 'good',
    text: `Redis is back after ${formatDuration(atMs - sinceMs)}`,
  };
}
