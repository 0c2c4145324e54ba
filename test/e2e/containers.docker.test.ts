/** Agents in containers, from the command line and with nothing else configured. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { AgentsDocument } from '../../src/cli/views/agents-document.js';
import type { PlanDocument } from '../../src/cli/views/plan-document.js';
import type { TraceDocument } from '../../src/cli/views/trace-view.js';
import type { LoopDocument } from '../../src/core/loop-document.js';
import type { RolloutDocument } from '../../src/documents/rollout-document.js';
import type { SteeredDocument } from '../../src/documents/steered-document.js';
import { throttleAll } from '../agent/support.js';
import { instructionOf } from '../injector/support.js';
import { type TestAgent, type TestEngine, useEngine } from '../support/docker-engine.js';
import { commandLine } from './support.js';

let engine: TestEngine;
beforeAll(async () => {
  engine = await useEngine();
});
afterAll(() => engine.stop());
beforeEach(() => () => engine.removeContainers());

it('rolls out to containers with nothing else running, and rolls back in a later session', async () => {
  const cli = commandLine({ DOCKER_HOST: engine.host });
  const docker = ['--docker', '--docker-label', engine.label];
  const agents = await engine.startAgents(3, { labels: { 'dreamnet.label.zone': 'east' } });
  const injector = cli.start(['inject', ...docker, '--wait', '1m', '--window', '1s', '--json']);
  const listed = () =>
    cli
      .json<AgentsDocument>(['agents', 'list', '--selector', 'zone=east,transport=docker'])
      .catch(() => undefined);
  await expect.poll(async () => (await listed())?.agents.length, { timeout: 30_000 }).toBe(3);
  const instruction = instructionOf({ program: { source: throttleAll } });
  await cli.redis().xadd('swarm:instructions', '*', 'json', JSON.stringify(instruction));
  const ended = await injector.ended;
  expect(ended.code, ended.stderr).toBe(0);
  const { rollout, execution } = JSON.parse(ended.stdout) as LoopDocument;
  expect(rollout).toMatchObject({ state: 'complete', agents: 3, counts: { live: 3 } });
  expect(execution.agentsReporting).toBe(0);
  expect(ended.stdout).toContain('does not report measurements');
  for (const agent of agents) expect(await sizeOf(agent)).toBeGreaterThan(0);

  const shown = await cli.json<RolloutDocument>(['rollout', 'show', '--agents']);
  for (const { route } of shown.agents ?? []) expect(route).toBe('direct');
  const { traces } = await cli.json<TraceDocument>(['trace', 'agent-1']);
  expect(traces.map(({ trace }) => trace)).toMatchObject([
    { kind: 'capture', lines: [expect.stringMatching(/^loads: 1/)] },
  ]);

  const back = await cli.json<SteeredDocument>(['rollout', 'rollback', ...docker]);
  expect(back).toMatchObject({ state: 'rolled_back', changed: true, silent: 0 });
  for (const agent of agents) expect(await sizeOf(agent)).toBe(0);
}, 120_000);

it('shows in a dry run which containers it leaves out, and why', async () => {
  const cli = commandLine({ DOCKER_HOST: engine.host });
  const program = join(cli.root, 'trim.dream');
  writeFileSync(program, throttleAll);
  await engine.startAgents(2);
  for (const [agent, name] of [
    ['no id', 'dreamnet-nameless'],
    ['agent-9', 'dreamnet-stopped'],
  ] as const)
    await engine.docker.createContainer({
      name: `${name}-${process.pid}`,
      Image: await engine.agentImage(),
      Labels: { ...engine.labels, 'dreamnet.role': 'agent', 'dreamnet.agent': agent },
    });
  const words = ['inject', program, '--dry-run', '--docker', '--docker-label', engine.label];
  const plan = await cli.json<PlanDocument>(words);
  expect(plan.agents).toHaveLength(2);
  expect(plan.unusable).toEqual([
    expect.stringMatching(/dreamnet-nameless-\d+ is left out: .*"no id"/),
    expect.stringMatching(/agent-9 is not alive: its container dreamnet-stopped-\d+ does not run/),
  ]);
  const { stdout } = await cli.run(words);
  expect(stdout).toMatch(/LEFT OUT\nnot usable +The container dreamnet-nameless/);
  expect(await cli.json(['status'])).toMatchObject({ state: 'down' });
}, 120_000);

it('says that no engine is there, or no agent in it, and starts nothing for it', async () => {
  const cli = commandLine({ DOCKER_HOST: `unix://${process.cwd()}/no.sock` });
  const away = await cli.run(['inject', '--docker']);
  expect(away.code).toBe(6);
  expect(away.stderr).toContain('DN575');
  const empty = await commandLine({ DOCKER_HOST: engine.host }).run([
    'inject',
    '--docker',
    '--docker-label',
    'nobody=here',
  ]);
  expect(empty.code).toBe(2);
  expect(empty.stderr).toContain('DN582');
}, 60_000);

async function sizeOf(agent: TestAgent): Promise<number> {
  return Number(await agent.run('stat', '-c', '%s', '/injected-programs/program.bc'));
}
