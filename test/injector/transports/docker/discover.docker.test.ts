/** Which containers are agents, and which cannot be, with the reason. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { waitFor } from '../../../../src/core/fleet/wait.js';
import { discoverContainers } from '../../../../src/core/injector/transports/docker/discover.js';
import { findDockerAgents } from '../../../../src/core/injector/transports/docker/docker-agents.js';
import { type TestEngine, useEngine } from '../../../support/docker-engine.js';
import { engineOf } from './support.js';

let engine: TestEngine;
beforeAll(async () => {
  engine = await useEngine();
});
afterAll(() => engine.stop());
beforeEach(() => () => engine.removeContainers());

async function discover() {
  return discoverContainers(await engineOf(engine), { labels: [engine.label] });
}

describe('discovery', () => {
  it('finds agents with their labels, their process and what is mounted', async () => {
    const labels = { 'dreamnet.label.zone': 'east', 'dreamnet.signal': 'usr1', 'dreamnet.confirm': 'log' };
    const [agent] = await engine.startAgents(1, { labels, binds: () => ['/tmp:/injected-programs:ro'] });
    const { containers, refused } = await discover();
    expect(refused).toEqual([]);
    const image = await engine.agentImage();
    expect(containers.get('agent-1')).toMatchObject({
      ...{ id: agent?.containerId, running: true, signal: 'SIGUSR1', confirm: 'log', tty: false },
      ...{ volume: { source: '/tmp' }, labels: { zone: 'east', transport: 'docker', image } },
    });
    expect(containers.get('agent-1')?.pid).toBe((await agent?.container.inspect())?.State.Pid);
  });

  it('finds one that does not run, and says that it is not alive', async () => {
    const [agent] = await engine.startAgents(2);
    await agent?.container.stop();
    const agents = await findDockerAgents(await engineOf(engine), [engine.label]);
    agents.close();
    const found = await agents.source.find(new Set());
    expect(found.agents.map(({ id }) => id)).toEqual(['agent-2']);
    expect(found.problems).toEqual([
      expect.stringMatching(/^The agent agent-1 is not alive: its container .+ does not run\.$/),
    ]);
  });

  it('refuses two containers that say they are one agent, and takes the one that runs when only one does', async () => {
    const [first, second] = [...(await engine.startAgents(1)), ...(await engine.startAgents(1))];
    const both = await discover();
    expect(both.containers.size).toBe(0);
    expect(both.refused).toHaveLength(2);
    expect(both.refused[0]?.reason).toContain('2 containers say that they are agent-1');
    await second?.container.stop();
    expect((await discover()).containers.get('agent-1')?.id).toBe(first?.containerId);
  });

  it.each([
    [
      'an id that is none',
      { 'dreamnet.agent': '../../etc' },
      'dreamnet.agent is no id of an agent: "../../etc"',
    ],
    ['no id', { 'dreamnet.agent': undefined }, 'dreamnet.agent is no id'],
    ['a signal that is none', { 'dreamnet.signal': 'SIGFOO' }, 'no signal to reload: "SIGFOO"'],
    ['a signal that ends it', { 'dreamnet.signal': 'KILL' }, 'no signal to reload: "KILL"'],
    ['another way to confirm', { 'dreamnet.confirm': 'pigeon' }, 'not file, log or either: "pigeon"'],
    ['an id that would paint the terminal', { 'dreamnet.agent': 'a\u001b[31m' }, '"a [31m"'],
  ])('refuses a container with %s', async (_what, labels, reason) => {
    await engine.startAgents(1, { labels });
    const { containers, refused } = await discover();
    expect(containers.size).toBe(0);
    expect(refused).toEqual([{ container: expect.any(String), reason: expect.stringContaining(reason) }]);
    await expect(findDockerAgents(await engineOf(engine), [engine.label])).rejects.toMatchObject({
      ...{ code: 'DN582', kind: 'bad-input', message: expect.stringContaining(reason) },
    });
  });

  it('finds the container that took the place of another, as soon as it is asked for the agent', async () => {
    const [first] = await engine.startAgents(1);
    const agents = await findDockerAgents(await engineOf(engine), [engine.label]);
    onTestFinished(() => agents.close());
    await first?.container.remove({ force: true });
    const isNoticed = () => agents.events.hasChanged(first?.containerId ?? '');
    expect(await waitFor(isNoticed, { timeoutMs: 10_000 })).toBe(true);
    expect(await agents.current('agent-1')).toBeUndefined();
    const [second] = await engine.startAgents(1);
    expect(await agents.current('agent-1')).toMatchObject({ id: second?.containerId, running: true });
    await second?.container.remove({ force: true });
    const isNoticedAgain = () => agents.events.hasChanged(second?.containerId ?? '');
    expect(await waitFor(isNoticedAgain, { timeoutMs: 10_000 })).toBe(true);
    const [third] = await engine.startAgents(1);
    expect(await agents.current('agent-1')).toMatchObject({ id: third?.containerId, running: true });
  });

  it('does not look again at a container that it knows, until it was started again', async () => {
    const [agent] = await engine.startAgents(1);
    const { containers: known } = await discover();
    const opened = await engineOf(engine);
    const labels = [engine.label];
    expect((await discoverContainers(opened, { labels, known })).containers.get('agent-1')).toBe(
      known.get('agent-1'),
    );
    await agent?.container.stop();
    const stopped = await discoverContainers(opened, { labels, known });
    expect(stopped.containers.get('agent-1')).toMatchObject({ running: false, pid: 0 });
  });
});
