/** Effects on real containers: what the engine shows of them before, meanwhile, and after they were taken back. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ContainerUse } from '../../../src/core/agent/workloads/docker/effects/container-use.js';
import {
  type AskedEffect,
  ContainerEffects,
  type EffectsOptions,
} from '../../../src/core/agent/workloads/docker/effects/effects.js';
import {
  formerValuesFile,
  openFormerValues,
} from '../../../src/core/agent/workloads/docker/effects/former-values.js';
import {
  moveByCommand,
  moveByWebhook,
} from '../../../src/core/agent/workloads/docker/effects/move-region.js';
import { type Engine, openEngine } from '../../../src/core/docker/engine.js';
import { engineAddress } from '../../../src/core/docker/engine-address.js';
import { startWork, type WorkContainer } from '../../support/docker/work-containers.js';
import { type TestEngine, useEngine } from '../../support/docker-engine.js';

let tests: TestEngine;
let engine: Engine;
beforeAll(async () => {
  tests = await useEngine();
  engine = await openEngine(engineAddress({ DOCKER_HOST: tests.host }));
});
afterAll(async () => {
  engine?.close();
  await tests?.stop();
});

const megabyte = 1024 ** 2;
const busy: ContainerUse = {
  cores: 0.5,
  memory: 400 * megabyte,
  workingSet: 60 * megabyte,
  workingSetMax: 80 * megabyte,
  bitsPerSecond: 0,
  growth: 0,
  idleSeconds: 60,
};
const idle: ContainerUse = { ...busy, cores: 0.001 };

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'dreamnet-limits-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Bench {
  readonly effects: ContainerEffects;
  readonly said: string[];
  use: ContainerUse;
}

function bench(stateDir: string, options: Partial<EffectsOptions> = {}, use = busy): Bench {
  const said: string[] = [];
  const log = (line: string) => void said.push(line);
  const self: Bench = {
    said,
    use,
    effects: new ContainerEffects({
      ...{ engine, log, clock: Date.now },
      formerValues: openFormerValues(stateDir, log),
      measure: async () => self.use,
      mayNotTouch: () => undefined,
      ...options,
    }),
  };
  return self;
}

async function worker(work: WorkContainer = {}): Promise<Docker.Container> {
  return startWork(tests, work);
}

function asked(container: Docker.Container, action: string, more: Partial<AskedEffect> = {}): AskedEffect {
  return {
    ...{ container: container.id, action, agent: 'agent-1', instruction: 'instr_1', argument: 0.2 },
    signal: new AbortController().signal,
    ...more,
  };
}

/** Everything that the engine shows of a container, but for what passes by itself. */
async function shown(container: Docker.Container): Promise<string> {
  return JSON.stringify(await container.inspect());
}

async function limitsOf(container: Docker.Container) {
  const { NanoCpus, CpuQuota, CpuPeriod, Memory, MemorySwap } = (await container.inspect()).HostConfig;
  return { NanoCpus, CpuQuota, CpuPeriod, Memory, MemorySwap };
}

const applied = { applied: true };

describe('less CPU', () => {
  it.each<[string, Docker.HostConfig, object]>([
    ['CPUs', { NanoCpus: 9e8 }, { NanoCpus: 4e8 }],
    ['a quota', { CpuQuota: 80_000 }, { CpuQuota: 40_000 }],
    [
      'a quota of another period',
      { CpuQuota: 40_000, CpuPeriod: 50_000 },
      { CpuQuota: 20_000, CpuPeriod: 50_000 },
    ],
  ])(
    'limits a container that has %s to the share that is left of its use, and puts back exactly that',
    async (_, limits, limited) => {
      const container = await worker({ limits });
      const before = await shown(container);
      const { effects } = bench(directory());
      expect(await effects.apply(asked(container, 'REDUCE_CPU_THROTTLE'))).toEqual(applied);
      expect(await limitsOf(container)).toMatchObject(limited);
      await effects.revert('agent-1', 'instr_1');
      expect(await shown(container)).toBe(before);
    },
  );

  it('limits a container without a limit, and leaves it without one in the kernel', async () => {
    const container = await worker();
    const quota = await kernelQuota(container);
    const { effects } = bench(directory());
    expect(await effects.apply(asked(container, 'REDUCE_CPU_THROTTLE'))).toEqual(applied);
    expect(await limitsOf(container)).toMatchObject({ CpuQuota: 40_000, NanoCpus: 0, CpuPeriod: 0 });
    await effects.revert('agent-1', 'instr_1');
    // Docker has no way back to 0, which means the same.
    expect(await limitsOf(container)).toMatchObject({ CpuQuota: -1, NanoCpus: 0, CpuPeriod: 0 });
    expect(await kernelQuota(container)).toBe(quota);
  });

  it('leaves a limit that is lower already', async () => {
    const container = await worker({ limits: { NanoCpus: 3e8 } });
    const before = await shown(container);
    const { effects } = bench(directory());
    expect(await effects.apply(asked(container, 'REDUCE_CPU_THROTTLE'))).toMatchObject({
      applied: false,
      reason: expect.stringContaining('0.3 cores'),
    });
    expect(await shown(container)).toBe(before);
  });

  it('leaves a container that hardly does anything', async () => {
    const container = await worker();
    const { effects } = bench(directory(), {}, idle);
    expect(await effects.apply(asked(container, 'REDUCE_CPU_THROTTLE'))).toMatchObject({ applied: false });
    expect(await limitsOf(container)).toMatchObject({ CpuQuota: 0 });
  });
});

describe('less memory', () => {
  it('takes the cache, and the same room in swap stays', async () => {
    const limits = { Memory: 512 * megabyte, MemorySwap: 600 * megabyte };
    const container = await worker({ limits });
    const before = await shown(container);
    const { effects } = bench(directory());
    expect(await effects.apply(asked(container, 'REDUCE_MEMORY_CACHE', { argument: 0.5 }))).toEqual(applied);
    expect(await limitsOf(container)).toMatchObject({ Memory: 200 * megabyte, MemorySwap: 288 * megabyte });
    await effects.revert('agent-1', 'instr_1');
    expect(await shown(container)).toBe(before);
  });

  it('never takes what is in use, nor the margin above it', async () => {
    const container = await worker({ limits: { Memory: 512 * megabyte } });
    const { effects } = bench(directory());
    expect(await effects.apply(asked(container, 'REDUCE_MEMORY_CACHE', { argument: 0.9 }))).toEqual(applied);
    expect(await limitsOf(container)).toMatchObject({ Memory: 144 * megabyte });
  });

  it.each<[string, Docker.HostConfig]>([
    ['has no limit', {}],
    ['has nothing to spare', { Memory: 140 * megabyte }],
  ])('leaves a container that %s', async (_, limits) => {
    const container = await worker({ limits });
    const before = await shown(container);
    const { effects } = bench(directory());
    expect(await effects.apply(asked(container, 'REDUCE_MEMORY_CACHE'))).toMatchObject({ applied: false });
    expect(await shown(container)).toBe(before);
  });

  it('gives a limit back at once when it is told that the use comes near', async () => {
    const container = await worker({ limits: { Memory: 512 * megabyte } });
    const before = await shown(container);
    const { effects } = bench(directory());
    await effects.apply(asked(container, 'REDUCE_MEMORY_CACHE', { argument: 0.5 }));
    expect(effects.limitedMemory()).toMatchObject([{ container: container.id, bytes: 200 * megabyte }]);
    await effects.relieve(container.id, 'a test says so');
    expect(await shown(container)).toBe(before);
    expect(effects.limitedMemory()).toEqual([]);
  });
});

describe('pausing', () => {
  it('stops an idle container, and lets it go on again', async () => {
    const container = await worker();
    const { effects } = bench(directory(), {}, idle);
    expect(await effects.apply(asked(container, 'PAUSE_IDLE', { argument: 0 }))).toEqual(applied);
    expect((await container.inspect()).State).toMatchObject({ Paused: true, Status: 'paused' });
    await effects.revert('agent-1', 'instr_1');
    expect((await container.inspect()).State).toMatchObject({ Paused: false, Status: 'running' });
  });

  it.each<[string, Partial<ContainerUse>]>([
    ['works', { cores: 0.02 }],
    ['talks', { bitsPerSecond: 50_000 }],
    ['has just become idle', { idleSeconds: 2 }],
  ])('leaves a container that %s', async (_, use) => {
    const container = await worker();
    const { effects } = bench(directory(), {}, { ...idle, ...use });
    expect(await effects.apply(asked(container, 'PAUSE_IDLE'))).toMatchObject({ applied: false });
    expect((await container.inspect()).State.Paused).toBe(false);
  });
});

describe('several instructions on one container', () => {
  it.each([
    ['the newer', 'instr_2', 40_000],
    ['the older', 'instr_1', 45_000],
  ])('leave what the other asked for when %s goes, and nothing in the end', async (_, first, left) => {
    const container = await worker({ limits: { CpuQuota: 90_000 } });
    const before = await shown(container);
    const self = bench(directory());
    await self.effects.apply(asked(container, 'REDUCE_CPU_THROTTLE', { argument: 0.2 }));
    self.use = { ...busy, cores: 0.4 };
    await self.effects.apply(
      asked(container, 'REDUCE_CPU_THROTTLE', { argument: 0.1, instruction: 'instr_2' }),
    );
    expect(await limitsOf(container)).toMatchObject({ CpuQuota: 36_000 });
    await self.effects.revert('agent-1', first);
    expect(await limitsOf(container)).toMatchObject({ CpuQuota: left });
    await self.effects.revert('agent-1', first === 'instr_1' ? 'instr_2' : 'instr_1');
    expect(await shown(container)).toBe(before);
  });

  it('do not act twice when the same one comes again', async () => {
    const container = await worker({ limits: { CpuQuota: 90_000 } });
    const { effects } = bench(directory());
    for (let time = 0; time < 2; time++)
      expect(await effects.apply(asked(container, 'REDUCE_CPU_THROTTLE'))).toEqual(applied);
    expect(await limitsOf(container)).toMatchObject({ CpuQuota: 40_000 });
  });

  it('are told apart by agent', async () => {
    const container = await worker({ limits: { CpuQuota: 90_000 } });
    const { effects } = bench(directory());
    await effects.apply(asked(container, 'REDUCE_CPU_THROTTLE'));
    await effects.revert('agent-2', 'instr_1');
    expect(await limitsOf(container)).toMatchObject({ CpuQuota: 40_000 });
  });
});

describe('somebody else', () => {
  it('who changes a limit keeps it, and it is said', async () => {
    const container = await worker({ limits: { CpuQuota: 90_000, Memory: 512 * megabyte } });
    const { effects, said } = bench(directory());
    await effects.apply(asked(container, 'REDUCE_CPU_THROTTLE'));
    await effects.apply(asked(container, 'REDUCE_MEMORY_CACHE', { argument: 0.5 }));
    await container.update({ CpuQuota: 70_000 });
    await effects.revert('agent-1', 'instr_1');
    expect(await limitsOf(container)).toMatchObject({ CpuQuota: 70_000, Memory: 512 * megabyte });
    expect(said).toEqual([
      expect.stringContaining('changed by somebody else to NanoCpus 0, CpuPeriod 0, CpuQuota 70000'),
    ]);
  });

  it('who takes our limit away finds it gone after a restart, too', async () => {
    const container = await worker({ limits: { CpuQuota: 90_000 } });
    const stateDir = directory();
    await bench(stateDir).effects.apply(asked(container, 'REDUCE_CPU_THROTTLE'));
    await container.update({ CpuQuota: 90_000 });
    await bench(stateDir).effects.keepOnly(() => true);
    expect(await limitsOf(container)).toMatchObject({ CpuQuota: 90_000 });
  });

  it('who removes a container leaves nothing to put back', async () => {
    const stateDir = directory();
    const name = `dreamnet-test-again-${process.pid}`;
    const container = await worker({ name, limits: { CpuQuota: 90_000 } });
    await bench(stateDir).effects.apply(asked(container, 'REDUCE_CPU_THROTTLE'));
    await container.remove({ force: true });
    const again = await worker({ name, limits: { CpuQuota: 50_000 } });
    const outcomes = await bench(stateDir).effects.keepOnly(() => false);
    expect(outcomes).toMatchObject([{ name, aspect: 'cpu', outcome: 'gone' }]);
    expect(await limitsOf(again)).toMatchObject({ CpuQuota: 50_000 });
    expect(await bench(stateDir).effects.keepOnly(() => false)).toEqual([]);
  });

  it('may forbid it', async () => {
    const container = await worker({ limits: { CpuQuota: 90_000 } });
    const { effects } = bench(directory(), { mayNotTouch: () => 'its owner says no' });
    expect(await effects.apply(asked(container, 'REDUCE_CPU_THROTTLE'))).toEqual({
      applied: false,
      reason: 'its owner says no',
    });
  });
});

describe('after a crash', () => {
  it.each([
    ['before the engine was asked', false],
    ['after it', true],
  ])('%s, what is no longer in force is put back', async (_, wasAsked) => {
    const container = await worker({ limits: { CpuQuota: 90_000 } });
    const before = await shown(container);
    const stateDir = directory();
    await bench(stateDir).effects.apply(asked(container, 'REDUCE_CPU_THROTTLE'));
    dropLastLine(stateDir);
    if (!wasAsked) await container.update({ CpuQuota: 90_000 });
    const outcomes = await bench(stateDir).effects.keepOnly(() => false);
    expect(outcomes).toMatchObject([{ aspect: 'cpu', outcome: 'restored' }]);
    expect(await shown(container)).toBe(before);
  });

  it('what was written down and not done is done, where it is still in force', async () => {
    const container = await worker({ limits: { CpuQuota: 90_000 } });
    const stateDir = directory();
    await bench(stateDir).effects.apply(asked(container, 'REDUCE_CPU_THROTTLE'));
    dropLastLine(stateDir);
    await container.update({ CpuQuota: 90_000 });
    expect(await bench(stateDir).effects.keepOnly(() => true)).toEqual([]);
    expect(await limitsOf(container)).toMatchObject({ CpuQuota: 40_000 });
  });

  it('a container that was stopped meanwhile gets its limit back, too', async () => {
    const container = await worker({ limits: { CpuQuota: 90_000 } });
    const stateDir = directory();
    await bench(stateDir).effects.apply(asked(container, 'REDUCE_CPU_THROTTLE'));
    await container.stop();
    await bench(stateDir).effects.keepOnly(() => false);
    expect(await limitsOf(container)).toMatchObject({ CpuQuota: 90_000 });
  });
});

describe('what the engine refuses', () => {
  it('is the reason, and nothing is left to put back', async () => {
    const container = await worker({ limits: { Memory: 512 * megabyte } });
    const before = await shown(container);
    const stateDir = directory();
    const { effects } = bench(stateDir, {
      engine: { ...engine, docker: refusing(engine.docker) },
    });
    expect(await effects.apply(asked(container, 'REDUCE_MEMORY_CACHE'))).toEqual({
      applied: false,
      reason: 'device or resource busy',
    });
    expect(openFormerValues(stateDir, () => undefined).open()).toEqual([]);
    expect(await shown(container)).toBe(before);
  });
});

describe('another region', () => {
  const regions = (move: ReturnType<typeof moveByCommand>) => ({
    of: () => 'eu-west',
    cheapest: 'ap-south',
    move,
  });

  it('is what the hook is told, and told back', async () => {
    const container = await worker();
    const file = join(directory(), 'moves');
    const command = `echo "$DREAMNET_CONTAINER $DREAMNET_NAME $DREAMNET_FROM $DREAMNET_TO" >>${file}`;
    const { effects } = bench(directory(), { regions: regions(moveByCommand(command)) });
    expect(await effects.apply(asked(container, 'ROUTE_TO_CHEAPER_REGION'))).toEqual(applied);
    expect(effects.regionOf(container.id)).toBe('ap-south');
    expect(
      await effects.apply(asked(container, 'ROUTE_TO_CHEAPER_REGION', { instruction: 'instr_2' })),
    ).toMatchObject({
      applied: false,
      reason: 'already in ap-south, the cheapest region',
    });
    await effects.revert('agent-1', 'instr_1');
    expect(effects.regionOf(container.id)).toBeUndefined();
    const name = (await container.inspect()).Name.slice(1);
    expect(readFileSync(file, 'utf8').trim().split('\n')).toEqual([
      `${container.id} ${name} eu-west ap-south`,
      `${container.id} ${name} ap-south eu-west`,
    ]);
  });

  it.each([
    ['says no', 'echo no room there >&2; exit 3', 5_000, 'the region hook ended with 3: no room there'],
    ['does not end', 'sleep 600', 100, 'the region hook did not end within 0.1 s'],
  ])('is refused with the words of a hook that %s', async (_, command, withinMs, reason) => {
    const container = await worker();
    const { effects } = bench(directory(), { regions: regions(moveByCommand(command, withinMs)) });
    expect(await effects.apply(asked(container, 'ROUTE_TO_CHEAPER_REGION'))).toEqual({
      applied: false,
      reason,
    });
    expect(effects.regionOf(container.id)).toBeUndefined();
  });

  it('may be asked for at a webhook', async () => {
    const container = await worker();
    const bodies: unknown[] = [];
    let status = 200;
    const server = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text) => bodies.push(JSON.parse(text)));
      request.on('end', () => response.writeHead(status).end('not today'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { effects } = bench(directory(), { regions: regions(moveByWebhook(url)) });
    expect(await effects.apply(asked(container, 'ROUTE_TO_CHEAPER_REGION'))).toEqual(applied);
    expect(bodies).toMatchObject([{ container: container.id, from: 'eu-west', to: 'ap-south' }]);
    status = 503;
    await expect(effects.revert('agent-1', 'instr_1')).rejects.toMatchObject({
      code: 'DN656',
      message: expect.stringContaining('the region webhook answered 503: not today'),
    });
    status = 204;
    await effects.revert('agent-1', 'instr_1');
    expect(effects.regionOf(container.id)).toBeUndefined();
  });
});

/** As a process leaves it that is killed before the engine's answer. */
function dropLastLine(stateDir: string): void {
  const path = formerValuesFile(stateDir);
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  writeFileSync(path, lines.slice(0, -1).join('\n'));
}

function refusing(docker: Docker): Docker {
  return new Proxy(docker, {
    get: (target, name) =>
      name === 'getContainer'
        ? (id: string) => {
            const container = target.getContainer(id);
            container.update = () =>
              Promise.reject(
                Object.assign(new Error('busy'), {
                  statusCode: 500,
                  json: { message: 'device or resource busy' },
                }),
              );
            return container;
          }
        : Reflect.get(target, name),
  });
}

async function kernelQuota(container: Docker.Container): Promise<string> {
  const { State } = await container.inspect();
  const group = readFileSync(`/proc/${State.Pid}/cgroup`, 'utf8');
  const path = /^\d+:cpu,cpuacct:(.*)$/m.exec(group)?.[1] ?? /^\d+:cpu(?:,cpuacct)?:(.*)$/m.exec(group)?.[1];
  const file =
    path === undefined
      ? `/sys/fs/cgroup${/^0::(.*)$/m.exec(group)?.[1]}/cpu.max`
      : `/sys/fs/cgroup/cpu${path}/cpu.cfs_quota_us`;
  return readFileSync(file, 'utf8').trim();
}
