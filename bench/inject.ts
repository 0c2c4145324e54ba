/**
 * What injection costs: 1,159 agents in real host processes stage a program in batches of 10, each one checks digest and
 * signature and acknowledges, then all go live; against a bare Redis exchange of the same shape on the same server,
 * whose peers answer without checking, loading or keeping anything. The two take turns.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Redis } from 'ioredis';
import { limits } from '../src/core/limits.js';
import { duplicateConnection } from '../src/core/nerve/connection.js';
import { type BenchFleet, prepareRollout, withFleet } from './peers/fleet.js';
import { type BenchContext, type Claim, interleaved, median, ratioClaim } from './support.js';

const AGENTS = 1_159;
const BATCH = 10;
const PEERS = 2;
const ROUNDS = { counted: 7, warmUp: 2 };
const source = readFileSync(path.join(import.meta.dirname, '..', 'playbooks', 'cost_optimize.dream'), 'utf8');

export async function bench({ note }: BenchContext): Promise<readonly Claim[]> {
  note(`starting ${AGENTS} agents`);
  return withFleet(AGENTS, async (fleet) => {
    const bare = await startBareExchange(fleet);
    try {
      note(`${ROUNDS.counted} rounds of one rollout and one bare exchange`);
      const staging: number[] = [];
      const ms = await interleaved(
        {
          inject: async () => {
            const measured = await injectOnce(fleet);
            staging.push(measured.stagingMs);
            return measured.totalMs;
          },
          bare: () => bare.exchange(),
        },
        ROUNDS,
      );
      const counted = staging.slice(ROUNDS.warmUp);
      return [
        {
          name: 'first order to all live',
          value: median(ms.inject),
          unit: 'ms',
          goal: { atMost: 1_000 },
          samples: ms.inject,
        },
        { name: 'of it staging in 116 batches', value: median(counted), unit: 'ms', samples: counted },
        {
          name: 'bare Redis exchange of the same shape',
          value: median(ms.bare),
          unit: 'ms',
          samples: ms.bare,
        },
        ratioClaim('injection / bare exchange', ms.inject, ms.bare),
      ];
    } finally {
      bare.stop();
    }
  });
}

let rollouts = 0;

async function injectOnce(fleet: BenchFleet): Promise<{ totalMs: number; stagingMs: number }> {
  const id = `instr_bench${rollouts++}`;
  const rollout = await prepareRollout(fleet, {
    id,
    source,
    windowMs: limits.windowMs,
    batch: String(BATCH),
  });
  try {
    const startedMs = performance.now();
    await rollout.run();
    const totalMs = performance.now() - startedMs;
    const { counts, heldOut, batches, injectMs } = rollout.record;
    if (
      counts.live !== AGENTS - heldOut ||
      counts.staged !== heldOut ||
      batches !== Math.ceil(AGENTS / BATCH)
    )
      throw new Error(`not every agent took part: ${JSON.stringify(rollout.record.counts)}`);
    await rollout.complete({ verdict: 'good' });
    return { totalMs, stagingMs: injectMs ?? Number.NaN };
  } finally {
    await rollout.close();
  }
}

interface BareExchange {
  /** Milliseconds of 116 rounds. */
  exchange(): Promise<number>;
  stop(): void;
}

async function startBareExchange({ redis, socketPath }: BenchFleet): Promise<BareExchange> {
  const answers = 'bench:answers';
  const peers: { orders: string; child: ChildProcess }[] = [];
  for (let peer = 0; peer < PEERS; peer++) {
    const orders = `bench:orders:${peer}`;
    const child = fork(
      path.join(import.meta.dirname, 'peers', 'answer-orders.mjs'),
      [socketPath, orders, answers],
      {
        execArgv: [],
      },
    );
    peers.push({ orders, child });
    await once(child, 'message');
  }
  const blocking = await duplicateConnection(redis);
  return {
    async exchange() {
      await redis.del(answers);
      const startedMs = performance.now();
      let last = '0';
      for (let from = 0; from < AGENTS; from += BATCH) {
        const agents = Array.from({ length: Math.min(BATCH, AGENTS - from) }, (_, at) => from + at);
        await sendRound(redis, peers, agents);
        last = await awaitAnswers(blocking, { answers, after: last, count: agents.length });
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
  { answers, after, count }: { answers: string; after: string; count: number },
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
