/**
 * The commands of one pipeline in, whatever keys they touch; one pipeline for each master of the cluster out, with the
 * replies in the order of the commands. The one place that knows that a cluster has several servers.
 */
import { messageOf } from '../errors.js';
import type { ChainableCommander } from './redis.js';
import { slotOf } from './slot.js';

export interface Spread {
  /** The address of the master that serves a slot; undefined while that is not known. */
  masterOf(slot: number): string | undefined;
  /** A pipeline for one master. */
  newPipeline(): ChainableCommander;
  /** One command that finds its server by itself, however long that takes. */
  send(call: Call): Promise<unknown>;
}

/** A command by its name in the client, such as `getBuffer`. */
export interface Call {
  readonly name: string;
  readonly args: readonly unknown[];
}

export type Replies = [error: Error | null, reply: unknown][];

export function spreadPipeline(spread: Spread): ChainableCommander {
  return recordCalls((calls) => runSpread(spread, calls));
}

/** Takes the commands of a pipeline without sending them; `exec` hands them to `run`. */
export function recordCalls(run: (calls: readonly Call[]) => Promise<Replies>): ChainableCommander {
  const calls: Call[] = [];
  const recorder: object = new Proxy(calls, {
    get(_, name) {
      if (name === 'length') return calls.length;
      if (name === 'exec') return () => run(calls);
      // It is awaited by nobody: a promise would be asked for `then`.
      if (typeof name === 'symbol' || name === 'then') return undefined;
      return (...args: unknown[]) => {
        calls.push({ name, args });
        return recorder;
      };
    },
  });
  return recorder as ChainableCommander;
}

/** Runs recorded commands, in their order, on a pipeline of the client. */
export async function replay(pipeline: ChainableCommander, calls: readonly Call[]): Promise<Replies> {
  const commands = pipeline as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const { name, args } of calls) commands[name]?.(...args);
  return ((await pipeline.exec()) ?? []) as Replies;
}

async function runSpread(spread: Spread, calls: readonly Call[]): Promise<Replies> {
  const replies: Replies = new Array(calls.length);
  const groups = Map.groupBy(calls.keys(), (at) => spread.masterOf(slotOf(keyOf(calls[at] as Call))));
  await Promise.all(
    [...groups].map(async ([master, positions]) => {
      const part = positions.map((at) => calls[at] as Call);
      const answered = master === undefined ? [] : await replay(spread.newPipeline(), part).catch(noneSent);
      const settled = await Promise.all(
        part.map((call, at) => settle(spread, call, answered[at] ?? [new Error('MOVED'), undefined])),
      );
      for (const [at, reply] of settled.entries()) replies[positions[at] as number] = reply;
    }),
  );
  return replies;
}

/** The client looks again where the keys are, and sends nothing when a slot has moved since they were put together. */
function noneSent(thrown: unknown): Replies {
  if (thrown instanceof Error && thrown.message.includes('same slots allocation group')) return [];
  throw thrown;
}

/**
 * Slots that move while a pipeline is under way make some of its commands fail and others not. Those are sent again one by
 * one, in their order: commands of one key go to the same server.
 */
async function settle(spread: Spread, call: Call, reply: Replies[number]): Promise<Replies[number]> {
  if (reply[0] === null || !isMatterOfPlace(reply[0])) return reply;
  return spread.send(call).then(
    (answer) => [null, answer],
    (thrown: unknown) => [thrown instanceof Error ? thrown : new Error(messageOf(thrown)), undefined],
  );
}

function isMatterOfPlace(error: Error): boolean {
  return /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|LOADING)\b|^Connection is closed|connection close/.test(
    error.message,
  );
}

/** Every command that is sent in a pipeline has its key first, except scripts: text or digest, number of keys, key. */
function keyOf({ name, args }: Call): string {
  return String(/^eval/.test(name) ? args[2] : args[0]);
}
