import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AgentsDocument } from '../../src/cli/views/agents-document.js';
import type { ResultDocument } from '../../src/cli/views/results-document.js';
import type { LoopDocument } from '../../src/core/loop-document.js';
import { createNames } from '../../src/core/nerve/names.js';
import { ROOT } from '../cli/run-command.js';
import { type CommandLine, commandLine, goal } from './support.js';

const names = createNames();
const source = readFileSync(path.join(ROOT, 'playbooks', 'cost_optimize.dream'), 'utf8');
const fast = ['--window', '1s', '--bake', '0'];

describe('instructions that come from elsewhere', () => {
  it('are rolled out with their extra fields, past garbage that is rejected with every reason', async () => {
    const cli = await fleet();
    const redis = cli.redis();
    const send = (message: unknown) => redis.xadd(names.instructions, '*', 'json', JSON.stringify(message));
    await redis.xadd(names.instructions, '*', 'json', '{ not json');
    await redis.xadd(names.instructions, '*', 'colour', 'blue');
    await send({});
    await send({ ...instruction('instr_absurd'), target_agents: -1, priority: 'SOON', timestamp: 'now' });
    await send({ ...instruction('instr_money'), context: { ...context, budget: 'much', deadline: 1e300 } });

    const nothing = await cli.run(['inject', '--json']);
    expect(nothing.code).toBe(2);
    expect(JSON.parse(nothing.stdout).error).toMatchObject({ code: 'DN507' });
    expect(nothing.stderr).toMatch(/rejected: .*not JSON/);
    const rejected = await redis.xrange(names.instructionsRejected, '-', '+');
    expect(rejected).toHaveLength(5);
    const reasons = rejected.map(([, fields]) => fields.join(' '));
    expect(reasons[3]).toMatch(/timestamp.*|target_agents/);
    for (const field of ['target_agents', 'priority', 'timestamp']) expect(reasons[3]).toContain(field);
    for (const field of ['context.budget', 'context.deadline']) expect(reasons[4]).toContain(field);

    await send('nonsense');
    await send({ ...instruction('instr_foreign'), colour: 'blue', context: { ...context, mood: 'good' } });
    const injected = await cli.run(['inject', ...fast]);
    expect(injected.code, injected.stderr).toBe(0);
    expect(injected.stderr).toContain('was rejected');
    expect(injected.stdout).toContain('instr_foreign');
    expect(injected.stdout).not.toContain('predicted');
    const stored = await cli.json<ResultDocument>(['results', 'instr_foreign']);
    expect(stored.decision).toBeNull();
    expect(stored.rollout?.instruction).toMatchObject({ colour: 'blue', context: { mood: 'good' } });
    expect(stored.result).toMatchObject({ agents: 20, succeeded: 20 });
  });

  it('are taken back when they clearly did the opposite of what was wanted', async () => {
    const cli = await fleet('80');
    const harmful = `FUNC dearer() {
      FOR EACH task IN task_queue {
        INCREASE_CPU_SHARE(task, 150%)
        INCREASE_MEMORY_CACHE(task, 150%)
      }
    }`;
    const message = { ...instruction('instr_harmful'), target_agents: 80, program: { source: harmful } };
    await cli.redis().xadd(names.instructions, '*', 'json', JSON.stringify(message));
    const injected = await cli.run(['inject', '--window', '2s', '--bake', '0', '--json']);
    expect(injected.code, injected.stderr).toBe(3);
    const { rollout, execution, rewards } = JSON.parse(injected.stdout) as LoopDocument;
    expect(execution.reductionPct).toBeLessThan(0);
    expect(rollout).toMatchObject({ state: 'rolled_back', counts: { live: 0, rolled_back: 76, skipped: 4 } });
    expect(rollout.reason).toContain('every agent was returned');
    expect(rewards).toBeNull();
    const list = await cli.json<AgentsDocument>(['agents']);
    expect(list.agents.every(({ program }) => program === null)).toBe(true);
  });

  it('change nothing when their program does not compile or is not to be trusted', async () => {
    const cli = await fleet();
    const redis = cli.redis();
    const send = (message: unknown) => redis.xadd(names.instructions, '*', 'json', JSON.stringify(message));
    await send({ ...instruction('instr_broken'), program: { source: source.replace('FOR EACH', 'FOR') } });
    const broken = await cli.run(['inject', ...fast]);
    expect(broken).toMatchObject({ code: 2, stdout: '' });
    expect(broken.stderr).toMatch(/instr_broken\.dream:\d+:\d+: error DN/);

    const key = path.join(cli.root, 'foreign.bc');
    const compiled = await cli.json<{ digest: string }>([
      'compile',
      path.join(ROOT, 'playbooks', 'cost_optimize.dream'),
      '--unsigned',
      '-o',
      key,
    ]);
    await redis.set(names.program(compiled.digest), readFileSync(key));
    await send({ ...instruction('instr_unsigned'), program: { digest: compiled.digest } });
    const unsigned = await cli.run(['inject', ...fast]);
    expect(unsigned).toMatchObject({ code: 2, stdout: '' });
    expect(unsigned.stderr).toContain('DN120');

    const list = await cli.json<AgentsDocument>(['agents']);
    expect(list.agents.every(({ program }) => program === null)).toBe(true);
  });

  it('stop at the gate when the stored program is altered on its way; agents keep what they had', async () => {
    const cli = await fleet();
    const redis = cli.redis();
    const { decision } = await cli.json<{ decision: NonNullable<LoopDocument['decision']> }>([
      'decide',
      goal,
    ]);
    const { digest = '' } = decision.instruction.program ?? {};
    let over = false;
    const tampering = (async () => {
      while (!over) await redis.set(names.program(digest), 'altered');
    })();
    const ended = await cli.run(['inject', ...fast]);
    over = true;
    await tampering;
    expect(ended, ended.stderr).toMatchObject({ code: 3, stdout: '' });
    expect(ended.stderr).toContain('DN602');
    expect(ended.stderr).toContain('DN530');
    const list = await cli.json<AgentsDocument>(['agents']);
    expect(list.agents).toHaveLength(20);
    expect(list.agents.every(({ program }) => program === null)).toBe(true);
    const shown = await cli.json<{ rollout: { outcome: string; code?: string } }>([
      'agents',
      'show',
      'agent-0001',
    ]);
    expect(['failed', 'pending', 'rolled_back']).toContain(shown.rollout.outcome);
  });
});

const context = {
  currentCosts: 10_000,
  targetCosts: 8_500,
  deadline: 7_200_000,
  budget: 500,
  metrics: ['latency', 'memory', 'cpu'],
};

function instruction(id: string) {
  return {
    id,
    type: 'COST_OPTIMIZATION_v2',
    target_agents: 20,
    context,
    timestamp: Date.now(),
    priority: 'CRITICAL',
    program: { source },
  };
}

async function fleet(agents = '20'): Promise<CommandLine> {
  const cli = commandLine();
  await cli.json(['up', '--agents', agents]);
  return cli;
}
