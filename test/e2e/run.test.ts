import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/cli/terminal-text.js';
import type { LoopDocument } from '../../src/core/loop-document.js';
import { expectNoProcesses, processesOf } from '../fleet/support.js';
import { commandLine, goal, quick, until } from './support.js';

describe('dreamnet run', () => {
  it('prints one document with every agent accounted for, and decides from what it learned the next time', async () => {
    const cli = commandLine();
    const first = await cli.json<LoopDocument>(['run', goal, ...quick]);
    expect(Object.keys(first)).toEqual([
      'decision',
      'program',
      'rollout',
      'execution',
      'leaderboard',
      'effects',
      'analysis',
      'learned',
      'rewards',
    ]);
    expect(first.decision).toMatchObject({
      goal,
      objective: { metric: 'cost', direction: 'decrease', amount: 0.15 },
      instruction: { type: 'COST_OPTIMIZATION_v1', target_agents: 20 },
      risk: { threshold: 0.8 },
    });
    expect(first.decision?.prediction.target.mean).toBeLessThan(0);
    expect(first.program).toMatchObject({ name: 'cost_optimize' });
    expect(first.program.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(first.rollout).toMatchObject({
      agents: 20,
      succeeded: 20,
      failed: 0,
      heldOut: 1,
      batches: 2,
      state: 'complete',
    });
    expect(first.execution).toMatchObject({ windowMs: 1000, workload: 'simulated', errors: 0 });
    expect(first.execution.tasksProcessed).toBeGreaterThan(0);
    expect(first.execution.effectsApplied).toBeGreaterThan(0);
    expect(first.leaderboard.top.length).toBeGreaterThan(0);
    expect(first.learned).toMatchObject({ nextType: 'COST_OPTIMIZATION_v2' });
    expect(first.rewards).toMatchObject({ agents: 20, added: true });
    await expectNoProcesses(cli.home);

    const second = await cli.json<LoopDocument>(['run', goal, ...quick]);
    expect(second.decision?.instruction.type).toBe('COST_OPTIMIZATION_v2');
    expect(second.learned?.nextType).toBe('COST_OPTIMIZATION_v3');
  });

  it('ends with 130 on Ctrl-C, leaves nothing running, and is completed by the command it shows', async () => {
    const cli = commandLine();
    const started = cli.start(['run', goal, '--agents', '20', '--window', '1s', '--bake', '1m']);
    await started.said('canary of');
    started.child.kill('SIGINT');
    const ended = await started.ended;
    expect(ended.code, ended.stderr).toBe(130);
    const id = /dreamnet inject --resume (instr_\w+)/.exec(ended.stderr)?.[1] ?? '';
    expect(id).not.toBe('');
    await expectNoProcesses(cli.home);

    const resumed = await cli.json<LoopDocument>(['inject', '--resume', id, ...quick]);
    expect(resumed.rollout).toMatchObject({ id, agents: 20, succeeded: 20, failed: 0, state: 'complete' });
    expect(resumed.decision?.goal).toBe(goal);
  });

  it('leaves nothing running when it is killed', async () => {
    const cli = commandLine();
    const started = cli.start(['run', goal, '--agents', '20', '--window', '1m', '--bake', '0']);
    await started.said('agents live');
    expect(processesOf(cli.home).length).toBeGreaterThan(2);
    started.child.kill('SIGKILL');
    await started.ended;
    await expectNoProcesses(cli.home);
  });

  it('fits a terminal of 20 columns', async () => {
    const cli = commandLine();
    const ended = await cli.run(['run', goal, ...quick], { COLUMNS: '20' });
    expect(ended.code, ended.stderr).toBe(0);
    const widths = ended.stdout.split('\n').map(displayWidth);
    expect(Math.max(...widths)).toBeLessThanOrEqual(20);
    expect(ended.stdout.replaceAll(/\s+/g, ' ')).toContain('measured');
    const agents = await cli.run(['results'], { COLUMNS: '20' });
    expect(Math.max(...agents.stdout.split('\n').map(displayWidth))).toBeLessThanOrEqual(22);
  });

  it('streams every event as a JSON line, and ends with the result', async () => {
    const cli = commandLine();
    const ended = await cli.run(['run', goal, ...quick, '--jsonl']);
    expect(ended.code, ended.stderr).toBe(0);
    const types = ended.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type as string);
    for (const type of ['fleet', 'decided', 'compiled', 'planned', 'batch', 'live', 'measured', 'learned'])
      expect(types).toContain(type);
    expect(types.at(-1)).toBe('result');
    expect(types.filter((type) => type === 'result')).toHaveLength(1);
  });
});

describe('a private Redis that dies', () => {
  it('comes back, and the run goes on', async () => {
    const cli = commandLine();
    const started = cli.start(['run', goal, '--agents', '20', '--window', '1s', '--bake', '3s', '--json']);
    await started.said('canary of');
    const status = await cli.json<{ redis: { pid: number } }>(['status']);
    process.kill(status.redis.pid, 'SIGKILL');
    const ended = await started.ended;
    expect([0, 3, 4], ended.stderr).toContain(ended.code);
    const document = JSON.parse(ended.stdout) as Partial<LoopDocument>;
    if (ended.code === 0) expect(document.rollout).toMatchObject({ agents: 20, state: 'complete' });
    await until(() => processesOf(cli.home).length === 0);
  });
});
