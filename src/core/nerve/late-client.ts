/**
 * A connection that is being made in, a client at once out. Until it is known whether a single server or a cluster answers,
 * its commands wait, as those of a client without a connection do.
 */
import { pause } from '../pause.js';
import { waitMs } from './cluster-client.js';
import type { Redis } from './redis.js';
import { recordCalls, replay } from './spread-pipeline.js';

type Connect = (signal: AbortSignal) => Promise<Redis>;

/** `connect` is called again after it has failed, until the client is closed; commands that waited fail with it. */
export function lateClient(connect: Connect): Redis {
  const late = new Late(connect);
  const client = new Proxy({} as Redis, {
    get: (_, name) => late.property(name),
    // So that it is told apart as the client that it has become.
    getPrototypeOf: () => Reflect.getPrototypeOf(late.client ?? {}),
  });
  lates.set(client, late);
  return client;
}

/** The client that a late one has become, once it has; any other one at once. */
export async function settledClient(client: Redis): Promise<Redis> {
  return (await lates.get(client)?.settled()) ?? client;
}

const lates = new WeakMap<Redis, Late>();

class Late {
  client: Redis | undefined;
  readonly #closing = new AbortController();
  readonly #listeners: [method: string, args: unknown[]][] = [];
  #settling = Promise.withResolvers<Redis>();

  constructor(connect: Connect) {
    void this.#connectAtLast(connect);
  }

  settled(): Promise<Redis> {
    return this.#settling.promise;
  }

  property(name: string | symbol): unknown {
    const { client } = this;
    if (client !== undefined) {
      const value: unknown = Reflect.get(client, name, client);
      return typeof value === 'function' ? value.bind(client) : value;
    }
    if (name === 'status') return this.#closing.signal.aborted ? 'end' : 'connecting';
    if (name === 'disconnect') return () => this.#close();
    if (name === 'pipeline') return () => this.#pipeline();
    if (name === 'on' || name === 'once' || name === 'off')
      return (...args: unknown[]) => void this.#listeners.push([name, args]);
    // It is no promise, and has no fields before there is a client.
    if (typeof name === 'symbol' || name === 'then' || name === 'inTrouble') return undefined;
    return async (...args: unknown[]) => call(await this.settled(), name, args);
  }

  async #connectAtLast(connect: Connect): Promise<void> {
    for (let attempt = 0; !this.#closing.signal.aborted; attempt++) {
      this.#settling.promise.catch(() => undefined);
      try {
        const client = await connect(this.#closing.signal);
        if (this.#closing.signal.aborted) return client.disconnect();
        this.client = client;
        for (const [method, args] of this.#listeners) call(client, method, args);
        return this.#settling.resolve(client);
      } catch (thrown) {
        const { reject } = this.#settling;
        this.#settling = Promise.withResolvers();
        reject(thrown);
        await pause(waitMs(attempt), this.#closing.signal);
      }
    }
  }

  #pipeline() {
    return recordCalls(async (calls) => replay((await this.settled()).pipeline(), calls));
  }

  #close(): void {
    this.#closing.abort();
    this.#settling.promise.catch(() => undefined);
    this.#settling.reject(new Error('Connection is closed.'));
  }
}

function call(client: Redis, name: string, args: unknown[]): unknown {
  const value: unknown = Reflect.get(client, name, client);
  if (typeof value !== 'function') throw new TypeError(`the client has no ${name}`);
  return Reflect.apply(value, client, args);
}
