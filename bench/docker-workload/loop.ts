/**
 * A dozen containers of a host, those of examples/mixed-containers, whose steady demand is about one core: "reduce costs 15%"
 * three times in a row, and what that did to the CPU time that they really use, read beside the agents from the engine. The
 * containers that are limited are compared with the prediction, those that are not with themselves.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { LoopDocument } from '../../src/core/loop-document.js';
import { composeUp } from '../../test/support/docker/compose.js';
import type { TestEngine } from '../../test/support/docker-engine.js';
import type { Claim } from '../support.js';

const ROOT = join(import.meta.dirname, '../..');
const LOOPS = 3;
const WINDOW_S = 30;
/** Until everything runs as it will, and has been watched for a while. */
const SETTLE_MS = 45_000;
/** After the limits are there, until what is measured is what they leave. */
const TAKES_HOLD_MS = 4_000;
const MEASURED_MS = 18_000;
/** What the playbook leaves alone: two seconds a minute. */
const CORES_LEFT_ALONE = 2 / 60;

export async function measureLoop(test: TestEngine, note: (text: string) => void): Promise<Claim[]> {
  const home = await mkdtemp(join(tmpdir(), 'dreamnet-bench-'));
  const file = join(ROOT, 'examples/mixed-containers/compose.yaml');
  const prefix = `dreamnet-bench-${process.pid}`;
  const cgroupParent = `/${prefix}`;
  const containers = await composeUp(test.docker, file, { prefix, labels: { ...test.labels }, cgroupParent });
  letGoFirst(cgroupParent);
  const env = { ...process.env, DREAMNET_HOME: home, DOCKER_HOST: test.host };
  const agent = start(['agent', '--filter', `label=${test.label}`, '--id', 'bench'], env);
  try {
    note(`${containers.size} containers; ${LOOPS} loops with a window of ${WINDOW_S} s`);
    await pause(SETTLE_MS);
    const before = await settingsOf(containers);
    const loops: Loop[] = [];
    for (let loop = 1; loop <= LOOPS; loop++) {
      const measured = await oneLoop(containers, env);
      note(
        `loop ${loop}: predicted ${points(measured.predicted)}, limited containers ${points(measured.limited)}, ${measured.count} of them; others ${points(measured.others)}; by the result ${points(measured.result)}`,
      );
      loops.push(measured);
      await pause(5_000);
    }
    agent.kill('SIGTERM');
    await once(agent, 'exit');
    await once(start(['agent', 'restore', '--yes'], env), 'exit');
    return claimsOf(loops, { before, after: await settingsOf(containers) });
  } finally {
    agent.kill('SIGKILL');
    await rm(home, { recursive: true, force: true });
  }
}

/** What they ask for is a core in all: where others use the machine as well, they shall get it, as on one of their own. */
function letGoFirst(group: string): void {
  const files = {
    [`/sys/fs/cgroup/cpu${group}/cpu.shares`]: '262144',
    [`/sys/fs/cgroup${group}/cpu.weight`]: '10000',
  };
  for (const [file, weight] of Object.entries(files)) {
    try {
      writeFileSync(file, weight, { flag: 'r+' });
    } catch {
      // The other layout of control groups, or not ours to say.
    }
  }
}

interface Loop {
  /** Change of CPU time that was predicted for the limited containers. */
  readonly predicted: number;
  readonly limited: number;
  readonly count: number;
  /** Of those that nobody limited in the window. */
  readonly others: number;
  /** Treated against held-out agents, as the result says, and what had been predicted of that. */
  readonly result: number;
  readonly predictedResult: number;
}

type Containers = ReadonlyMap<string, Docker.Container>;

async function oneLoop(containers: Containers, env: NodeJS.ProcessEnv): Promise<Loop> {
  const former = await settingsOf(containers);
  const before = await coresOver(MEASURED_MS, containers);
  const run = start(
    ['run', 'reduce costs 15%', '--window', `${WINDOW_S}s`, '--json', '--max-risk', '1'],
    env,
  );
  const output = text(run);
  await Promise.race([
    output.then((said) => {
      throw new Error(`the loop ended before anything was limited: ${said}`);
    }),
    untilChanged(containers, former),
  ]);
  await pause(TAKES_HOLD_MS);
  const now = await settingsOf(containers);
  const after = await coresOver(MEASURED_MS, containers);
  const document = JSON.parse(await output) as LoopDocument;
  const names = [...containers.keys()];
  const working = names.filter((name) => (before.get(name) ?? 0) > CORES_LEFT_ALONE);
  const limited = working.filter((name) => now.get(name) !== former.get(name));
  const others = working.filter((name) => now.get(name) === former.get(name));
  const whole = document.decision?.prediction.metrics.cpu_time?.mean ?? Number.NaN;
  const tasks = names.filter((name) => name !== 'payments');
  return {
    predicted:
      whole *
      (sumOf(tasks, before) /
        sumOf(
          working.filter((name) => name !== 'payments'),
          before,
        )),
    limited: sumOf(limited, after) / sumOf(limited, before) - 1,
    count: limited.length,
    others: sumOf(others, after) / sumOf(others, before) - 1,
    result: document.execution?.metrics.cpu_time?.change ?? Number.NaN,
    predictedResult: whole,
  };
}

function claimsOf(
  loops: readonly Loop[],
  { before, after }: { before: ReadonlyMap<string, string>; after: ReadonlyMap<string, string> },
): Claim[] {
  const apart = loops.map(({ limited, predicted }) => 100 * Math.abs(limited - predicted));
  const byResult = loops.map(({ result, predictedResult }) => 100 * Math.abs(result - predictedResult));
  const drift = loops.map(({ others }) => 100 * Math.abs(others));
  const changed = [...before].filter(([name, settings]) => after.get(name) !== settings).length;
  const last = loops.at(-1);
  return [
    {
      name: 'CPU time of limited containers, third loop',
      value: -100 * (last?.limited ?? Number.NaN),
      unit: '% less',
    },
    {
      name: '… from what was predicted',
      value: apart.at(-1) ?? Number.NaN,
      unit: 'points',
      goal: { atMost: 3 },
      samples: apart,
    },
    {
      name: '… the same by the result, against held-out containers',
      value: byResult.at(-1) ?? Number.NaN,
      unit: 'points',
      samples: byResult,
    },
    {
      name: 'CPU time of containers that were left alone, third loop, changed by',
      value: drift.at(-1) ?? Number.NaN,
      unit: 'points',
      goal: { atMost: 3 },
      samples: drift,
    },
    {
      name: 'containers whose limits were others after `agent restore`',
      value: changed,
      unit: '',
      goal: { atMost: 0 },
    },
  ];
}

/** A quota of none is -1 once there was one: Docker knows no way back to 0. */
async function settingsOf(containers: Containers): Promise<Map<string, string>> {
  const all = await Promise.all(
    [...containers].map(async ([name, container]) => {
      const { HostConfig } = await container.inspect();
      const { NanoCpus, CpuQuota, CpuPeriod, Memory, MemorySwap } = HostConfig;
      const quota = Math.max(0, CpuQuota ?? 0);
      return [name, JSON.stringify([NanoCpus, quota, CpuPeriod, Memory, MemorySwap])] as const;
    }),
  );
  return new Map(all);
}

async function untilChanged(containers: Containers, former: ReadonlyMap<string, string>): Promise<void> {
  for (;;) {
    const now = await settingsOf(containers);
    if ([...now].some(([name, settings]) => former.get(name) !== settings)) return;
    await pause(250);
  }
}

async function coresOver(ms: number, containers: Containers): Promise<Map<string, number>> {
  const first = await cpuOf(containers);
  await pause(ms);
  const second = await cpuOf(containers);
  return new Map(
    [...second].map(([name, { cpuNs, atMs }]) => {
      const before = first.get(name);
      return [name, (cpuNs - (before?.cpuNs ?? 0)) / 1e6 / (atMs - (before?.atMs ?? 0))];
    }),
  );
}

async function cpuOf(containers: Containers): Promise<Map<string, { cpuNs: number; atMs: number }>> {
  const all = await Promise.all(
    [...containers].map(async ([name, container]) => {
      const { read, cpu_stats } = await container.stats({ stream: false, 'one-shot': true });
      return [name, { cpuNs: cpu_stats.cpu_usage.total_usage, atMs: Date.parse(read) }] as const;
    }),
  );
  return new Map(all);
}

function start(words: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const { REDIS_URL: _, ...own } = env;
  return spawn(process.execPath, [join(ROOT, 'bin/run.js'), ...words], {
    env: own,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

async function text({ stdout }: ChildProcess): Promise<string> {
  let said = '';
  for await (const chunk of stdout ?? []) said += String(chunk);
  return said;
}

function sumOf(names: readonly string[], cores: ReadonlyMap<string, number>): number {
  return names.reduce((sum, name) => sum + (cores.get(name) ?? 0), 0);
}

function points(change: number): string {
  return `${(100 * change).toFixed(1)} %`;
}
