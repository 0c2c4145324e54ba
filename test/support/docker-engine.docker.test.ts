/** What the Docker tests stand on: engines and agents that are there, that are the test's own, and that go with it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { waitFor } from '../../src/core/fleet/wait.js';
import { startOwnEngine, useEngine } from './docker-engine.js';

describe('agents in containers', () => {
  it('obey a signal as soon as they have started', async () => {
    const engine = await useEngine();
    onTestFinished(() => engine.stop());
    const agents = await engine.startAgents(2, { labels: { zone: 'east' } });
    expect(agents.map(({ id }) => id)).toEqual(['agent-1', 'agent-2']);
    const [agent] = agents;
    await agent?.run('sh', '-c', 'echo program >/injected-programs/program.bc');
    await agent?.container.kill({ signal: 'SIGHUP' });
    await until(async () => (await agent?.output())?.includes('loads: 1') ?? false);
    expect(await agent?.run('cat', '/injected-programs/ack')).toMatch(/^[0-9a-f]{64} {2}program.bc\n$/);
    const listed = await engine.docker.listContainers({ filters: { label: [engine.label, 'zone=east'] } });
    expect(listed).toHaveLength(2);
  });

  it('are removed with the test file, and those of a killed one at the next use', async () => {
    const shared = await useEngine();
    onTestFinished(() => shared.stop());
    vi.stubEnv('DOCKER_HOST', shared.host);
    onTestFinished(() => void vi.unstubAllEnvs());
    const engine = await useEngine();
    onTestFinished(() => engine.stop());
    const [mine] = await engine.startAgents(1);
    const [elsewhere] = await engine.startAgents(1, { labels: { 'dreamnet.test.owner': 'elsewhere/1/x' } });
    await engine.startAgents(1, { labels: { 'dreamnet.test.owner': `${hostname()}/999999999/x` } });
    const remaining = async () => {
      const listed = await engine.docker.listContainers({ all: true, filters: { label: [engine.label] } });
      return listed.map(({ Id }) => Id).sort();
    };
    await useEngine();
    expect(await remaining()).toEqual([mine?.containerId, elsewhere?.containerId].sort());
    await engine.stop();
    expect(await remaining()).toEqual([]);
  });
});

describe("an engine of the test's own", () => {
  it('leaves its containers alone when it is killed and started again, if it is told to', async () => {
    const engine = await startOwnEngine({ liveRestore: true });
    onTestFinished(() => engine.stop());
    await engine.startAgents(1);
    await engine.stopEngine('kill');
    await expect(engine.docker.ping()).rejects.toThrow();
    await engine.startEngine();
    expect(await engine.docker.listContainers()).toHaveLength(1);
  });

  it('goes with a test process that is killed', async () => {
    const module = path.join(import.meta.dirname, 'docker-engine.ts');
    const source = `
      const { startOwnEngine } = await import(${JSON.stringify(module)});
      const engine = await startOwnEngine();
      const [agent] = await engine.startAgents(1);
      const { State } = await agent.container.inspect();
      console.log(JSON.stringify({ socket: engine.host.slice('unix://'.length), pid: State.Pid }));
      setInterval(() => undefined, 1_000);`;
    const words = ['--import', 'tsx', '--input-type=module', '--eval', source];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const { socket, pid } = JSON.parse(line) as { socket: string; pid: number };
    expect(existsSync(socket) && existsSync(`/proc/${pid}`)).toBe(true);
    child.kill('SIGKILL');
    await until(() => !existsSync(path.dirname(socket)) && !existsSync(`/proc/${pid}`));
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(path.dirname(socket));
  });

  it('that cannot start says why, as its log does', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'dreamnet-docker-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const script = path.join(import.meta.dirname, '..', '..', 'scripts', 'docker-engine.sh');
    const { status, stderr } = spawnSync(script, ['start', directory, '--storage-driver=nonsense'], {
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('driver not supported');
    expect(stderr).toContain(`dockerd does not start; this is the end of its log, ${directory}/log`);
    spawnSync(script, ['stop', directory]);
    expect(existsSync(directory)).toBe(false);
  });
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  if (!(await waitFor(holds, { timeoutMs: 20_000 }))) throw new Error(`not within 20 s: ${holds}`);
}
