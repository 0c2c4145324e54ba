/**
 * What Redis alone takes for an exchange of a rollout's shape: an order to each of two processes, which answer with one entry
 * per agent and do nothing else, and a wait for all answers before the next round.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { duplicateConnection } from '../../src/core/nerve/connection.js';
import type { Redis } from '../../src/core/nerve/redis.js';

const PEERS = 2;
const answers = 'bench:answers';

export interface BareExchange {
  /** Milliseconds for all agents, in rounds of a batch. */
  exchange(shape: { readonly agents: number; readonly batch: number }): Promise<number>;
  stop(): void;
}

export async function startBareExchange(redis: Redis, socketPath: string): Promise<BareExchange> {
  const peers: { orders: string; child: ChildProcess }[] = [];
  for (let peer = 0; peer < PEERS; peer++) {
    const orders = `bench:orders:${peer}`;
    const script = path.join(import.meta.dirname, 'answer-orders.mjs');
    const child = fork(script, [socketPath, orders, answers], { execArgv: [] });
    peers.push({ orders, child });
    await once(child, 'message');
  }
  const blocking = await duplicateConnection(redis);
  return {
    async exchange({ agents, batch }) {
      await redis.del(answers);
      const startedMs = performance.now();
      let last = '0';
      for (let from = 0; from < agents; from += batch) {
        const round = Array.from({ length: Math.min(batch, agents - from) }, (_, at) => from + at);
        await sendRound(redis, peers, round);
        last = await awaitAnswers(blocking, { after: last, count: round.length });
      }
      return performance.now() - startedMs;
    },
    stop() {
      blocking.disconnect();
      for (const { child } of peers) child.kill();
    },
  };
}

async function sendRound(
  redis: Redis,
  peers: readonly { orders: string }[],
  agents: readonly number[],
): Promise<void> {
  const pipeline = redis.pipeline();
  peers.forEach(({ orders }, peer) => {
    const share = agents.filter((agent) => agent % peers.length === peer);
    if (share.length > 0) pipeline.xadd(orders, 'MAXLEN', '~', 1_000, '*', 'agents', share.join(','));
  });
  await pipeline.exec();
}

/** The id of the last of `count` answers. */
async function awaitAnswers(
  blocking: Redis,
  { after, count }: { readonly after: string; readonly count: number },
): Promise<string> {
  let last = after;
  for (let arrived = 0; arrived < count; ) {
    const reply = await blocking.xread('COUNT', 1_000, 'BLOCK', 10_000, 'STREAMS', answers, last);
    const entries = reply?.[0]?.[1];
    if (entries === undefined) throw new Error('a peer of the bare exchange does not answer');
    arrived += entries.length;
    last = entries.at(-1)?.[0] ?? last;
  }
  return last;
}
