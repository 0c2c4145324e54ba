/**
 * What injection costs: agents in real host processes stage a program batch after batch, each order is checked, kept and
 * acknowledged agent by agent, then all go live; against a bare Redis exchange of the same shape on the same server, whose
 * peers answer without checking, loading or keeping anything. 1,159 agents are the local fleet as users run it, with tasks
 * and ticks. Larger fleets have hosts whose agents have no tasks, so that injection is measured and not the simulation:
 * their orders take the same path through the same code. What is compared takes turns.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { limits } from '../src/core/limits.js';
import { startBareExchange } from './peers/bare-exchange.js';
import { type BenchFleet, prepareRollout, withFleet } from './peers/fleet.js';
import { type BenchServer, type RolloutCost, withServer } from './peers/fleet-without-tasks.js';
import { type BenchContext, type Claim, type Goal, interleaved, median, ratioClaim } from './support.js';

const AGENTS = 1_159;
const LARGE = 20_000;
const HUGE = 100_000;
const BATCH = 10;
const HUGE_BATCH = 1_000;
const ROUNDS = { counted: 7, warmUp: 2 };
const LARGE_ROUNDS = { counted: 3, warmUp: 1 };
const HUGE_ROUNDS = 2;
const FLAT: Goal = { atMost: 1.3 };
const source = readFileSync(path.join(import.meta.dirname, '..', 'playbooks', 'cost_optimize.dream'), 'utf8');

export async function bench(context: BenchContext): Promise<readonly Claim[]> {
  const local = await localFleet(context);
  return withServer(async (server) => [
    ...local,
    ...(await largeFleet(server, context)),
    ...(await hugeFleet(server, context)),
  ]);
}

function localFleet({ note }: BenchContext): Promise<readonly Claim[]> {
  note(`starting the local fleet with ${AGENTS} agents`);
  return withFleet(AGENTS, async (fleet) => {
    const bare = await startBareExchange(fleet.redis, fleet.socketPath);
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
          bare: () => bare.exchange({ agents: AGENTS, batch: BATCH }),
        },
        ROUNDS,
      );
      const counted = staging.slice(ROUNDS.warmUp);
      return [
        {
          ...{ name: 'local fleet, 1,159 agents in batches of 10: first order to all live' },
          ...{ value: median(ms.inject), unit: 'ms', goal: { atMost: 500 }, samples: ms.inject },
        },
        { name: 'of it staging in 116 batches', value: median(counted), unit: 'ms', samples: counted },
        ...bareClaims(ms.inject, ms.bare),
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

/** Batches of 10, against the same hosts with 1,159 agents. */
async function largeFleet(server: BenchServer, { note }: BenchContext): Promise<readonly Claim[]> {
  note(`starting hosts without tasks, ${AGENTS} and ${LARGE} agents`);
  const [small, large] = [await server.startFleet(AGENTS), await server.startFleet(LARGE)];
  const costs: RolloutCost[] = [];
  const ms = await interleaved(
    {
      small: async () => (await small.rollOut(BATCH)).totalMs,
      large: async () => {
        const cost = await large.rollOut(BATCH);
        note(`${LARGE} agents in ${Math.round(cost.totalMs)} ms`);
        costs.push(cost);
        return cost.totalMs;
      },
      bare: () => server.bare.exchange({ agents: LARGE, batch: BATCH }),
    },
    LARGE_ROUNDS,
  );
  await small.stop();
  await large.stop();
  const counted = costs.slice(LARGE_ROUNDS.warmUp);
  return [
    secondsClaim('hosts without tasks, 20,000 agents in batches of 10: first order to all live', ms.large, 6),
    ...bareClaims(ms.large, ms.bare),
    cpuClaim('processor time of the coordinator for a batch of 10', counted, (cost) => cost.coordinatorCpuMs),
    cpuClaim('processor time of both hosts for a batch of 10', counted, (cost) => cost.hostsCpuMs),
    ratioClaim(
      'cost of an agent, 20,000 / 1,159 agents, batches of 10',
      ms.large.map((all) => all / LARGE),
      ms.small.map((all) => all / AGENTS),
      FLAT,
    ),
  ];
}

/** Batches of 1,000, against the same hosts with 20,000 agents. */
async function hugeFleet(server: BenchServer, { note }: BenchContext): Promise<readonly Claim[]> {
  note(`starting hosts without tasks, ${HUGE} agents and again ${LARGE}`);
  const [large, huge] = [await server.startFleet(LARGE), await server.startFleet(HUGE)];
  const costs: RolloutCost[] = [];
  const ms = await interleaved(
    {
      large: async () => (await large.rollOut(HUGE_BATCH)).totalMs,
      huge: async () => {
        const cost = await huge.rollOut(HUGE_BATCH);
        note(`${HUGE} agents in ${Math.round(cost.totalMs)} ms`);
        costs.push(cost);
        return cost.totalMs;
      },
      bare: () => server.bare.exchange({ agents: HUGE, batch: HUGE_BATCH }),
    },
    { counted: HUGE_ROUNDS, warmUp: 0 },
  );
  await large.stop();
  await huge.stop();
  const [first, again] = costs as [RolloutCost, RolloutCost];
  return [
    secondsClaim(
      'hosts without tasks, 100,000 agents in batches of 1,000: first order to all live',
      ms.huge,
      30,
    ),
    ...bareClaims(ms.huge, ms.bare),
    ratioClaim(
      'cost of an agent, 100,000 / 20,000 agents, batches of 1,000',
      ms.huge.map((all) => all / HUGE),
      ms.large.map((all) => all / LARGE),
      FLAT,
    ),
    {
      ...{ name: 'coordinator of 100,000 agents at its largest (resident, a process of its own)' },
      ...{ value: Math.max(...costs.map((cost) => cost.coordinatorMB)), unit: 'MB', goal: { atMost: 150 } },
      samples: costs.map((cost) => cost.coordinatorMB),
    },
    { name: 'Redis grew by, for an agent, first rollout', value: first.redisBytes / HUGE, unit: 'B' },
    { name: 'Redis grew by, for an agent, second rollout', value: again.redisBytes / HUGE, unit: 'B' },
  ];
}

function secondsClaim(name: string, ms: readonly number[], atMost: number): Claim {
  const samples = ms.map((one) => one / 1_000);
  return { name, value: median(samples), unit: 's', goal: { atMost }, samples };
}

function bareClaims(inject: readonly number[], bare: readonly number[]): Claim[] {
  return [
    { name: 'bare Redis exchange of the same shape', value: median(bare), unit: 'ms', samples: bare },
    ratioClaim('injection / bare exchange', inject, bare),
  ];
}

function cpuClaim(name: string, costs: readonly RolloutCost[], of: (cost: RolloutCost) => number): Claim {
  const samples = costs.map((cost) => of(cost) / cost.batches);
  return { name, value: median(samples), unit: 'ms', samples };
}
