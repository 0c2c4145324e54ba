/**
 * Servers of a cluster and how patient to be in, a client that behaves as the one of a single server does out: it follows
 * slots that move, waits for a master that is replaced, and says when it cannot reach all of them and when it can again.
 */
import { Cluster, type Redis } from 'ioredis';
import { messageOf } from '../errors.js';
import { pause } from '../pause.js';
import type { ServerOptions } from './server-client.js';
import { slotsTotal } from './slot.js';
import { type Call, spreadPipeline } from './spread-pipeline.js';

export interface ClusterOpening {
  /** Some of its servers; the others are learned from them. */
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  /** User, password, TLS and name of every connection. */
  readonly shared: ServerOptions;
  /** False: while nobody answers, commands fail instead of waiting for the next connection. */
  readonly waits: boolean;
  /** How long one command is tried for. */
  readonly answerWithinMs: number;
  /** How long a cluster of which nobody answers is looked for. */
  readonly giveUpAfterMs: number;
}

/** What is kept about one command, or the pipeline that it is part of, since it failed for the first time. */
interface Course {
  /** Where the parent keeps how many redirections are left; time is what is bounded here. */
  value?: unknown;
  sinceMs?: number;
  tries?: number;
  /** Part of a pipeline that sends its commands again by itself. */
  isSpread?: boolean;
}

/** How the client goes on with it. */
interface Handlers {
  moved(slot: number, address: string): void;
  ask(slot: string, address: string): void;
  tryagain(): void;
  connectionClosed(): void;
  maxRedirections(error: Error): void;
  defaults(): void;
}

const answerMsMax = 5_000;

/**
 * Emits `trouble` when a master is away, and `recovered` when all slots are served again; beyond what its parent emits when
 * all servers are away.
 */
export class ClusterClient extends Cluster {
  readonly opening: ClusterOpening;
  /** Of the connection to any of its servers. */
  lastError: Error | undefined;
  #inTrouble = false;
  readonly #closing = new AbortController();
  readonly #retries = new Set<() => void>();

  constructor(opening: ClusterOpening) {
    const { shared, waits } = opening;
    // Kept and added to: a cluster of which all servers were away is found again by any that it ever had.
    const servers = opening.servers.map((server) => ({ ...server }));
    super(servers, {
      redisOptions: { ...shared, connectTimeout: answerMsMax },
      lazyConnect: true,
      enableOfflineQueue: waits,
      slotsRefreshTimeout: answerMsMax,
      clusterRetryStrategy: retryStrategy(opening),
      // Certificates are for the names that servers announce.
      ...(shared.tls && { dnsLookup: (host, callback) => callback(null, host) }),
    });
    this.opening = opening;
    this.#calmListener();
    this.on('error', () => undefined);
    this.on('ready', () => this.#recover());
    this.on('-node', ({ options: { host, port } }: Redis) => {
      // One that has handed over all of its slots is let go of as well.
      if (this.slots.some(([master]) => master === `${host}:${port}`)) this.#fall();
    });
    this.on('node error', (error: Error) => {
      this.lastError = error;
    });
    this.on('refresh', () => {
      for (const { options } of this.nodes()) {
        const { host, port } = options;
        if (host === undefined || port === undefined) continue;
        if (!servers.some((known) => known.host === host && known.port === port))
          servers.push({ host, port });
      }
    });
  }

  /** True from the first sign that a master is away until all slots are served again. */
  get inTrouble(): boolean {
    return this.#inTrouble;
  }

  /** A client of the same cluster, connecting when it is first used. */
  another(changes: Partial<ClusterOpening> = {}): ClusterClient {
    return new ClusterClient({ ...this.opening, ...changes });
  }

  override pipeline(commands?: unknown[][]) {
    if (commands !== undefined) return super.pipeline(commands);
    const named = this as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    return spreadPipeline({
      masterOf: (slot) => this.slots[slot]?.[0],
      newPipeline: () => {
        const course: Course = { isSpread: true };
        return Object.assign(super.pipeline(), { leftRedirections: course });
      },
      send: async ({ name, args }: Call) => named[name]?.(...args),
    });
  }

  override disconnect(reconnect = false): void {
    if (this.status === 'end') return;
    const isWaiting = this.status === 'reconnecting';
    super.disconnect(reconnect);
    if (reconnect) return;
    this.#closing.abort();
    for (const retry of [...this.#retries]) retry();
    // Between two attempts there is no connection whose end would end the client.
    if (isWaiting) (this as unknown as { handleCloseEvent(): void }).handleCloseEvent();
  }

  /** Called for every command that was answered by an error, or not at all. */
  override handleError(error: Error, course: Course, handlers: Handlers): void {
    const { sinceMs = Date.now(), tries = 0, isSpread = false } = course;
    Object.assign(course, { sinceMs, tries: tries + 1 });
    const failure = failureOf(error);
    if (failure?.kind === 'away') this.#fall();
    if (failure === undefined || isSpread || this.#closing.signal.aborted) handlers.defaults();
    else if (Date.now() - sinceMs >= this.opening.answerWithinMs)
      handlers.maxRedirections(this.#noAnswer(error));
    // The first time the answer says where to go; after that, the cluster is changing and needs a moment.
    else if (tries === 0 && failure.address !== undefined) goOn(failure, handlers);
    else
      this.#later(tries, () => {
        if (failure.kind === 'away') this.refreshSlotsCache(() => goOn(failure, handlers));
        else goOn(failure, handlers);
      });
  }

  #later(tries: number, retry: () => void): void {
    const go = () => {
      clearTimeout(timer);
      this.#retries.delete(go);
      retry();
    };
    const timer = setTimeout(go, waitMs(tries));
    this.#retries.add(go);
  }

  #noAnswer(error: Error): Error {
    const tried = this.nodes().map(({ options }) => `${options.host}:${options.port}`);
    return new Error(
      `the cluster gave no answer within ${this.opening.answerWithinMs} ms: ${error.message} (tried ${tried.join(', ') || 'all of its servers'})`,
    );
  }

  /**
   * The parent listens on one server, and goes on with another at once when that goes away: while all are away, without end
   * and without a pause. It does not look for servers that have taken the place of those it knows.
   */
  #calmListener(): void {
    const { subscriber } = this as unknown as { subscriber: { started: boolean; selectSubscriber(): void } };
    const select = subscriber.selectSubscriber.bind(subscriber);
    let selectedMs = 0;
    let tries = 0;
    subscriber.selectSubscriber = () => {
      tries = Date.now() - selectedMs > answerMsMax ? 0 : tries + 1;
      selectedMs = Date.now();
      if (tries === 0) return select();
      this.#later(tries, () =>
        this.refreshSlotsCache((error) => {
          if (!subscriber.started) return;
          if (error && this.status === 'ready') this.disconnect(true);
          else select();
        }),
      );
    };
  }

  #fall(): void {
    if (this.#inTrouble || this.status !== 'ready') return;
    this.#inTrouble = true;
    this.emit('trouble');
    this.#lookUntilServed().catch(() => undefined);
  }

  #recover(): void {
    if (!this.#inTrouble) return;
    this.#inTrouble = false;
    this.emit('recovered');
  }

  async #lookUntilServed(): Promise<void> {
    for (let tries = 0; this.#inTrouble && !this.#closing.signal.aborted; tries++) {
      await pause(waitMs(tries), this.#closing.signal);
      await new Promise<void>((resolve) => this.refreshSlotsCache(() => resolve()));
      if (this.status === 'ready' && (await this.#isServed())) this.#recover();
    }
  }

  /** On connections of their own: those of the client may be blocked by a read. */
  async #isServed(): Promise<boolean> {
    const states = await Promise.all(
      this.nodes('master').map(async (node) => {
        const asking = node.duplicate({ lazyConnect: true, retryStrategy: () => null });
        asking.on('error', () => undefined);
        try {
          return String(await asking.cluster('INFO'));
        } catch (thrown) {
          return messageOf(thrown);
        } finally {
          asking.disconnect();
        }
      }),
    );
    return states.length > 0 && states.every((state) => state.includes('cluster_state:ok'));
  }
}

interface Failure {
  readonly kind: 'moved' | 'ask' | 'busy' | 'away';
  readonly slot: string;
  /** Who serves the slot. */
  readonly address?: string;
}

/** Undefined for an answer that stays the same wherever and whenever the command is sent. */
function failureOf({ message }: Error): Failure | undefined {
  const [word = '', slot = '', address = ''] = message.split(' ');
  const isSlot = /^\d+$/.test(slot) && Number(slot) < slotsTotal;
  if (word === 'MOVED' && isSlot) return { kind: 'moved', slot, address };
  if (word === 'ASK' && isSlot) return { kind: 'ask', slot, address };
  if (word === 'TRYAGAIN') return { kind: 'busy', slot };
  if (/^(CLUSTERDOWN|MASTERDOWN|LOADING) |^Connection is closed/.test(message)) return { kind: 'away', slot };
  return undefined;
}

function goOn({ kind, slot, address = '' }: Failure, handlers: Handlers): void {
  if (kind === 'moved') handlers.moved(Number(slot), address);
  else if (kind === 'ask') handlers.ask(slot, address);
  else if (kind === 'busy') handlers.tryagain();
  else handlers.connectionClosed();
}

/** Waits longer and longer, and not all at once: milliseconds before the next attempt. */
export function waitMs(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 6), 2_000) * (0.75 + Math.random() / 2);
}

/** For a cluster of which nobody answers. */
function retryStrategy({ giveUpAfterMs }: ClusterOpening): (attempt: number) => number | null {
  let brokenSince = 0;
  return (attempt) => {
    if (attempt === 1) brokenSince = Date.now();
    return Date.now() - brokenSince >= giveUpAfterMs ? null : waitMs(attempt);
  };
}
