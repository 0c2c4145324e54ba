/**
 * What it costs a service to be an agent: the time that a tick takes of its event loop, what an idle process weighs, and what
 * one process with many agents does. Service and host run as they are built.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Agent } from '../src/core/agent/agent.js';
import { declaredOffer } from '../src/core/agent/sdk/declared-offer.js';
import { noKeptEffects } from '../src/core/agent/sdk/kept-effects.js';
import { createServiceWorkload } from '../src/core/agent/sdk/service-workload.js';
import type { Workload } from '../src/core/agent/workload.js';
import { compileSource } from '../src/core/bytecode/compile.js';
import { instantiateProgram } from '../src/core/bytecode/instance.js';
import { verifyProgram } from '../src/core/bytecode/verify.js';
import type { Order } from '../src/core/nerve/messages/order.js';
import { startTestRedis } from '../test/support/redis.js';
import { type BenchContext, type Claim, interleaved, median, ratioClaim } from './support.js';

const TASKS = 1_000;
const AGENTS = 600;
const FIELDS = ['waiting', 'latency', 'throughput', 'memory', 'cost', 'errors', 'age', 'priority'] as const;
/** After these, collections have come and gone. */
const IDLE_SECONDS = 8;
const root = path.join(import.meta.dirname, '..');

export async function bench({ note }: BenchContext): Promise<readonly Claim[]> {
  note(`reading ${TASKS} tasks with ${FIELDS.length} fields`);
  const ticks = await tickCosts();
  const directory = mkdtempSync(path.join(tmpdir(), 'dreamnet-bench-'));
  const redis = await startTestRedis();
  try {
    const [socket, keysDir] = [redis.target.socketPath as string, path.join(directory, 'keys')];
    mkdirSync(keysDir, { mode: 0o700 });
    const key = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });
    writeFileSync(path.join(keysDir, 'signing.pub.pem'), key, { mode: 0o600 });
    note(`an idle service, for ${IDLE_SECONDS} s`);
    const idle = await weighed(path.join(root, 'bench', 'peers', 'idle-service.mjs'), {
      words: [socket, keysDir, path.join(directory, 'idle')],
      flags: ['--max-semi-space-size=1'],
    });
    const bare = await weighed(path.join(root, 'bench', 'peers', 'bare-process.mjs'), {
      words: [],
      flags: ['--max-semi-space-size=1'],
    });
    note(`${AGENTS} simulated agents in one process, for ${IDLE_SECONDS} s`);
    const host = {
      ...{ hostId: 'host-1', firstAgent: 0, agents: AGENTS, seed: 7, workload: 'simulated', prefix: '' },
      ...{ redisUrl: null, socketPath: socket, keysDir, stateDir: path.join(directory, 'host') },
    };
    const many = await weighed(path.join(root, 'dist', 'core', 'agent', 'host-main.js'), {
      words: [JSON.stringify(host)],
      flags: ['--max-semi-space-size=4'],
    });
    return [
      ...ticks,
      { name: 'idle agent process, shared pages shared', value: idle.proportional, unit: 'MB' },
      { name: 'idle agent process, resident', value: idle.resident, unit: 'MB', goal: { atMost: 60 } },
      { name: 'of it what Node weighs that does nothing', value: bare.resident, unit: 'MB' },
      {
        name: `${AGENTS} simulated agents in one process, resident`,
        value: many.resident,
        unit: 'MB',
        goal: { atMost: 300 },
      },
    ];
  } finally {
    await redis.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Of rows and columns that are at hand; against the least that anybody could do to have the same table. */
async function tickCosts(): Promise<readonly Claim[]> {
  const rows = Array.from({ length: TASKS }, (_, at) => ({
    id: `task-${at}`,
    ...(Object.fromEntries(FIELDS.map((field, column) => [field, at * column])) as Record<string, number>),
  }));
  const ids = rows.map(({ id }) => id);
  const columns = Object.fromEntries(
    FIELDS.map((field) => [field, Float64Array.from(rows, (row) => (row as never)[field])]),
  );
  const fromRows = refreshing(serviceWorkload(() => rows));
  const fromColumns = refreshing(serviceWorkload(() => ({ ids, columns })));
  const whole = ticking(serviceWorkload(() => rows));
  const samples = await interleaved(
    { rows: fromRows, columns: fromColumns, whole, least: () => timed(() => leastCopy(rows)) },
    { counted: 200, warmUp: 100 },
  );
  const claim = (name: string, of: readonly number[]): Claim => ({
    name,
    value: median(of),
    unit: 'ms',
    samples: of,
    goal: { atMost: 1 },
  });
  return [
    claim(`own cost of a tick, ${TASKS} tasks as rows`, samples.rows),
    claim(`own cost of a tick, ${TASKS} tasks as columns`, samples.columns),
    claim('whole tick with a live program, rows', samples.whole),
    ratioClaim('rows, to an unchecked copy of them', samples.rows, samples.least),
  ];
}

function serviceWorkload(tasks: () => unknown): Workload {
  const options = {
    fields: Object.fromEntries(FIELDS.map((field) => [field, 'count'] as const)),
    capabilities: { PAUSE: { code: 1, risk: 0, apply: () => undefined, revert: null } },
    tasks: tasks as never,
  };
  const offer = declaredOffer(options);
  return createServiceWorkload({ offer, options, kept: noKeptEffects(), log: () => undefined });
}

const { signal } = new AbortController();

/** What the SDK does before each tick, the service's own work aside. */
function refreshing(workload: Workload): () => Promise<number> {
  return async () => {
    const start = performance.now();
    await workload.refresh?.(0, signal);
    workload.view();
    return performance.now() - start;
  };
}

/** All that a tick takes of the event loop: reading the tasks, their histories, the program, its effects. */
function ticking(workload: Workload): () => Promise<number> {
  const agent = new Agent({ id: 'service', workload });
  const source = 'FUNC pause() { FOR EACH task IN task_queue { IF task.waiting > 3990 THEN PAUSE(task) } }';
  const result = compileSource(source, { fileName: 'pause.dream', capabilities: workload.capabilities });
  if (!result.ok) throw new Error('the program of the bench does not compile');
  const verified = verifyProgram(result.program.bytes);
  if (!verified.ok) throw new Error(verified.reason);
  const { program } = verified;
  const order: Omit<Order, 'action'> = {
    ...{ version: 1, instruction: 'instr_bench', parameters: {}, targets: ['service'], epoch: 1 },
    ...{ digest: program.digest, expires: Date.now() + 60_000, windowMs: 600_000 },
  };
  let nowMs = Date.now();
  let isLive = false;
  return async () => {
    const start = performance.now();
    await workload.refresh?.(nowMs, signal);
    nowMs += 1_000;
    agent.tick(nowMs);
    const tookMs = performance.now() - start;
    if (!isLive) {
      agent.stage({ ...order, action: 'stage' }, { program, instance: instantiateProgram(program) }, nowMs);
      agent.goLive({ ...order, action: 'live' }, nowMs);
      isLive = true;
    }
    return tookMs;
  };
}

function leastCopy(rows: readonly Readonly<Record<string, unknown>>[]): Float64Array[] {
  return FIELDS.map((field) => Float64Array.from(rows, (row) => row[field] as number));
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

interface Weight {
  /** Megabytes; what processes share counts for each its part. */
  readonly proportional: number;
  readonly resident: number;
}

async function weighed(
  module: string,
  { words, flags }: { readonly words: readonly string[]; readonly flags: readonly string[] },
): Promise<Weight> {
  const child = fork(module, words, { execArgv: [...flags], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  try {
    await once(child, 'message');
    await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1_000));
    return weightOf(child);
  } finally {
    child.kill('SIGKILL');
  }
}

function weightOf({ pid }: ChildProcess): Weight {
  const megabytes = (file: string, name: string) =>
    Number(
      new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1],
    ) / 1e3;
  return { proportional: megabytes('smaps_rollup', 'Pss'), resident: megabytes('status', 'VmRSS') };
}
