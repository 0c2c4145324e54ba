import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { AgentsDocument } from '../../src/cli/views/agents-document.js';
import type { FleetDocument } from '../../src/cli/views/fleet-document.js';
import { noProgram } from '../../src/core/injector/transports/program-directory.js';
import type { LoopDocument } from '../../src/core/loop-document.js';
import type { SteeredDocument } from '../../src/documents/steered-document.js';
import { throttleAll } from '../agent/support.js';
import { instructionOf } from '../injector/support.js';
import { endShellAgents, startShellAgent } from '../support/shell-agent.js';
import { commandLine } from './support.js';

afterEach(endShellAgents);

it('rolls out to a volume with nothing else running, and rolls back in a later session', async () => {
  const cli = commandLine();
  const volume = join(cli.root, 'volume');
  mkdirSync(volume);
  const agents = await Promise.all(['a1', 'a2'].map((id) => startShellAgent({ volume, id })));
  const injector = cli.start([...['inject', '--volume', volume, '--wait', '1m', '--window', '1s', '--json']]);
  const listed = () => cli.json<AgentsDocument>(['agents', 'list']).catch(() => undefined);
  await expect.poll(async () => (await listed())?.alive, { timeout: 20_000 }).toBe(2);
  // No simulated agents among them.
  expect((await cli.json<FleetDocument>(['status'])).agents).toMatchObject({ known: 2, alive: 2 });
  const instruction = instructionOf({ program: { source: throttleAll } });
  await cli.redis().xadd('swarm:instructions', '*', 'json', JSON.stringify(instruction));
  const ended = await injector.ended;
  expect(ended.code, ended.stderr).toBe(0);
  const { rollout } = JSON.parse(ended.stdout) as LoopDocument;
  // They report nothing, so that none of them is held out.
  expect(rollout).toMatchObject({ state: 'complete', agents: 2, counts: { live: 2 }, heldOut: 0 });
  for (const agent of agents) await agent.said('loaded sha256:');

  const unreached = await cli.run(['rollout', 'rollback']);
  expect(unreached.code, unreached.stdout).toBe(2);
  expect(unreached.stderr).toContain('--volume DIR');
  for (const agent of agents) expect(agent.file('program.bc')).not.toBe('');
  const rolledBack = await cli.json<SteeredDocument>(['rollout', 'rollback', '--volume', volume]);
  expect(rolledBack).toMatchObject({ state: 'rolled_back', changed: true, silent: 0 });
  for (const agent of agents) await agent.said(`loaded ${noProgram}`);
}, 120_000);

it('names a volume that is no directory, and starts nothing for it', async () => {
  const cli = commandLine();
  const ended = await cli.run(['inject', '--volume', join(cli.root, 'nowhere')]);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain('is no directory');
  expect(ended.stderr).toContain('DN570');
});
