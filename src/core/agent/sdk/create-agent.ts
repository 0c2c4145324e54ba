/**
 * A service in, the same as an agent of a fleet out: registered, ready for orders, its last program running. Everything but
 * the service's own functions is the host that all agents of dreamnet live in.
 */
import { mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DreamnetError, messageOf } from '../../errors.js';
import type { Agent } from '../agent.js';
import { type Host, startHost } from '../host.js';
import { checkOptions } from './check-options.js';
import { Connection } from './connection.js';
import { declaredOffer } from './declared-offer.js';
import { noKeptEffects, openKeptEffects } from './kept-effects.js';
import type { AgentOptions, Fields, RunningAgent, RunningProgram, Task } from './options.js';
import { type AnyOptions, createServiceWorkload } from './service-workload.js';
import { trustGiven } from './trust-given.js';

/**
 * Makes this process an agent that programs can be injected into.
 *
 * It resolves when the agent is in its fleet. When Redis does not answer within two seconds, it resolves all the same: the
 * agent runs the program that it had before, and comes into the fleet when Redis is there. Throws a DreamnetError (DN635 to
 * DN641) when the options cannot be what was meant.
 *
 * ```ts
 * const agent = await createAgent({
 *   id: 'worker-1',
 *   trust: '/etc/dreamnet/keys',
 *   fields: { waiting: 'count', age: 'duration' },
 *   tasks: () => queues.map((queue) => ({ id: queue.name, queue, waiting: queue.waiting, age: queue.oldestSeconds })),
 *   capabilities: {
 *     SET_CONCURRENCY: {
 *       code: 1, unit: 'count', min: 1, max: 64, risk: 0.3,
 *       apply({ queue }, value) {
 *         const former = queue.concurrency;
 *         queue.concurrency = value;
 *         return former;
 *       },
 *       revert({ queue }, former: number) {
 *         queue.concurrency = former;
 *       },
 *     },
 *   },
 * });
 * ```
 */
export async function createAgent<const F extends Fields, T extends Task<F>>(
  options: AgentOptions<F, T>,
): Promise<RunningAgent> {
  checkOptions(options);
  const given = options as unknown as AnyOptions;
  const log = given.log ?? logTo(given.id);
  const offer = declaredOffer(given);
  const trust = trustGiven(trustIn(given), log);
  const stateDir = prepareStateDir(given);
  const leave = enter(given.id, stateDir);
  let connection = given.connection as Connection | undefined;
  try {
    connection ??= new Connection(given);
    const isLasting = Object.values(given.capabilities).some(({ lasting }) => lasting === true);
    const kept = isLasting ? openKeptEffects(join(stateDir, `${given.id}.effects.jsonl`)) : noKeptEffects();
    const host = await startHost({
      hostId: given.id,
      ...{ redis: connection.redis, names: connection.names, trust, stateDir, log },
      ...(given.clock && { clock: given.clock }),
      withoutRedisAfterMs,
      agents: [
        {
          id: given.id,
          ...(given.labels && { labels: given.labels }),
          workload: () => createServiceWorkload({ offer, options: given, kept, log }),
        },
      ],
    });
    return new ServiceAgent({
      host,
      connection,
      ownsConnection: given.connection === undefined,
      leave,
      options: given,
      log,
    });
  } catch (thrown) {
    leave();
    if (given.connection === undefined) connection?.close();
    throw thrown instanceof DreamnetError ? thrown : notStarted(given.id, thrown);
  }
}

/** Long enough for a server that is there, short enough for a service that has other things to do. */
const withoutRedisAfterMs = 2_000;

class ServiceAgent implements RunningAgent {
  readonly id: string;
  readonly #agent: Agent;
  readonly #connection: Connection;
  readonly #end: () => Promise<void>;
  readonly #signals: readonly NodeJS.Signals[];
  readonly #onSignal = () => void this.stop().catch((thrown) => this.#log(messageOf(thrown)));
  readonly #log: (line: string) => void;
  #stopped: Promise<void> | undefined;

  constructor(parts: {
    readonly host: Host;
    readonly connection: Connection;
    readonly ownsConnection: boolean;
    readonly leave: () => void;
    readonly options: AnyOptions;
    readonly log: (line: string) => void;
  }) {
    const { host, connection, ownsConnection, leave, options, log } = parts;
    this.#log = log;
    this.id = options.id;
    this.#agent = host.agents[0] as Agent;
    this.#connection = connection;
    this.#signals = options.stopOn ?? [];
    this.#end = async () => {
      try {
        await host.stop();
      } finally {
        if (ownsConnection) connection.close();
        leave();
      }
    };
    for (const signal of this.#signals) process.on(signal, this.#onSignal);
  }

  get status(): RunningAgent['status'] {
    return this.#stopped === undefined ? this.#agent.status : 'stopped';
  }

  get program(): RunningProgram | undefined {
    const live = this.#agent.live;
    if (live === undefined) return undefined;
    const { digest, manifest } = live.loaded.program;
    return { name: manifest.name, digest, instruction: live.instruction, parameters: live.parameters };
  }

  get connected(): boolean {
    return this.#connection.connected;
  }

  get capabilities(): RunningAgent['capabilities'] {
    return this.#agent.capabilities;
  }

  stop(): Promise<void> {
    for (const signal of this.#signals) process.off(signal, this.#onSignal);
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function logTo(id: string): (line: string) => void {
  return (line) => void process.stderr.write(`dreamnet ${id}: ${line}\n`);
}

function trustIn({ trust = process.env.DREAMNET_KEYS }: AnyOptions): readonly string[] {
  if (trust !== undefined && trust !== '') return typeof trust === 'string' ? [trust] : trust;
  throw new DreamnetError({
    code: 'DN637',
    kind: 'bad-input',
    message: 'The agent would not know whom to trust: neither `trust` nor DREAMNET_KEYS is given.',
    hint: '`dreamnet keys list` shows where the public keys of your fleet are; give one as text, a file with it, or a directory of NAME.pub.pem as `trust`.',
  });
}

function prepareStateDir({ stateDir = process.env.DREAMNET_STATE || '.dreamnet' }: AnyOptions): string {
  const path = resolve(stateDir);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (statSync(path).isDirectory()) return path;
  } catch (thrown) {
    throw noState(path, thrown);
  }
  throw noState(path, new Error('it is no directory'));
}

function noState(path: string, cause: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN639',
    kind: 'failed',
    message: `The agent cannot keep its program in ${path}: ${messageOf(cause)}`,
    hint: 'Give a directory that this user may write to as `stateDir`, or in DREAMNET_STATE.',
    cause,
  });
}

/** Such as a password that Redis does not take. */
function notStarted(id: string, cause: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN641',
    kind: 'failed',
    message: `The agent ${id} cannot start: ${messageOf(cause)}`,
    hint: 'Check REDIS_URL, or the option `redis`, with its user and password.',
    cause,
  });
}

/** Agents of this process, by what two of them must not share. */
const running = new Set<string>();

function enter(id: string, stateDir: string): () => void {
  const key = `${stateDir}\0${id}`;
  if (running.has(key))
    throw new DreamnetError({
      code: 'DN640',
      kind: 'bad-input',
      message: `An agent ${id} runs in this process already.`,
      hint: 'Give each agent an id of its own, or stop the first one before the second starts.',
    });
  running.add(key);
  return () => void running.delete(key);
}
