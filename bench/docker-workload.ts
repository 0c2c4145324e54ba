/**
 * What a loop does to the containers of a host, see docker-workload/loop.ts; and what they cost as the tasks of an agent: reading what each of 200 uses, every 5 s, in CPU time of this
 * process and of the engine's together; from the kernel's files, and from the engine's statistics for comparison.
 * DREAMNET_BENCH_CONTAINERS changes how many containers there are, DREAMNET_BENCH_SECONDS how long each way is watched (40).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { openContainerTasks } from '../src/core/agent/workloads/docker/container-tasks.js';
import type { UsageSource } from '../src/core/agent/workloads/docker/usage-reader.js';
import { type Engine, openEngine } from '../src/core/docker/engine.js';
import { engineAddress } from '../src/core/docker/engine-address.js';
import { inParallel } from '../test/support/docker/in-parallel.js';
import { useEngine as startEngine, type TestEngine } from '../test/support/docker-engine.js';
import { measureLoop } from './docker-workload/loop.js';
import { type BenchContext, type Claim, median } from './support.js';

const CONTAINERS = Number(process.env.DREAMNET_BENCH_CONTAINERS ?? 200);
const WATCHED_MS = Number(process.env.DREAMNET_BENCH_SECONDS ?? 40) * 1_000;
const EVERY_MS = 5_000;

export async function bench(context: BenchContext): Promise<readonly Claim[]> {
  const test = await startEngine();
  const engine = await openEngine(engineAddress({ DOCKER_HOST: test.host }));
  try {
    const claims = await measureLoop(test, context.note);
    await test.removeContainers();
    context.note(`starting ${CONTAINERS} containers`);
    await startContainers(test);
    return [...claims, ...(await measureReading({ test, engine, ...context }))];
  } finally {
    engine.close();
    await test.stop();
  }
}

async function startContainers({ docker, labels, agentImage }: TestEngine): Promise<void> {
  const Image = await agentImage();
  await inParallel(Array.from({ length: CONTAINERS }), async () => {
    const container = await docker.createContainer({
      ...{ Image, Cmd: ['sleep', '100000'], Labels: { ...labels }, StopTimeout: 1 },
      HostConfig: { NetworkMode: 'none' },
    });
    await container.start();
  });
}

interface Bench extends BenchContext {
  readonly test: TestEngine;
  readonly engine: Engine;
}

async function measureReading(bench: Bench): Promise<Claim[]> {
  const { note } = bench;
  note(`four ways to know what they use, ${WATCHED_MS / 1_000} s each`);
  await pause(5_000);
  const nobody = await watched(() => pause(WATCHED_MS));
  const files = await readFrom('files', bench);
  const answers = await readFrom('engine', bench);
  const streams = await readStreams(bench);
  const every = `${CONTAINERS} containers every ${EVERY_MS / 1_000} s`;
  const percent = (name: string, value: number): Claim => ({ name, value, unit: '% of a core' });
  return [
    { ...percent(`reading ${every} from the kernel's files`, more(files, nobody)), goal: { atMost: 10 } },
    percent('… of it this process', files.own - nobody.own),
    percent(`reading ${every} from the engine's answers`, more(answers, nobody)),
    percent('… of it this process', answers.own - nobody.own),
    percent(`reading ${CONTAINERS} containers from a stream of the engine's for each`, more(streams, nobody)),
    percent('the engine while nobody reads, subtracted above', nobody.engine),
    {
      name: "one reading of all from the kernel's files",
      value: median(files.ms),
      unit: 'ms',
      samples: files.ms,
    },
  ];
}

/** As an agent does it, whose process does nothing else. */
async function readFrom(source: UsageSource, { test, engine }: Bench): Promise<Load & { ms: number[] }> {
  const tasks = await openContainerTasks(engine, { filters: { label: [test.label] }, source });
  try {
    // How each is read is found out with the first reading.
    await tasks.refresh(Date.now());
    const ms: number[] = [];
    const load = await watched(async () => {
      const endsMs = performance.now() + WATCHED_MS;
      for (let nextMs = performance.now(); nextMs < endsMs; nextMs += EVERY_MS) {
        await pause(Math.max(0, nextMs + EVERY_MS - performance.now()));
        const startedMs = performance.now();
        await tasks.refresh(Date.now());
        ms.push(performance.now() - startedMs);
      }
    });
    const { rows } = tasks.view();
    if (rows !== CONTAINERS)
      throw new Error(`${rows} of ${CONTAINERS} containers were read; ${tasks.words()}`);
    return { ...load, ms };
  } finally {
    tasks.close();
  }
}

/** What `docker stats` does: the engine tells of each container once a second, asked or not. Here nobody even reads it. */
async function readStreams({ test, engine }: Bench): Promise<Load> {
  const listed = await engine.docker.listContainers({ filters: { label: [test.label] } });
  const streams = await inParallel(listed, async ({ Id }) => {
    const stream = (await engine.docker.getContainer(Id).stats({ stream: true })) as NodeJS.ReadableStream & {
      destroy(): void;
    };
    stream.resume();
    return stream;
  });
  try {
    await pause(2_000);
    return await watched(() => pause(WATCHED_MS));
  } finally {
    for (const stream of streams) stream.destroy();
  }
}

/** Percent of a core. */
interface Load {
  readonly own: number;
  readonly engine: number;
}

function more(load: Load, before: Load): number {
  return load.own + load.engine - before.own - before.engine;
}

async function watched(work: () => Promise<unknown>): Promise<Load> {
  const [startedMs, own, engine] = [performance.now(), process.cpuUsage(), engineCpuMs()];
  await work();
  const spent = process.cpuUsage(own);
  const percentOf = (cpuMs: number, ms = performance.now() - startedMs) => (100 * cpuMs) / ms;
  return { own: percentOf((spent.user + spent.system) / 1_000), engine: percentOf(engineCpuMs() - engine) };
}

const tickMs = 10;

/** CPU time of dockerd, containerd and the shims of containers, of all engines of this machine: the others idle, hopefully. */
function engineCpuMs(): number {
  let ticks = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const [, name = '', rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [];
      if (!/^(dockerd|containerd)/.test(name)) continue;
      const fields = rest.split(' ');
      ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // It has ended.
    }
  }
  return ticks * tickMs;
}
