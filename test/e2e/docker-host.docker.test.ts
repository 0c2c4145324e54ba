/** `dreamnet agent` over real containers, the loop over it, and the way back: the built command line in real processes. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { AgentsDocument } from '../../src/cli/views/agents-document.js';
import type { RestoreDocument } from '../../src/cli/views/restore-view.js';
import type { LoopDocument } from '../../src/core/loop-document.js';
import type { RolloutDocument } from '../../src/documents/rollout-document.js';
import type { Started } from '../cli/run-command.js';
import { importWorkImage } from '../support/docker/agent-image.js';
import { type TestEngine, useEngine } from '../support/docker-engine.js';
import { type CommandLine, commandLine, goal, tcpRedis } from './support.js';

// Whole loops, on real containers that must be seen to work first.
vi.setConfig({ testTimeout: 90_000 });

let engine: TestEngine;
let image: string;
beforeAll(async () => {
  engine = await useEngine();
  image = await importWorkImage(engine.docker);
});
afterEach(() => engine.removeContainers());
afterAll(() => engine?.stop());

const throttle = `FUNC throttle() {
  FOR EACH task IN task_queue { REDUCE_CPU_THROTTLE(task, 50%) }
  REPORT_METRICS_EVERY(1s)
}
`;

async function busy(name: string, labels: Record<string, string> = {}): Promise<Docker.Container> {
  const container = await engine.docker.createContainer({
    name: `dreamnet-test-${process.pid}-${name}`,
    ...{ Image: image, Cmd: ['busy', '20'], StopTimeout: 1 },
    Labels: { ...engine.labels, tier: 'work', ...labels },
    HostConfig: { NetworkMode: 'none', NanoCpus: 1e9 },
  });
  await container.start();
  return container;
}

interface Host {
  readonly cli: CommandLine;
  readonly stateDir: string;
  start(): Promise<Started>;
}

/** A command line on a Redis of the test's own, and agents of the containers of this test. */
async function host(): Promise<Host> {
  const { url } = await tcpRedis();
  const cli = commandLine({ REDIS_URL: url, DOCKER_HOST: engine.host });
  const filters = ['--filter', `label=${engine.label}`, '--filter', 'label=tier=work'];
  // Makes the key that signs, so that the agents trust it from the start.
  await cli.json(['keys', 'create']);
  return {
    cli,
    stateDir: join(cli.home.agentsDir, 'docker'),
    async start() {
      const started = cli.start(['agent', ...filters, '--id', 'host', '--agents', '2']);
      await started.said('2 agents ready');
      return started;
    },
  };
}

/** Both agents have containers that were seen to use more CPU time than the playbook leaves alone. */
async function working({ cli }: Pick<Host, 'cli'>): Promise<void> {
  const busyAgents = async () => {
    const { agents } = await cli.json<AgentsDocument>(['agents']);
    return agents.filter(({ cost }) => (cost ?? 0) > 0.0018).length;
  };
  await expect.poll(busyAgents, { timeout: 25_000, interval: 500 }).toBe(2);
}

async function shown(containers: readonly Docker.Container[]): Promise<string[]> {
  return Promise.all(containers.map(async (one) => JSON.stringify((await one.inspect()).HostConfig)));
}

async function limited(containers: readonly Docker.Container[]): Promise<boolean[]> {
  const all = await Promise.all(containers.map((one) => one.inspect()));
  return all.map(({ HostConfig }) => HostConfig.NanoCpus !== 1e9);
}

/** A program of one's own, live on all but the held-out agent. */
async function inject({ cli }: Host): Promise<LoopDocument> {
  const file = join(cli.root, 'throttle.dream');
  writeFileSync(file, throttle);
  return cli.json<LoopDocument>(['inject', file, '--window', '1s', '--bake', '0']);
}

it('closes the loop over the containers that are meant, and returns them byte for byte', async () => {
  const four = await Promise.all(['a', 'b', 'c', 'd'].map((name) => busy(name)));
  const others = [
    await busy('optout', { 'dreamnet.optout': 'true' }),
    await busy('other', { tier: 'other' }),
  ];
  const before = await shown([...four, ...others]);
  const self = await host();
  await self.start();
  await working(self);
  const { execution, learned } = await self.cli.json<LoopDocument>([
    ...['run', goal, '--window', '4s', '--bake', '0', '--max-risk', '1'],
  ]);
  expect(execution).toMatchObject({ workload: 'docker', agentsReporting: 2, holdOut: { agents: 1 } });
  expect(execution?.effectsByAction).toEqual({ REDUCE_CPU_THROTTLE: 2 });
  expect(execution?.metrics.latency).toBeUndefined();
  expect(learned).not.toBeNull();
  expect((await limited(four)).filter(Boolean).length).toBeGreaterThanOrEqual(2);
  expect(await limited(others)).toEqual([false, false]);
  await self.cli.json<RolloutDocument>(['rollout', 'rollback']);
  await expect.poll(() => shown([...four, ...others]), { timeout: 10_000 }).toEqual(before);
});

it('goes on after a SIGKILL with what its orders say, and puts back what they do not', async () => {
  const two = await Promise.all(['a', 'b'].map((name) => busy(name)));
  const before = await shown(two);
  const self = await host();
  const first = await self.start();
  await working(self);
  await inject(self);
  await expect.poll(() => limited(two), { timeout: 10_000 }).toContain(true);
  first.child.kill('SIGKILL');
  await first.ended;
  const limits = await shown(two);
  expect(limits).not.toEqual(before);
  const second = await self.start();
  expect(await shown(two)).toEqual(limits);
  second.child.kill('SIGKILL');
  await second.ended;
  for (const file of readdirSync(self.stateDir))
    if (file.endsWith('.orders.jsonl')) rmSync(join(self.stateDir, file));
  await self.start();
  await expect.poll(() => shown(two), { timeout: 10_000 }).toEqual(before);
});

it('is put back by a command where no agent runs any more, and not while one runs', async () => {
  const two = await Promise.all(['a', 'b'].map((name) => busy(name)));
  const before = await shown(two);
  const self = await host();
  const started = await self.start();
  await working(self);
  await inject(self);
  await expect.poll(() => limited(two), { timeout: 10_000 }).toContain(true);
  expect(await self.cli.json(['agent', 'restore', '--yes'], 1)).toMatchObject({ error: { code: 'DN658' } });
  started.child.kill('SIGTERM');
  expect(await started.ended).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('dreamnet agent restore'),
  });
  const looked = await self.cli.json<RestoreDocument>(['agent', 'restore'], 5);
  // The held-out agent follows when the result is good.
  const count = (await limited(two)).filter(Boolean).length;
  expect(looked).toMatchObject({ putBack: null, containers: expect.any(Array) });
  expect(looked.containers.map(({ what, outcome }) => [what, outcome])).toEqual(
    Array.from({ length: count }, () => ['cpu', null]),
  );
  expect(await self.cli.json(['agent', 'restore', '--yes'])).toMatchObject({ putBack: count });
  expect(await shown(two)).toEqual(before);
  expect(await self.cli.json(['agent', 'restore', '--yes'])).toMatchObject({ containers: [] });
});

it('lives through containers that are killed, removed and made in mid-run', async () => {
  const four = await Promise.all(['a', 'b', 'c', 'd'].map((name) => busy(name)));
  const [killed, removed] = four as [Docker.Container, Docker.Container];
  const self = await host();
  const started = await self.start();
  await working(self);
  const running = self.cli.json<LoopDocument>([
    ...['run', goal, '--window', '6s', '--bake', '0', '--max-risk', '1'],
  ]);
  await expect.poll(() => limited(four), { timeout: 20_000 }).toContain(true);
  await killed.kill();
  await removed.remove({ force: true });
  const fresh = await busy('fresh');
  const { execution } = await running;
  expect(execution).toMatchObject({ workload: 'docker', agentsReporting: 2 });
  await self.cli.json(['rollout', 'rollback']);
  await expect
    .poll(() => limited([...four.slice(2), killed, fresh]), { timeout: 10_000 })
    .toEqual([false, false, false, false]);
  expect(started.child.exitCode).toBeNull();
});

it('is found by commands of its home, where it has started the private Redis', async () => {
  await Promise.all(['a', 'b'].map((name) => busy(name)));
  const cli = commandLine({ DOCKER_HOST: engine.host });
  const started = cli.start(['agent', '--filter', `label=${engine.label}`, '--id', 'here']);
  await started.said('2 agents ready');
  await working({ cli });
  const { execution } = await cli.json<LoopDocument>([
    'run',
    goal,
    '--window',
    '2s',
    '--bake',
    '0',
    '--max-risk',
    '1',
  ]);
  expect(execution).toMatchObject({ workload: 'docker', agentsReporting: 2 });
  started.child.kill('SIGTERM');
  expect((await started.ended).code).toBe(0);
});

it('refuses to work without saying on which containers', async () => {
  const cli = commandLine({ DOCKER_HOST: engine.host });
  expect(await cli.json(['agent'], 2)).toMatchObject({ error: { code: 'DN657' } });
});
