/** Agents of a Docker host at their work, without a fleet around them: what they guard, and what they live through. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Workload } from '../../../src/core/agent/workload.js';
import { readFilters } from '../../../src/core/agent/workloads/docker/container-filters.js';
import {
  type DockerAgents,
  openDockerAgents,
} from '../../../src/core/agent/workloads/docker/docker-agents.js';
import { openEngine } from '../../../src/core/docker/engine.js';
import { engineAddress } from '../../../src/core/docker/engine-address.js';
import { spins, startWork } from '../../support/docker/work-containers.js';
import { startOwnEngine, type TestEngine, useEngine } from '../../support/docker-engine.js';

let tests: TestEngine;
beforeAll(async () => {
  tests = await useEngine();
});
afterAll(() => tests?.stop());

const megabyte = 1024 ** 2;

interface Opened {
  readonly docker: DockerAgents;
  readonly workloads: readonly Workload[];
  readonly said: string[];
}

async function open(on: TestEngine, tier: string, agents = 1): Promise<Opened> {
  const stateDir = mkdtempSync(join(tmpdir(), 'dreamnet-agents-'));
  const engine = await openEngine(engineAddress({ DOCKER_HOST: on.host }));
  const said: string[] = [];
  const docker = await openDockerAgents({
    ...{ engine, stateDir, ids: ['host'], agents },
    filters: readFilters([`label=${on.label}`, `label=tier=${tier}`]),
    log: (line) => void said.push(line),
  });
  onTestFinished(async () => {
    await docker.close();
    engine.close();
    rmSync(stateDir, { recursive: true, force: true });
  });
  const workloads: Workload[] = [];
  for (const { workload } of docker.agents) workloads.push(await workload(Date.now()));
  await docker.settle([]);
  return { docker, workloads, said };
}

async function seen(workload: Workload, container: Docker.Container): Promise<void> {
  await expect
    .poll(
      async () => {
        await workload.refresh?.(Date.now(), new AbortController().signal);
        const { ids, columns } = workload.view();
        return columns.cpu_time?.[ids.indexOf(container.id)] ?? 0;
      },
      { timeout: 20_000, interval: 200 },
    )
    .toBeGreaterThan(0);
}

function apply(workload: Workload, container: Docker.Container, action: string, argument = 0.5) {
  const row = workload.view().ids.indexOf(container.id);
  const signal = new AbortController().signal;
  return workload.apply({ action, task: container.id, row, argument, instruction: 'instr_1', signal });
}

async function shown(container: Docker.Container): Promise<string> {
  return JSON.stringify(await container.inspect());
}

describe('a memory limit of ours', () => {
  it('is given back before a container that begins to leak runs into it', async () => {
    const script =
      'until [ -e /held/go ]; do usleep 20000; done; for part in $(seq 30); do dd if=/dev/zero of=/held/$part bs=1M count=10 2>/dev/null || echo killed; usleep 100000; done; echo done; sleep 600';
    const container = await startWork(tests, {
      script,
      labels: { tier: 'leaky' },
      limits: { Memory: 512 * megabyte, Tmpfs: { '/held': 'size=400m' } },
    });
    const before = (await container.inspect()).HostConfig;
    const { workloads, said } = await open(tests, 'leaky');
    const [workload] = workloads;
    if (workload === undefined) throw new Error('no agent');
    await seen(workload, container);
    expect(await apply(workload, container, 'REDUCE_MEMORY_CACHE')).toEqual({ applied: true });
    expect((await container.inspect()).HostConfig.Memory).toBeLessThan(100 * megabyte);
    const exec = await container.exec({ Cmd: ['/bin/busybox', 'touch', '/held/go'] });
    await exec.start({ Detach: true });
    const output = async () => String(await container.logs({ stdout: true, follow: false }));
    await expect.poll(output, { timeout: 25_000, interval: 200 }).toContain('done');
    expect(await output()).not.toContain('killed');
    const after = await container.inspect();
    expect(after.State).toMatchObject({ Running: true, OOMKilled: false });
    expect(after.HostConfig).toEqual(before);
    expect(said).toContainEqual(expect.stringContaining('its memory limit is raised again'));
  });

  it('is given back when its agent ends, because nobody would guard it then', async () => {
    const container = await startWork(tests, {
      labels: { tier: 'ends' },
      limits: { Memory: 512 * megabyte },
    });
    const before = await shown(container);
    const { docker, workloads } = await open(tests, 'ends');
    const [workload] = workloads;
    if (workload === undefined) throw new Error('no agent');
    await seen(workload, container);
    expect(await apply(workload, container, 'REDUCE_MEMORY_CACHE')).toEqual({ applied: true });
    await docker.close();
    expect(await shown(container)).toBe(before);
  });
});

describe('containers of a host', () => {
  it('are spread over its agents, each to one', async () => {
    const containers = await Promise.all(
      [1, 2, 3, 4].map(() => startWork(tests, { script: spins, labels: { tier: 'spread' } })),
    );
    const { workloads } = await open(tests, 'spread', 2);
    for (const container of containers) {
      await expect
        .poll(
          async () => {
            for (const one of workloads) await one.refresh?.(Date.now(), new AbortController().signal);
            return workloads.filter((one) => one.view().ids.includes(container.id)).length;
          },
          { timeout: 20_000, interval: 200 },
        )
        .toBe(1);
    }
    expect(workloads.map((one) => one.view().rows)).toEqual([2, 2]);
    for (const container of containers) await container.remove({ force: true });
  });

  it('lose one effect where one action cannot be done, and not the others', async () => {
    const container = await startWork(tests, {
      script: spins,
      labels: { tier: 'some' },
      limits: { NanoCpus: 1e9 },
    });
    const { workloads } = await open(tests, 'some');
    const [workload] = workloads;
    if (workload === undefined) throw new Error('no agent');
    await seen(workload, container);
    expect(await apply(workload, container, 'ROUTE_TO_CHEAPER_REGION', 0)).toMatchObject({
      applied: false,
      reason: expect.stringContaining('--region-hook'),
    });
    expect(await apply(workload, container, 'PAUSE_IDLE', 0)).toMatchObject({ applied: false });
    expect(await apply(workload, container, 'REDUCE_CPU_THROTTLE')).toEqual({ applied: true });
    await container.remove({ force: true });
  });
});

describe('an engine that is restarted', () => {
  it('costs what is asked of it meanwhile, and everything is put back when it is there again', async () => {
    const own = await startOwnEngine();
    onTestFinished(() => own.stop());
    const container = await startWork(own, {
      script: spins,
      labels: { tier: 'restart' },
      limits: { NanoCpus: 1e9 },
    });
    const { workloads } = await open(own, 'restart');
    const [workload] = workloads;
    if (workload === undefined) throw new Error('no agent');
    await seen(workload, container);
    expect(await apply(workload, container, 'REDUCE_CPU_THROTTLE')).toEqual({ applied: true });
    await own.stopEngine('kill');
    expect(await apply(workload, container, 'REDUCE_MEMORY_CACHE')).toMatchObject({ applied: false });
    await expect(workload.revert('instr_1')).rejects.toMatchObject({ code: 'DN656' });
    await own.startEngine();
    await workload.revert('instr_1');
    expect((await container.inspect()).HostConfig.NanoCpus).toBe(1e9);
  });
});
