import { spawn } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { waitFor } from '../../../../src/core/fleet/wait.js';
import {
  keepRegistered,
  registerDiscovered,
} from '../../../../src/core/injector/transports/register-discovered.js';
import { tickOnce } from '../../../../src/core/orchestrator/tick.js';
import { startTestHost } from '../../../agent/support.js';
import { coordinate, ended, recordOf, sentOrders } from '../../support.js';
import { volumeFleet } from './support.js';

const fleet = volumeFleet();
const { register, registered, roll, complete, startAgent, startAgents, announce, path } = fleet;

describe('the agents of a volume', () => {
  test('are reached beside those on the bus, and left alone when they are there already', async () => {
    const host = await startTestHost(fleet.server, { hostId: 'host-1', firstAgent: 0, agents: 3 });
    await startAgent({ id: 'agent-0001' });
    await startAgent({ id: 'web-1' });
    const { problems } = await register();
    expect(problems).toEqual([
      '"agent-0001" is alive on the bus of host-1; the one on the volume is left alone.',
    ]);
    const run = await roll({ batch: '10' });
    expect(await ended(run)).toBeUndefined();
    const outcomes = [...(await recordOf(fleet.server)).agents];
    expect(outcomes).toHaveLength(4);
    for (const [, { outcome }] of outcomes) expect(outcome).toMatch(/live|staged/);
    await host.stop();
  });

  test('that no given way reaches stop a rollout before anybody is sent anything', async () => {
    const host = await startTestHost(fleet.server, { hostId: 'host-1', agents: 3 });
    await startAgents('web-1');
    const run = await coordinate(fleet.server, { batch: '10' });
    expect(await ended(run)).toMatchObject({
      code: 'DN537',
      hint: expect.stringContaining('--volume <dir>'),
    });
    expect(await sentOrders(fleet.server, 'host-1')).toEqual([]);
    await host.stop();
  });

  test('are known by name, labels and transport, and signed off when they are gone', async () => {
    const [agent] = await startAgents('a1');
    expect(await registered()).toMatchObject([
      { id: 'a1', host: 'volume', transport: 'volume', workload: 'external', alive: true },
    ]);
    expect((await registered())[0]?.labels).toEqual({ transport: 'volume' });
    const kept = await keepRegistered(
      { ...fleet.server, clock: Date.now, report: () => undefined },
      fleet.source,
    );
    await agent?.kill();
    rmSync(agent?.directory ?? '', { recursive: true });
    const isGone = async () => (await registered()).length === 0;
    expect(await waitFor(isGone, { timeoutMs: 20_000 })).toBe(true);
    await kept.close();
    expect(await fleet.server.redis.hget(fleet.server.names.agent('a1'), 'status')).toBe('stopped');
  });

  test('of which nothing is heard when the command is over are no trouble of the fleet', async () => {
    await startAgents('a1', 'a2');
    await complete('instr_one');
    const { redis, names } = fleet.server;
    const healthIn = async (ms: number) => (await tickOnce({ redis, names, nowMs: Date.now() + ms })).health;
    expect(await healthIn(0)).toMatchObject({
      state: 'healthy',
      notes: ['2 agents report no measurements: reached from outside'],
    });
    expect(await healthIn(60_000)).toMatchObject({
      state: 'healthy',
      notes: ['2 agents are reached from outside, and nobody looks for them now'],
    });
  });

  test('are not waited for at the end when nobody says any more who they are', async () => {
    const asked = Promise.withResolvers<void>();
    let asks = 0;
    const find = async () => {
      if (asks++ > 0) {
        asked.resolve();
        await new Promise(() => undefined);
      }
      return { agents: [], problems: [] };
    };
    const dependencies = { ...fleet.server, clock: Date.now, report: () => undefined };
    const kept = await keepRegistered(dependencies, { transport: 'volume', host: 'volume', find });
    await asked.promise;
    await kept.close();
  });

  test('are looked for again without reading the registry, and are as they were', async () => {
    await startAgents('a1', 'a2');
    const first = await register();
    await fleet.server.redis.hset(fleet.server.names.agent('a2'), {
      live: 'sha256:of-a-transport',
      status: 'live',
    });
    await startAgent({ id: 'a3' });
    const host = await startTestHost(fleet.server, { hostId: 'host-1', firstAgent: 0, agents: 1 });
    await startAgent({ id: 'agent-0001' });
    const zscan = vi.spyOn(fleet.server.redis, 'zscan');
    const dependencies = { ...fleet.server, clock: Date.now };
    const second = await registerDiscovered(dependencies, fleet.source, first);
    expect(zscan).not.toHaveBeenCalled();
    zscan.mockRestore();
    expect(second).toEqual({
      registered: ['a1', 'a2', 'a3'],
      problems: ['"agent-0001" is alive on the bus of host-1; the one on the volume is left alone.'],
    });
    expect((await registered()).map(({ id, status }) => [id, status])).toEqual([
      ['a1', 'idle'],
      ['a2', 'live'],
      ['a3', 'idle'],
      ['agent-0001', 'idle'],
    ]);
    await host.stop();
  });

  test('are alive while their process is, or while they show it; a pid alone shows nothing', async () => {
    const hourAgo = new Date(Date.now() - 3_600_000);
    announce('silent', { id: 'silent', pid: process.pid });
    announce('beating', { id: 'beating' });
    announce('running', { id: 'running', pid: process.pid, startTime: 1 });
    for (const id of ['silent', 'beating', 'running'])
      utimesSync(path('agents', id, 'agent.json'), hourAgo, hourAgo);
    writeFileSync(path('agents', 'beating', 'heartbeat'), '');
    const agent = await startAgent({ id: 'shell' });
    agent.child.kill('SIGSTOP');
    const isStopped = () => readFileSync(`/proc/${agent.child.pid}/stat`, 'utf8').includes(') T ');
    expect(await waitFor(isStopped, { timeoutMs: 10_000 })).toBe(true);
    for (const name of ['agent.json', 'heartbeat'].filter((file) => agent.file(file) !== undefined))
      utimesSync(join(agent.directory, name), hourAgo, hourAgo);
    expect([...(await register()).registered].sort()).toEqual(['beating', 'shell']);
    // Ended, and not yet collected by its parent or gone: its pid may be anybody's next.
    await agent.kill();
    expect((await register()).registered).toEqual(['beating']);
  });

  test('that are no agents are named, and none of them stops the others', async () => {
    await startAgent({ id: 'good' });
    const agents = path('agents');
    announce('bad name', { id: 'bad name' });
    announce('liar', { id: 'good' });
    announce('odd', 'no announcement');
    announce('huge', 'x'.repeat(70_000));
    mkdirSync(join(agents, 'quiet'));
    symlinkSync(tmpdir(), join(agents, 'link'));
    mkdirSync(join(agents, 'linked'));
    symlinkSync('/etc/passwd', join(agents, 'linked', 'agent.json'));
    const { registered: ids, problems } = await register();
    expect(ids).toEqual(['good']);
    expect([...problems].sort()).toEqual([
      '"bad name" is no agent id: 1 to 128 letters, digits or . _ : @ - are.',
      `The agent "huge" of ${path()} is left out: ${path()}/agents/huge/agent.json is not read: it has more than 65536 bytes.`,
      `The agent "liar" of ${path()} is left out: its agent.json says that it is "good"`,
      `The agent "link" of ${path()} is left out: The directory ${path()}/agents/link of an agent cannot be used: it is no directory, or a link to one.`,
      `The agent "linked" of ${path()} is left out: ${path()}/agents/linked/agent.json is not read: it is a symbolic link.`,
      `The agent "odd" of ${path()} is left out: its agent.json has not the shape of one`,
    ]);
  });

  test('that name the process of somebody else do not have it signalled', async () => {
    const bystander = spawn('sleep', ['1000'], { stdio: 'ignore' });
    onTestFinished(() => void bystander.kill('SIGKILL'));
    const stat = readFileSync(`/proc/${bystander.pid}/stat`, 'utf8').split(' ');
    announce('a1', { id: 'a1', pid: bystander.pid, startTime: stat[21] });
    announce('a2', { id: 'a2', pid: bystander.pid });
    await register();
    // Who is not root may name processes of his own.
    if (process.getuid?.() !== 0) announce('a1', { id: 'a1', pid: bystander.pid, startTime: '1' });
    for (const id of ['a1', 'a2']) {
      const wish = { without: [id === 'a1' ? 'a2' : 'a1'], instruction: { id: `instr_${id}` } };
      expect(await ended(await roll({ ...wish, acknowledgeWithinMs: 300 }))).toMatchObject({ code: 'DN530' });
      expect(readdirSync(path('agents', id))).toContain('program.bc');
    }
    expect([bystander.exitCode, bystander.signalCode]).toEqual([null, null]);
  });
});
