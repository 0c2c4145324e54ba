/**
 * What traces cost: writing them beside bare XADDs of the same bytes, what they take of Redis, how fast an agent's history is
 * found among a million, and what they add to the ticks of a host. The agents are real ones with simulated tasks.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Agent } from '../../src/core/agent/agent.js';
import { createReporter } from '../../src/core/agent/report.js';
import { createTracePace } from '../../src/core/agent/trace-pace.js';
import { createSimulatedWorkload } from '../../src/core/agent/workloads/simulated.js';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { instantiateProgram } from '../../src/core/bytecode/instance.js';
import { verifyProgram } from '../../src/core/bytecode/verify.js';
import { referenceFleet } from '../../src/core/language/capabilities.js';
import { limits } from '../../src/core/limits.js';
import { createNames, type Names } from '../../src/core/nerve/names.js';
import { pipelined } from '../../src/core/nerve/records.js';
import type { Redis } from '../../src/core/nerve/redis.js';
import { traceField } from '../../src/core/tracer/entries.js';
import { readTraces } from '../../src/core/tracer/read.js';
import { type AgentTrace, pipelinedWithTraces } from '../../src/core/tracer/write.js';
import { startTestRedis } from '../../test/support/redis.js';
import { type BenchContext, type Claim, interleaved, median, ratioClaim } from '../support.js';

const AGENTS = 1_159;
const MANY = 10_000;
const HUGE = 100_000;
const startMs = 1_767_225_600_000;
const usage = { processCpuPct: 31.4, processMemory: 123_456_789 };

export async function traceClaims({ note }: BenchContext): Promise<readonly Claim[]> {
  const agents = liveAgents(AGENTS);
  const server = await startTestRedis('bench');
  try {
    note(`writing traces of ${AGENTS} agents`);
    const writing = await writingClaims(server.redis, agents);
    note('ticks of a host with traces and without');
    const ticking = await tickingClaims(server.redis, agents);
    await server.clear();
    note('1,000,000 traces');
    const stored = await storedClaims(server.redis, tracesOf(agents, 10));
    await server.clear();
    note(`${MANY} agents with all that they keep`);
    const kept = await keptClaims(server.redis, agents);
    return [...writing, ...ticking, ...stored, ...kept];
  } finally {
    await server.stop();
  }
}

/** All run the same program. */
function liveAgents(count: number, from = 0): Agent[] {
  const file = path.join(import.meta.dirname, '..', '..', 'playbooks', 'cost_optimize.dream');
  const compiled = compileSource(readFileSync(file, 'utf8'), {
    fileName: file,
    capabilities: referenceFleet,
  });
  const verified = compiled.ok ? verifyProgram(compiled.program.bytes) : undefined;
  if (!verified?.ok) throw new Error('the program of the bench does not compile');
  const { program } = verified;
  const instance = instantiateProgram(program);
  return Array.from({ length: count }, (_, at) => {
    const agent = new Agent({
      id: `agent-${from + at}`,
      workload: createSimulatedWorkload({ seed: 7, agent: from + at, nowMs: startMs }),
    });
    const order = {
      ...{ version: 1 as const, instruction: 'instr_bench', parameters: {}, targets: [agent.id], epoch: 1 },
      ...{ digest: program.digest, expires: startMs + 60_000, windowMs: 86_400_000 },
    };
    agent.stage({ ...order, action: 'stage' }, { program, instance }, startMs);
    agent.goLive({ ...order, action: 'live' }, startMs);
    return agent;
  });
}

/** Of a typical trace in its compact form. */
const typicalBytes = 31;
const actions = referenceFleet.actions.map(({ name }) => name);
let nowMs = startMs;

/** Real ticks, a second apart, each traced: so many of every agent. */
function tracesOf(agents: readonly Agent[], ticks: number): AgentTrace[] {
  const pace = createTracePace();
  return Array.from({ length: ticks }).flatMap(() => {
    nowMs += 1_000;
    for (const agent of agents) pace.add({ agent, outcome: agent.tick(nowMs), evaluateMs: 0.0421 }, nowMs);
    return pace.take(agents, usage).map(({ agent, trace }) => ({ agent: agent.id, trace, actions }));
  });
}

const namesOf = (prefix: string) => createNames(prefix);

/** Each round goes on with the streams where the one before ended, as a fleet does. */
async function writingClaims(redis: Redis, agents: readonly Agent[]): Promise<Claim[]> {
  const [ours, theirs] = [namesOf('ours'), namesOf('bare')];
  let traces: readonly AgentTrace[] = [];
  const write = async (names: Names) => {
    await pipelinedWithTraces(traces, { redis, names, command: (_pipeline, item, trace) => trace(item) });
  };
  const samples = await interleaved(
    {
      traces: async () => {
        traces = tracesOf(agents, 20);
        return timed(() => write(ours));
      },
      bare: () => {
        const bytes = Buffer.alloc(typicalBytes);
        const kept = limits.traceEntriesPerAgentMax;
        return timed(() =>
          pipelined(redis, traces, (pipeline, { agent, trace }) =>
            pipeline.xadd(theirs.trace(agent), 'MAXLEN', '~', kept, `${trace.at}-*`, traceField, bytes),
          ),
        );
      },
    },
    { counted: 15, warmUp: 5 },
  );
  const each = (ms: readonly number[]) => ms.map((all) => (traces.length / all) * 1e3);
  return [
    {
      name: 'traces written',
      value: median(each(samples.traces)),
      unit: '/s',
      samples: each(samples.traces),
    },
    {
      name: 'bare XADDs of the same size',
      value: median(each(samples.bare)),
      unit: '/s',
      samples: each(samples.bare),
    },
    ratioClaim('rate of traces / rate of bare XADDs', each(samples.traces), each(samples.bare), {
      atLeast: 0.8,
    }),
  ];
}

/**
 * Processor time of this process in an execution window, when hosts tick each second and the program reports every 5 s: for all that
 * a host does (agents, records, task tables, traces), and for pace and traces alone, in pipelines of their own.
 */
async function tickingClaims(redis: Redis, agents: readonly Agent[]): Promise<Claim[]> {
  const reporter = createReporter({ redis, names: namesOf('whole'), hostId: 'bench' });
  const pace = createTracePace();
  const names = namesOf('alone');
  const ticked = () => {
    nowMs += 1_000;
    return agents.map((agent) => ({ agent, outcome: agent.tick(nowMs), evaluateMs: 0.04 }));
  };
  let ticks = 0;
  const whole = () =>
    processorMs(async () => {
      reporter.ticked(ticked(), nowMs);
      await reporter.tick(agents, { nowMs, snapshots: ticks++ % 5 === 0 });
    });
  const alone = () => {
    const outcomes = ticked();
    return processorMs(async () => {
      for (const tick of outcomes) pace.add(tick, nowMs);
      await pipelinedWithTraces(pace.take(agents, usage), {
        ...{ redis, names },
        command: (_pipeline, { agent, trace }, add) => add({ agent: agent.id, trace, actions }),
      });
    });
  };
  // Beyond what is traced tick by tick after go-live; five ticks a sample, one of which is traced.
  for (let tick = 0; tick < 40; tick++) for (const one of [whole, alone]) await one();
  const fiveOf = (one: () => Promise<number>) => async () => {
    let sum = 0;
    for (let tick = 0; tick < 5; tick++) sum += await one();
    return sum / 5;
  };
  const samples = await interleaved(
    { whole: fiveOf(whole), alone: fiveOf(alone) },
    { counted: 40, warmUp: 5 },
  );
  const rest = samples.whole.map((ms, round) => ms - (samples.alone[round] as number));
  return [
    {
      ...{ name: `processor time of a tick of ${agents.length} agents`, value: median(samples.whole) },
      ...{ unit: 'ms', samples: samples.whole },
    },
    ratioClaim('of it tracing, to all the rest', samples.alone, rest, { atMost: 0.05 }),
  ];
}

/** As many agents as a million traces take, each with all that it keeps. */
async function storedClaims(redis: Redis, traces: readonly AgentTrace[]): Promise<Claim[]> {
  const names = namesOf('');
  const each = limits.traceEntriesPerAgentMax;
  const count = Math.ceil(1_000_000 / each);
  const before = await bytesIn(redis);
  await fill(redis, names, { traces, agents: count, each });
  const bytes = (await bytesIn(redis)) - before;
  const times: number[] = [];
  for (let round = -20; round < 200; round++) {
    const agent = `agent-${((round + 20) * 7_919) % count}`;
    const ms = await timed(async () => {
      const { traces: found } = await readTraces(redis, names, agent, { count: each });
      if (found.length !== each) throw new Error(`${found.length} traces of ${agent} instead of ${each}`);
    });
    if (round >= 0) times.push(ms);
  }
  return [
    {
      ...{ name: `a trace in Redis, ${count * each} of ${count} agents`, value: bytes / (count * each) },
      ...{ unit: 'B', goal: { atMost: 60 } },
    },
    {
      ...{ name: `all ${each} traces of one of them found and read`, value: median(times), unit: 'ms' },
      ...{ samples: times, goal: { atMost: 5 } },
    },
  ];
}

/** Agents with record, window report, task table, heartbeat, and as many traces as one keeps in a fleet ten times as large. */
async function keptClaims(redis: Redis, agents: readonly Agent[]): Promise<Claim[]> {
  const names = namesOf('');
  const before = await bytesIn(redis);
  const reporter = createReporter({ redis, names, hostId: 'bench' });
  for (let from = 0; from < MANY; from += 1_000) {
    const part = liveAgents(1_000, from);
    await reporter.register(part, nowMs);
    const ticks = part.map((agent) => ({ agent, outcome: agent.tick(nowMs), evaluateMs: 0.04 }));
    reporter.ticked(ticks, nowMs);
    await reporter.tick(part, { nowMs, snapshots: true });
  }
  const each = limits.traceEntriesPerAgentMin;
  await fill(redis, names, { traces: tracesOf(agents, 10), agents: MANY, each, everyMs: 30_000 });
  const bytes = (await bytesIn(redis)) - before;
  return [
    {
      name: `Redis with ${HUGE} agents, ${each} traces each (a tenth of them measured, times ten)`,
      ...{ value: (bytes * (HUGE / MANY)) / 1e9, unit: 'GB', goal: { atMost: 1.5 } },
    },
  ];
}

/** Real traces again and again, later each time, a pipeline for each moment. */
async function fill(
  redis: Redis,
  names: Names,
  {
    traces,
    agents,
    each,
    everyMs = 1_000,
  }: { traces: readonly AgentTrace[]; agents: number; each: number; everyMs?: number },
): Promise<void> {
  const firstMs = nowMs;
  for (let moment = 0; moment < each; moment++) {
    const at = firstMs + (moment + 1) * everyMs;
    const items = Array.from({ length: agents }, (_, agent) => {
      const { trace } = traces[(agent + moment * 31) % traces.length] as AgentTrace;
      if (trace.kind !== 'tick') throw new Error('only ticks are expected');
      return { agent: `agent-${agent}`, actions, trace: { ...trace, at, metrics: { ...trace.metrics, at } } };
    });
    await pipelinedWithTraces(items, { redis, names, command: (_pipeline, item, trace) => trace(item) });
  }
  nowMs = firstMs + each * everyMs;
}

async function bytesIn(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}

async function processorMs(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e3;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
