/** How a container is reached, and that nothing which it controls leads out of it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isProcessOf, openRoot, signalProcess } from '../../../../src/core/docker/host-process.js';
import type { AgentContainer } from '../../../../src/core/injector/transports/docker/agent-container.js';
import { discoverContainers } from '../../../../src/core/injector/transports/docker/discover.js';
import { createRoutes } from '../../../../src/core/injector/transports/docker/routes.js';
import { type TestAgent, type TestEngine, useEngine } from '../../../support/docker-engine.js';
import { startTestRedis, type TestRedis } from '../../../support/redis.js';
import { recordOf } from '../../support.js';
import { coordinateContainers, engineOf } from './support.js';

let server: TestRedis;
let engine: TestEngine;
let scratch: string;
beforeAll(async () => {
  [server, engine] = await Promise.all([startTestRedis(), useEngine()]);
});
afterAll(() => Promise.all([server.stop(), engine.stop()]));
beforeEach(async () => {
  await server.clear();
  scratch = mkdtempSync(join(tmpdir(), 'dreamnet-docker-test-'));
  return async () => {
    await engine.removeContainers();
    rmSync(scratch, { recursive: true, force: true });
  };
});

async function containerOf(agent: TestAgent): Promise<AgentContainer> {
  const { containers } = await discoverContainers(await engineOf(engine), { labels: [engine.label] });
  const container = containers.get(agent.id);
  if (container === undefined) throw new Error(`${agent.id} was not found`);
  return container;
}

/** Everything live; the states of the agents. */
async function injected(route: 'auto' | 'shared' | 'direct' | 'api' = 'auto', acknowledgeWithinMs = 5_000) {
  const { rollout } = await coordinateContainers(server, engine, {
    route,
    maxFailures: '100%',
    acknowledgeWithinMs,
  });
  await rollout.run();
  return recordOf(server);
}

async function only(agents: Promise<TestAgent[]>): Promise<TestAgent> {
  const [agent] = await agents;
  if (agent === undefined) throw new Error('no agent was started');
  return agent;
}

describe('the route', () => {
  it('is the shared directory where the host has it', async () => {
    const agent = await only(engine.startAgents(1, { binds: () => [`${scratch}:/injected-programs`] }));
    const { record, agents } = await injected();
    expect(agents.get(agent.id)).toMatchObject({ outcome: 'live', route: 'shared' });
    expect(readFileSync(join(scratch, 'ack'), 'utf8')).toContain(
      record.program.digest.slice('sha256:'.length),
    );
    expect(statSync(join(scratch, 'program.bc')).mode & 0o777).toBe(0o755);
  });

  it('is the process of the container where nothing is shared, and its directory is made', async () => {
    const agent = await only(engine.startAgents(1));
    await agent.run('sh', '-c', 'cd /; rm -rf /injected-programs');
    const container = await containerOf(agent);
    const { way, words } = await createRoutes(await engineOf(engine), 'auto').open(container);
    await way.close();
    expect(words).toBe('direct');
    expect(await agent.run('stat', '-c', '%F %a', '/injected-programs')).toBe('directory 755\n');
  });

  it('falls back to the next one, and says why', async () => {
    const agent = await only(engine.startAgents(1));
    await agent.run('sh', '-c', 'rm -rf /injected-programs; ln -s /tmp /injected-programs');
    const { way, words } = await createRoutes(await engineOf(engine), 'auto').open(await containerOf(agent));
    await way.close();
    expect(way.route).toBe('api');
    expect(words).toMatch(/^api \(direct: .+\)$/);
  });

  it('that is wished for is the only one tried', async () => {
    const agent = await only(engine.startAgents(1));
    const open = createRoutes(await engineOf(engine), 'shared').open(await containerOf(agent));
    await expect(open).rejects.toThrow('shared: nothing is mounted at /injected-programs');
  });

  it('does not exist into a read-only file system, which is told for every route', async () => {
    const agent = await only(
      engine.startAgents(1, { hostConfig: { ReadonlyRootfs: true, Tmpfs: { '/tmp': '' } } }),
    );
    const { agents } = await injected();
    expect(agents.get(agent.id)).toMatchObject({
      ...{ outcome: 'failed', code: 'DN585' },
      reason: expect.stringMatching(/direct: .*read-only.*; api: .*read-only/),
    });
  });
});

describe('a hostile container', () => {
  it.each(['direct', 'api'] as const)('cannot lead a write out of it by a link, route %s', async (route) => {
    const target = join(scratch, 'of-the-host');
    mkdirSync(target);
    const agent = await only(engine.startAgents(1));
    await agent.run(
      'sh',
      '-c',
      `rm -rf /injected-programs; mkdir -p ${target}; ln -s ${target} /injected-programs`,
    );
    // Its shell stands in a directory that is gone: what it answers goes nowhere.
    await injected(route, 1_000);
    expect(readdirSync(target)).toEqual([]);
  });

  it('cannot lead a read out of it, nor block it by a pipe', async () => {
    const secret = join(scratch, 'secret');
    const agent = await only(engine.startAgents(2, { env: { AGENT_ANSWER: 'none' } }));
    await agent.run('sh', '-c', `ln -s ${secret} /injected-programs/program.bc`);
    await agent.run('sh', '-c', 'cd /injected-programs; rm -f ack; mkfifo ack; mkfifo order.json');
    const { rollout } = await coordinateContainers(server, engine, {
      acknowledgeWithinMs: 500,
      maxFailures: '100%',
    });
    await rollout.run();
    const { agents } = await recordOf(server);
    for (const [, state] of agents) expect(state).toMatchObject({ outcome: 'failed' });
    expect(existsSync(secret)).toBe(false);
  });
});

describe('a process number', () => {
  it('of another process, of another container or of nobody is not used', async () => {
    const [one, other] = await engine.startAgents(2);
    const [mine, theirs] = [await containerOf(one as TestAgent), await containerOf(other as TestAgent)];
    expect(isProcessOf(mine)).toBe(true);
    for (const pid of [process.pid, theirs.pid, 1, 0, 4_000_000]) {
      const reused = { ...mine, pid };
      expect(isProcessOf(reused)).toBe(false);
      expect(() => openRoot(reused)).toThrow('its process is not one of this host');
      expect(() => signalProcess(reused, 'SIGHUP')).toThrow('its process ended');
    }
    await expect(
      createRoutes(await engineOf(engine), 'direct').open({ ...mine, pid: process.pid }),
    ).rejects.toThrow();
    expect(existsSync('/injected-programs')).toBe(false);
    expect(isProcessOf({ ...mine, id: '' })).toBe(false);
  });

  it('is looked up again after the container was started again', async () => {
    const agent = await only(engine.startAgents(1));
    const { rollout } = await coordinateContainers(server, engine, { route: 'direct' });
    const before = await containerOf(agent);
    await agent.container.restart();
    await rollout.run();
    expect((await containerOf(agent)).pid).not.toBe(before.pid);
    expect((await recordOf(server)).agents.get(agent.id)).toMatchObject({ outcome: 'live', route: 'direct' });
  });
});
