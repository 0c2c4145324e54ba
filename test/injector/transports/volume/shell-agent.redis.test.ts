import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { noProgram } from '../../../../src/core/injector/transports/program-directory.js';
import { shells, volumeFleet } from './support.js';

const fleet = volumeFleet();
const { complete, startAgent, startAgents, announce, path } = fleet;

describe('the agent in shell', () => {
  test.each(shells)(
    'loads what it finds, is asked without a signal, and ends when it is told to, in %s',
    async (shell) => {
      const directory = path('agents', 'a1');
      mkdirSync(join(directory, 'program.bc'), { recursive: true });
      const agent = await startAgent({ id: 'a1', shell });
      await agent.said('error: program.bc cannot be read');
      expect(agent.file('ack')).toBe('error: program.bc cannot be read\n');
      rmSync(join(directory, 'program.bc'), { recursive: true });
      writeFileSync(join(directory, 'program.bc'), '');
      writeFileSync(join(directory, 'ack'), '');
      await agent.said(`loaded ${noProgram}, which is no program`);
      expect(agent.file('ack')).toBe(`${noProgram.slice(7)}\n`);
      await agent.kill('SIGTERM');
      expect(agent.child.exitCode).toBe(0);
      expect(agent.log.at(-1)).toBe('ended');
    },
  );

  test('is rolled out to where no signal reaches it', async () => {
    const [agent] = await startAgents('a1');
    // As from another host or container: the pid means somebody else here.
    announce('a1', { id: 'a1', pid: 1, startTime: '1' });
    const digest = await complete('instr_one');
    await agent?.said(`loaded ${digest}`);
  });
});
