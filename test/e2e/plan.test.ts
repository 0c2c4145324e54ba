import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PlanDocument } from '../../src/cli/views/plan-document.js';
import type { Redis } from '../../src/core/nerve/redis.js';
import type { RolloutDocument } from '../../src/documents/rollout-document.js';
import { type CommandLine, commandLine, goal, quick, tcpRedis } from './support.js';

async function decided(cli: CommandLine): Promise<string> {
  const { decision } = await cli.json<{ decision: { instruction: { id: string } } }>([
    ...['decide', goal, '--window', '1s', '--max-risk', '1'],
  ]);
  return decision.instruction.id;
}

/** Everything but what agents and the orchestrator write by themselves. */
async function state(redis: Redis): Promise<unknown> {
  const own =
    /^(agent|tasks|trace|trace-names):|^host:[^:]+:process$|^swarm:(agents|metrics|health|performance|orchestrator)(:|$)/;
  const keys = (await redis.keys('*')).filter((key) => !own.test(key)).sort();
  return Promise.all(keys.map(async (key) => [key, (await redis.dumpBuffer(key))?.toString('hex')]));
}

describe('a dry run', () => {
  it('shows the plan with every agent and why others are out, writes nothing, and the real one does just that', async () => {
    const cli = commandLine();
    await cli.json(['up', '--agents', '30']);
    const id = await decided(cli);
    const redis = cli.redis();
    const before = await state(redis);
    const words = [
      '--limit',
      '40%',
      '--exclude',
      'agent-0002',
      '--canary',
      '2',
      '--batch',
      '4',
      '--max-failures',
      '1',
    ];
    const plan = await cli.json<PlanDocument>(['inject', '--dry-run', ...words]);
    expect(plan).toMatchObject({
      ...{ dryRun: true, savedTo: null, instruction: { id } },
      numbers: { agents: 11, heldOut: 1, canary: 2, batches: 4, stopsAtFailure: 2 },
    });
    expect(plan.agents.map(({ batch }) => batch)).toEqual([1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4]);
    expect(plan.agents.slice(0, 2).every(({ role }) => role.startsWith('canary'))).toBe(true);
    expect(plan.leftOut).toHaveLength(19);
    expect(plan.leftOut).toContainEqual({ id: 'agent-0002', reason: 'excluded by --exclude agent-0002' });
    const text = await cli.run(['inject', '--dry-run', ...words]);
    expect(text.stdout).toMatch(/^DRY RUN/);
    expect(text.stdout).toContain('stops when the 2nd agent fails');
    expect(text.stdout).toMatch(/1 agent +excluded by --exclude agent-0002: agent-0002/);
    expect(await state(redis)).toEqual(before);

    const done = await cli.run(['inject', ...words, '--bake', '0']);
    expect(done.code, done.stderr).toBe(0);
    expect(done.stderr).toContain(
      '11 agents, 1 of them the hold-out; 2 first, as canary; then 2 batches of 4, a batch of 1',
    );
    const shown = await cli.json<RolloutDocument>(['rollout', 'show', '--agents']);
    expect(shown.rollout).toMatchObject({ id, state: 'complete', options: { limit: '40%', batch: '4' } });
    expect(shown.agents?.map((agent) => agent.id)).toEqual(plan.agents.map((agent) => agent.id).sort());
    expect((await cli.run(['rollout', 'show'])).stdout).toContain(
      'without agent-0002; at most 40%; batches of 4;',
    );
    await cli.json(['down']);
  }, 60_000);

  it('of a whole run decides and plans, and leaves no decision behind', async () => {
    const cli = commandLine();
    await cli.json(['up', '--agents', '20']);
    const redis = cli.redis();
    const before = await state(redis);
    const plan = await cli.json<PlanDocument>(['run', goal, '--dry-run', '--top', '5']);
    expect(plan.numbers).toMatchObject({ agents: 5 });
    expect(plan.warnings).toEqual(['5 of the 5 best have no score yet; they come last.']);
    expect(await state(redis)).toEqual(before);
    expect(await cli.json(['rollout', 'list'])).toMatchObject({ known: 0 });
    await cli.json(['down']);
  }, 60_000);
});

describe('where no fleet runs', () => {
  it('a dry run starts none, before one has run and after it, and says what is missing', async () => {
    const cli = commandLine();
    const program = join(cli.root, 'trim.dream');
    writeFileSync(program, 'FUNC t() { FOR EACH task IN task_queue { REDUCE_CPU_THROTTLE(task, 10%) } }');
    const file = join(cli.root, 'plan.json');
    const refused = async () => {
      for (const words of [
        ['inject', program, '--dry-run'],
        ['inject', '--dry-run', '--save-plan', file, '--agents', '20'],
        ['run', goal, '--dry-run', '--save-plan', file],
      ]) {
        const { error } = await cli.json<{ error: { code: string; hint: string } }>(words, 6);
        expect(error).toMatchObject({ code: 'DN554', hint: expect.stringContaining('dreamnet up') });
      }
      expect(await cli.json(['status'])).toMatchObject({ state: 'down' });
      expect(existsSync(file)).toBe(false);
    };
    await refused();
    await cli.json(['up', '--agents', '3']);
    await cli.json(['down']);
    await refused();
  }, 60_000);

  it('watch --once starts none, and shows what is left of the last one', async () => {
    const cli = commandLine();
    const nothing = await cli.run(['watch', '--once']);
    expect([nothing.code, nothing.stderr]).toEqual([6, expect.stringContaining('DN330')]);
    expect(await cli.json(['status'])).toMatchObject({ state: 'down' });
    await cli.json(['run', goal, ...quick]);
    const overview = await cli.json<{ fleet: object; operation: object }>(['watch']);
    expect(overview).toMatchObject({ fleet: { agentsAlive: 0 }, operation: { state: 'complete' } });
    expect((await cli.run(['watch', '--once'])).stdout).toMatch(/^fleet .*\b0 of/);
    expect(await cli.json(['status'])).toMatchObject({ state: 'down' });
  }, 60_000);

  it('a dry run with the Redis of another fleet asks that one', async () => {
    const cli = commandLine();
    const other = await tcpRedis();
    const { error } = await cli.json<{ error: { code: string } }>(
      ['run', goal, '--dry-run', '--redis', other.url],
      2,
    );
    expect(error.code).toBe('DN504');
    expect(await other.client.dbsize()).toBe(0);
  }, 60_000);
});

describe('a plan that is kept', () => {
  it('is rolled out once, exactly; refused when it is stale, and damaged files are told from it', async () => {
    const cli = commandLine();
    await cli.json(['up', '--agents', '20']);
    const file = join(cli.root, 'plan.json');
    const refused = async (words: readonly string[]) => {
      const { error } = await cli.json<{ error: { code: string; message: string } }>(['inject', ...words], 2);
      return error;
    };
    const plan = await cli.json<PlanDocument>([
      'run',
      goal,
      '--window',
      '1s',
      '--max-risk',
      '1',
      '--dry-run',
      '--save-plan',
      file,
      '--batch',
      '3',
    ]);
    expect(plan.savedTo).toBe(file);
    expect(readdirSync(cli.root).filter((name) => name.includes('.tmp'))).toEqual([]);
    const saved = readFileSync(file, 'utf8');

    const again = await cli.json<PlanDocument>(['inject', '--plan', file, '--dry-run']);
    expect(again.agents).toEqual(plan.agents);
    expect(await refused(['--plan', file, '--batch', '5'])).toMatchObject({ code: 'DN553' });
    expect(await refused(['--plan', file, 'instr_x'])).toMatchObject({ code: 'DN553' });
    expect(await refused(['--plan', join(cli.root, 'none.json')])).toMatchObject({ code: 'DN930' });
    const damaged = join(cli.root, 'damaged.json');
    for (const text of [
      saved.slice(0, saved.length / 2),
      saved.replace('agent-0003', 'agent-0999'),
      '',
      '{}',
    ]) {
      writeFileSync(damaged, text);
      expect(await refused(['--plan', damaged])).toMatchObject({ code: 'DN548' });
    }
    await decided(cli);
    await cli.json(['inject', '--limit', '1', '--bake', '0']);
    const stale = await refused(['--plan', file]);
    expect(stale.code).toBe('DN550');
    expect(stale.message).toMatch(/1 run another program \(agent-\d{4}\)/);

    const fresh = await cli.json<PlanDocument>([
      'run',
      goal,
      '--window',
      '1s',
      '--max-risk',
      '1',
      '--dry-run',
      '--save-plan',
      file,
      '--batch',
      '3',
    ]);
    const done = await cli.run(['inject', '--plan', file]);
    expect(done.code, done.stderr).toBe(0);
    const shown = await cli.json<RolloutDocument>(['rollout', 'show', '--agents']);
    expect(shown.rollout).toMatchObject({ id: fresh.instruction.id, state: 'complete', batches: 7 });
    for (const { id, batch } of fresh.agents)
      expect(shown.agents).toContainEqual(expect.objectContaining({ id, batch }));
    expect(await refused(['--plan', file])).toMatchObject({ code: 'DN512' });
    await cli.json(['down']);
  }, 90_000);

  it('cannot be saved where nothing can be written, and needs a dry run', async () => {
    const cli = commandLine();
    await cli.json(['up', '--agents', '20']);
    const where = ['--save-plan', join(cli.root, 'no', 'plan.json')];
    const failed = await cli.json<{ error: { code: string } }>(
      ['run', goal, ...quick, '--dry-run', ...where],
      1,
    );
    expect(failed.error.code).toBe('DN552');
    const alone = await cli.json<{ error: { code: string } }>(['run', goal, ...where], 2);
    expect(alone.error.code).toBe('DN904');
    await cli.json(['down']);
  }, 60_000);
});

describe('flags that do not fit', () => {
  it('end with 2 before anything is started', async () => {
    const cli = commandLine();
    const codeOf = async (...words: string[]) =>
      (await cli.json<{ error: { code: string } }>(['inject', ...words], 2)).error.code;
    expect(await codeOf('--canary', '101%')).toBe('DN544');
    expect(await codeOf('--canary', '100%')).toBe('DN555');
    expect(await codeOf('--limit', '0')).toBe('DN544');
    expect(await codeOf('--limit', '5', '--top', '5')).toBe('DN904');
    expect(await codeOf('--dry-run=false')).toBe('DN904');
    expect(await codeOf('--no-auto-rollback=true')).toBe('DN904');
    expect(await codeOf('--parallel', '0')).toBe('DN921');
    expect(await codeOf('--top', 'many')).toBe('DN921');
    expect(await codeOf('--exclude', 'no id')).toBe('DN545');
    expect(await codeOf('--exclude', 'class in (web')).toBe('DN310');
    expect(await codeOf('--timeout', '8d')).toBe('DN920');
    expect(await codeOf('--ack-timeout', '0')).toBe('DN920');
    expect(await codeOf('--pause-between', '2 days')).toBe('DN920');
    expect(await codeOf('--activate', 'later')).toBe('DN904');
    expect(await codeOf('--dry-run', '--wait', '1m')).toBe('DN904');
  }, 60_000);
});
