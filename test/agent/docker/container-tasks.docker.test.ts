/** A real engine's containers as a table of tasks: what they use, which of them they are, and what becomes of them meanwhile. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as connectTo, createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cgroupMounts } from '../../../src/core/agent/workloads/docker/cgroup-place.js';
import {
  type ContainerTasks,
  openContainerTasks,
} from '../../../src/core/agent/workloads/docker/container-tasks.js';
import {
  type TaskContainer,
  taskContainer,
} from '../../../src/core/agent/workloads/docker/task-container.js';
import { openUsageFiles } from '../../../src/core/agent/workloads/docker/usage-files.js';
import type { UsageSource } from '../../../src/core/agent/workloads/docker/usage-reader.js';
import { type Engine, openEngine } from '../../../src/core/docker/engine.js';
import { engineAddress } from '../../../src/core/docker/engine-address.js';
import { startOwnEngine, type TestEngine, useEngine } from '../../support/docker-engine.js';

let engine: TestEngine;
let client: Engine;
const open: ContainerTasks[] = [];
beforeAll(async () => {
  engine = await useEngine();
  client = await openEngine(engineAddress({ DOCKER_HOST: engine.host }));
});
afterEach(async () => {
  for (const tasks of open.splice(0)) tasks.close();
  await engine.removeContainers();
});
afterAll(async () => {
  client.close();
  await engine.stop();
});

const idle = 'exec sleep 1000';
const busy = 'while :; do :; done';

interface Wish {
  readonly labels?: Record<string, string>;
  readonly host?: Docker.HostConfig;
  readonly on?: TestEngine;
}

async function start(script: string, { labels = {}, host = {}, on = engine }: Wish = {}) {
  const container = await on.docker.createContainer({
    Image: await on.agentImage(),
    Cmd: ['sh', '-c', script],
    Labels: { ...on.labels, ...labels },
    StopTimeout: 1,
    HostConfig: { NetworkMode: 'none', ...host },
  });
  await container.start();
  return container;
}

async function tasksOf(source?: UsageSource, on = { engine, client }): Promise<ContainerTasks> {
  const tasks = await openContainerTasks(on.client, {
    filters: { label: [on.engine.label] },
    ...(source === undefined ? {} : { source }),
  });
  open.push(tasks);
  return tasks;
}

type Field =
  | 'cpu_time'
  | 'memory'
  | 'network'
  | 'cost'
  | 'errors'
  | 'age'
  | 'region_price'
  | 'cpu_limit'
  | 'memory_limit'
  | 'idle'
  | 'restarts'
  | 'paused';
type Row = Readonly<Record<Field, number>>;

function rowOf(tasks: ContainerTasks, { id }: { id: string }): Row | undefined {
  const { ids, columns } = tasks.view();
  const row = ids.indexOf(id);
  if (row < 0) return undefined;
  return Object.fromEntries(
    Object.entries(columns).map(([field, values]) => [field, values[row]]),
  ) as unknown as Row;
}

/** Refreshes until it is so. */
async function until<T>(tasks: ContainerTasks, look: () => T | undefined | false): Promise<T> {
  const giveUpMs = performance.now() + 60_000;
  for (;;) {
    await tasks.refresh(Date.now());
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > giveUpMs) throw new Error(`it never came; ${tasks.words()}`);
    await pause(100);
  }
}

describe.each(['files', 'engine'] as const)('what containers use, read from: %s', (source) => {
  it('tells a busy container from an idle one', async () => {
    const [hot, cold] = [await start(busy, { host: { NanoCpus: 4e8 } }), await start(idle)];
    const tasks = await tasksOf(source);
    const hotRow = await until(tasks, () => {
      const row = rowOf(tasks, hot);
      // Until a reading tells how fast it works, it counts as idle for as long as it is there.
      const isTold = row !== undefined && row.age > 8 && row.idle < row.age;
      return isTold && rowOf(tasks, cold) !== undefined && row;
    });
    const coldRow = rowOf(tasks, cold) as Row;
    // 0.4 cores, if nobody else wants them; a tick of the scheduler more, perhaps.
    expect(hotRow.cpu_time).toBeGreaterThan(1);
    expect(hotRow.cpu_time).toBeLessThan(30);
    expect(coldRow.cpu_time).toBeLessThan(hotRow.cpu_time / 4);
    expect(hotRow).toMatchObject({ cpu_limit: 24, errors: 0, restarts: 0, paused: 0, region_price: 1 });
    expect(hotRow.cost).toBeGreaterThan(coldRow.cost);
    expect(coldRow).toMatchObject({ network: 0 });
    expect(coldRow.memory).toBeGreaterThan(0);
    expect(coldRow.memory).toBeLessThan(20e6);
    const { NCPU, MemTotal } = await client.docker.info();
    expect(coldRow).toMatchObject({ cpu_limit: NCPU * 60, memory_limit: MemTotal });
    expect(tasks.words()).toContain(
      source === 'files' ? '2 from the files of cgroup v' : "2 from the engine's statistics",
    );
  });

  it('counts the pages of files that lie idle as little as docker stats does', async () => {
    const script = `i=0; while [ $i -lt 40 ]; do cat /bin/busybox; i=$((i+1)); done > /tmp/pages; ${idle}`;
    const keeper = await start(script);
    const tasks = await tasksOf(source);
    const usage = async () =>
      (await keeper.stats({ stream: false, 'one-shot': true })) as unknown as {
        memory_stats: { usage: number; stats: Record<string, number> };
      };
    await until(tasks, () => rowOf(tasks, keeper));
    for (;;) {
      const { memory_stats } = await usage();
      const kept = memory_stats.stats.total_inactive_file ?? memory_stats.stats.inactive_file ?? 0;
      if (kept > 20e6) break;
      await pause(100);
    }
    const row = await until(tasks, () => {
      const now = rowOf(tasks, keeper);
      return now !== undefined && now.memory < 20e6 && now;
    });
    expect((await usage()).memory_stats.usage).toBeGreaterThan(row.memory + 20e6);
  });
});

describe('the traffic of a container', () => {
  it('is that of its own networks, and is absent where it shares the network of the host or of another', async () => {
    const network = await engine.docker.createNetwork({
      Name: `stats-${process.pid}`,
      Labels: engine.labels,
    });
    try {
      const NetworkMode = `stats-${process.pid}`;
      const info = (await network.inspect()) as { IPAM: { Config: { Gateway: string }[] } };
      const ping = `exec /bin/busybox ping -i 0.05 -s 1200 ${info.IPAM.Config[0]?.Gateway}`;
      const talker = await start(ping, { host: { NetworkMode } });
      const sharing = await start(idle, { host: { NetworkMode: `container:${talker.id}` } });
      const onHost = await start(idle, { host: { NetworkMode: 'host' } });
      const silent = await start(idle);
      const [fromFiles, fromEngine] = [await tasksOf('files'), await tasksOf('engine')];
      for (const tasks of [fromFiles, fromEngine]) {
        // Both ways, 20 times 1,242 bytes a second.
        const row = await until(tasks, () => {
          const now = rowOf(tasks, talker);
          return now !== undefined && now.network > 100_000 && rowOf(tasks, silent) !== undefined && now;
        });
        expect(row.network).toBeLessThan(2e6);
        expect(rowOf(tasks, sharing)?.network).toBeNaN();
        expect(rowOf(tasks, onHost)?.network).toBeNaN();
        expect(rowOf(tasks, onHost)?.cost).toBeLessThan(1);
        expect(rowOf(tasks, silent)?.network).toBe(0);
      }
    } finally {
      await engine.removeContainers();
      await network.remove();
    }
  });
});

describe('which containers are tasks', () => {
  it('are those that match and run, without those of dreamnet and those that opted out', async () => {
    const web = await start(idle, { labels: { tier: 'web', 'dreamnet.optout': 'false' } });
    const region = { 'dreamnet.region': 'ap-south' };
    const cheap = await start(idle, { labels: { tier: 'web', ...region } });
    await start(idle, { labels: { tier: 'web', 'dreamnet.optout': '' } });
    await start(idle, { labels: { tier: 'web', 'dreamnet.role': 'injector' } });
    await start(idle, { labels: { tier: 'db' } });
    await start('exit 0', { labels: { tier: 'web' } });
    const filters = { label: [engine.label, 'tier=web'] };
    const tasks = await openContainerTasks(client, { filters });
    open.push(tasks);
    await until(tasks, () => tasks.view().rows === 2);
    expect([...tasks.view().ids].sort()).toEqual([web.id, cheap.id].sort());
    expect(rowOf(tasks, cheap)?.region_price).toBeCloseTo(0.82, 9);
    expect(tasks.words()).toContain('1 left out (opted out)');
    expect(tasks.words()).toContain('1 left out (part of dreamnet)');

    tasks.countAsIn(web.id, 'eu-west');
    await until(tasks, () => Math.abs((rowOf(tasks, web)?.region_price ?? 0) - 1.12) < 1e-9);
    tasks.countAsIn(web.id, undefined);
    await until(tasks, () => rowOf(tasks, web)?.region_price === 1);
  });

  it('changes with what is created, updated, paused, renamed, killed and removed meanwhile', async () => {
    const first = await start(idle);
    const tasks = await tasksOf();
    await until(tasks, () => rowOf(tasks, first));

    const second = await start(idle);
    await until(tasks, () => rowOf(tasks, second));

    await second.update({ NanoCpus: 25e7, Memory: 64 * 1024 ** 2, MemorySwap: 64 * 1024 ** 2 });
    await until(tasks, () => rowOf(tasks, second)?.cpu_limit === 15);
    expect(rowOf(tasks, second)?.memory_limit).toBe(64 * 1024 ** 2);
    expect(tasks.container(second.id)?.limits).toMatchObject({ nanoCpus: 25e7, memory: 64 * 1024 ** 2 });

    await second.pause();
    await until(tasks, () => rowOf(tasks, second)?.paused === 1);
    await second.unpause();
    await until(tasks, () => rowOf(tasks, second)?.paused === 0);

    const name = `renamed-${process.pid}`;
    await second.rename({ name });
    await until(tasks, () => tasks.container(second.id)?.name === name);

    await second.kill();
    await until(tasks, () => rowOf(tasks, second) === undefined && tasks.container(second.id) === undefined);
    await second.start();
    // Somebody killed it, which is no failure of its own.
    expect((await until(tasks, () => rowOf(tasks, second))).errors).toBe(0);

    await second.remove({ force: true });
    await until(tasks, () => rowOf(tasks, second) === undefined);
    expect(rowOf(tasks, first)).toBeDefined();
    expect(tasks.count()).toBe(1);
  });

  it('counts the runs that failed, and does not mistake the next run for the last', async () => {
    const script = 'i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; sleep 3; exit 3';
    const failing = await start(script, { host: { RestartPolicy: { Name: 'always' } } });
    const tasks = await tasksOf();
    const before = await until(tasks, () => rowOf(tasks, failing));
    expect(before).toMatchObject({ errors: 0, restarts: 0 });
    const after = await until(tasks, () => {
      const row = rowOf(tasks, failing);
      return (row?.restarts ?? 0) > 0 && row;
    });
    expect(after.errors).toBeGreaterThan(0);
    expect(after.cpu_time).toBeGreaterThanOrEqual(0);
    expect(after.age).toBeLessThan(60);
  });
});

describe('a process number', () => {
  it('that has been given to another process leads to no figures', async () => {
    const [one, other] = [await start(idle), await start(idle)];
    const mounts = cgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
    const describe = async (container: Docker.Container) =>
      taskContainer(await container.inspect()) as TaskContainer;
    const [first, second] = [await describe(one), await describe(other)];
    expect(openUsageFiles(first, mounts)?.read()).toBeDefined();
    for (const pid of [process.pid, second.pid, 4_194_303])
      expect(openUsageFiles({ ...first, pid }, mounts)).toBeUndefined();

    const files = openUsageFiles({ ...first }, mounts);
    await one.remove({ force: true });
    expect(files?.read()).toBeUndefined();
  });
});

describe('an engine whose events no longer come', () => {
  it('is asked about containers that cannot be read any more', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'dreamnet-silent-'));
    const silent = createServer((request, response) => {
      if (request.url?.includes('/events')) {
        response.writeHead(200).flushHeaders();
        return;
      }
      const { method, url, headers } = request;
      const { pathname } = new URL(engine.host);
      const asked = connectTo({ socketPath: pathname, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      request.pipe(asked);
    });
    const socket = join(directory, 'docker.sock');
    await once(silent.listen(socket), 'listening');
    const throughIt = await openEngine(engineAddress({ DOCKER_HOST: `unix://${socket}` }));
    try {
      const container = await start(idle);
      const tasks = await tasksOf(undefined, { engine, client: throughIt });
      await until(tasks, () => rowOf(tasks, container));
      const before = tasks.container(container.id)?.pid;

      await container.restart({ t: 0 });
      await until(tasks, () => tasks.container(container.id)?.pid !== before && rowOf(tasks, container));
      await container.kill();
      await until(tasks, () => tasks.container(container.id) === undefined);
    } finally {
      throughIt.close();
      silent.closeAllConnections();
      silent.close();
      rmSync(directory, { recursive: true });
    }
  });
});

describe('an engine that goes away', () => {
  it('is asked again when it is back, and its containers are read from files meanwhile', async () => {
    const own = await startOwnEngine({ liveRestore: true });
    try {
      const ownClient = await openEngine(engineAddress({ DOCKER_HOST: own.host }));
      const kept = await start(idle, { on: own });
      const tasks = await tasksOf(undefined, { engine: own, client: ownClient });
      await until(tasks, () => rowOf(tasks, kept));

      await own.stopEngine('kill');
      await until(tasks, () => tasks.words().includes('the Docker engine'));
      expect(rowOf(tasks, kept)).toBeDefined();

      await own.startEngine();
      const later = await start(idle, { on: own });
      await until(tasks, () => rowOf(tasks, later));
      expect(rowOf(tasks, kept)).toBeDefined();
      expect(tasks.words()).not.toContain('the Docker engine');

      // Without the engine's word, too, a container that has ended is no task.
      await own.stopEngine('kill');
      const pid = tasks.container(later.id)?.pid as number;
      process.kill(pid, 'SIGKILL');
      await until(tasks, () => rowOf(tasks, later) === undefined && rowOf(tasks, kept));
      await own.startEngine();
      await until(tasks, () => tasks.container(later.id) === undefined && rowOf(tasks, kept));
      ownClient.close();
    } finally {
      await own.stop();
    }
  });
});
