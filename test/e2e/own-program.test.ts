import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PlanDocument } from '../../src/cli/views/plan-document.js';
import type { LoopDocument } from '../../src/core/loop-document.js';
import { commandLine, quick } from './support.js';

const source = `FUNC trim(cut = 20% IN 5%..50%) {
  FOR EACH task IN task_queue {
    IF task.cpu_time > 1ms THEN
      REDUCE_CPU_THROTTLE(task, cut)
  }
}
`;

function withProgram(text = source) {
  const cli = commandLine();
  const path = join(cli.root, 'trim.dream');
  writeFileSync(path, text);
  return { cli, path };
}

describe('inject FILE', () => {
  it('rolls out a source with the values that are set, and a dry run of it sends nothing', async () => {
    const { cli, path } = withProgram();
    await cli.json(['up', '--agents', '20']);
    const plan = await cli.json<PlanDocument>(['inject', path, '--dry-run']);
    expect(plan).toMatchObject({ dryRun: true, program: { name: 'trim' } });
    await cli.json(['down']);
    const done = await cli.json<LoopDocument>(['inject', path, '--set', 'cut=35%', ...quick]);
    expect(done.decision).toBeNull();
    expect(done.program).toMatchObject({ name: 'trim', parameters: { cut: 0.35 } });
    expect(done.rollout).toMatchObject({ type: 'TRIM_v1', agents: 20, failed: 0, state: 'complete' });
    expect(done.execution.effectsApplied).toBeGreaterThan(0);
  }, 60_000);

  it('rolls out a compiled file that a trusted key signed, and refuses one that none did', async () => {
    const { cli, path } = withProgram();
    const compiled = join(cli.root, 'trim.bc');
    await cli.json(['compile', path, '-o', compiled]);
    const done = await cli.json<LoopDocument>(['inject', compiled, ...quick]);
    expect(done.rollout).toMatchObject({ type: 'TRIM_v1', agents: 20, failed: 0 });
    // It can only be told from a source.
    expect(done.program.optimizationScore).toBeNull();
    expect((await cli.run(['results', done.rollout.id])).stdout).toMatch(/trim · .* · score –/);

    const stranger = commandLine();
    const foreign = join(cli.root, 'foreign.bc');
    await stranger.json(['compile', path, '-o', foreign]);
    const refused = await cli.run(['inject', foreign, ...quick]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('is not to be trusted')]);
  }, 60_000);

  it('tells what is wrong before anything is started', async () => {
    const { cli, path } = withProgram(source.replace('1ms', '1GB'));
    const mistaken = await cli.run(['inject', path]);
    expect([mistaken.code, mistaken.stderr]).toEqual([2, expect.stringContaining('DN526')]);
    expect(mistaken.stderr).toContain('trim.dream:3');
    for (const [words, code] of [
      [['inject', join(cli.root, 'none.dream')], 'DN930'],
      [['inject', 'instr_x', '--set', 'cut=1%'], 'DN527'],
      [['inject', withProgram().path, '--wait', '1s'], 'DN527'],
      [['inject', withProgram().path, '--set', 'cut=90%'], 'DN953'],
    ] as const) {
      const ended = await cli.run(words);
      expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(code)]);
    }
    expect(await cli.run(['status'])).toMatchObject({ stdout: expect.not.stringContaining('supervisor') });
  }, 60_000);
});
