import { describe, expect, it } from 'vitest';
import type { AgentsDocument } from '../../src/cli/views/agents-document.js';
import type { FleetDocument } from '../../src/cli/views/fleet-document.js';
import type { ReturnedDocument } from '../../src/cli/views/returned-view.js';
import type { Redis } from '../../src/core/nerve/redis.js';
import type { RolloutDocument, RolloutsDocument } from '../../src/documents/rollout-document.js';
import type { SteeredDocument } from '../../src/documents/steered-document.js';
import { type CommandLine, commandLine, goal } from './support.js';

/** A fleet that stays, with an instruction that waits. */
async function prepared(): Promise<{ cli: CommandLine; redis: Redis; id: string }> {
  const cli = commandLine();
  await cli.json(['up', '--agents', '40']);
  const id = await decided(cli);
  return { cli, redis: cli.redis(), id };
}

async function decided(cli: CommandLine): Promise<string> {
  const { decision } = await cli.json<{ decision: { instruction: { id: string } } }>([
    ...['decide', goal, '--window', '1s', '--max-risk', '1'],
  ]);
  return decision.instruction.id;
}

async function ordersSent(redis: Redis): Promise<number> {
  const streams = await redis.keys('host:*:orders');
  const lengths = await Promise.all(streams.map((stream) => redis.xlen(stream)));
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** Its injector has proved that often that it is alive, and could have sent something. */
async function livesOn(redis: Redis, id: string, times = 4): Promise<void> {
  const seen = new Set<string | null>();
  const look = async () => seen.add(await redis.hget(`rollout:${id}`, 'heldUntil')).size;
  await expect.poll(look, { timeout: 10_000, interval: 50 }).toBeGreaterThan(times);
}

async function programsLive(cli: CommandLine): Promise<number> {
  const { agents } = await cli.json<AgentsDocument>(['agents', 'list', '--limit', '40']);
  return agents.filter(({ program }) => program !== null).length;
}

describe('a rollout that runs in another terminal', () => {
  it('sends nothing while it is paused, says who paused it and why, and finishes when it is resumed', async () => {
    const { cli, redis, id } = await prepared();
    const injector = cli.start(['inject', '--batch', '5', '--bake', '2s']);
    await injector.said('canary of');
    const paused = await cli.json<SteeredDocument>(['rollout', 'pause', '--reason', 'payments is deploying']);
    expect(paused).toMatchObject({ id, action: 'pause', state: 'paused', changed: true, silent: 0 });
    expect(paused.doneBy).toBe(`dreamnet-inject-${injector.child.pid}`);
    const sent = await ordersSent(redis);
    await livesOn(redis, id);
    expect(await ordersSent(redis)).toBe(sent);

    const shown = await cli.json<RolloutDocument>(['rollout', 'show', id.slice(0, -3), '--outcome', 'live']);
    expect(shown).toMatchObject({ held: true, waiting: null, control: { action: 'pause' }, failures: [] });
    expect(shown.rollout).toMatchObject({ id, state: 'paused' });
    expect(shown.rollout.reason).toMatch(/^by \S+@\S+: payments is deploying$/);
    expect(shown.agents).toHaveLength(shown.rollout.counts.live);
    const text = await cli.run(['rollout', 'show', '--agents']);
    expect(text.stdout).toContain('payments is deploying');
    expect(text.stdout).toContain(`dreamnet rollout resume ${id}`);
    expect(text.stdout).toContain('agent-0040');
    const { rollouts } = await cli.json<RolloutsDocument>(['rollout', 'list', '--state', 'paused']);
    expect(rollouts).toMatchObject([{ id, state: 'paused', held: true, agents: 40 }]);
    expect((await cli.json<FleetDocument>(['status'])).lastRollout?.next).toBe(
      `dreamnet rollout resume ${id}`,
    );

    expect(await cli.json(['rollout', 'resume', 'latest'])).toMatchObject({ changed: true });
    const ended = await injector.ended;
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stderr).toContain('payments is deploying');
    expect(await cli.json(['rollout'])).toMatchObject({ known: 1, rollouts: [{ state: 'complete' }] });
    await cli.json(['down']);
  }, 60_000);

  it('is aborted: it ends with 130 and sends nothing after; resumed, completed and then rolled back', async () => {
    const { cli, redis, id } = await prepared();
    const injector = cli.start(['inject', '--batch', '5', '--bake', '1m']);
    await injector.said('canary of');
    const sent = await ordersSent(redis);
    const aborted = await cli.run(['rollout', 'abort', '-m', 'wrong fleet']);
    expect(aborted.code, aborted.stderr).toBe(0);
    expect(aborted.stdout).toContain(`dreamnet inject --resume ${id}`);
    const ended = await injector.ended;
    expect(ended.code, ended.stderr).toBe(130);
    expect(ended.stderr).toContain('wrong fleet');
    expect(ended.stderr).toContain(`dreamnet inject --resume ${id}`);
    expect(await ordersSent(redis)).toBe(sent);
    const late = await cli.run(['rollout', 'pause', id]);
    expect(late).toMatchObject({ code: 2, stdout: '' });
    expect(late.stderr).toContain('DN515');

    await cli.json(['inject', '--resume', id, '--bake', '0']);
    expect(await programsLive(cli)).toBe(40);
    const back = await cli.json<SteeredDocument>(['rollout', 'rollback']);
    expect(back).toMatchObject({ id, state: 'rolled_back', changed: true, silent: 0 });
    expect(back.counts).toMatchObject({ rolled_back: 40, live: 0 });
    await expect.poll(() => programsLive(cli), { timeout: 10_000 }).toBe(0);
    expect(await cli.json(['rollout', 'rollback'])).toMatchObject({ changed: false });
    expect((await cli.run(['results', id])).stdout).toContain('rolled back');
    await cli.json(['down']);
  }, 60_000);

  it('is rolled back in its window: it ends with 3, and every agent has what it had', async () => {
    const { cli, id } = await prepared();
    await cli.json(['inject', id, '--bake', '0']);
    const { agents: before } = await cli.json<AgentsDocument>(['agents', 'list']);
    const later = await decided(cli);
    const injector = cli.start(['inject', '--bake', '0', '--window', '5m']);
    await injector.said('held out');
    const back = await cli.json<SteeredDocument>(['rollout', 'rollback', later]);
    expect(back).toMatchObject({ id: later, state: 'rolled_back', silent: 0 });
    const ended = await injector.ended;
    expect(ended.code, ended.stderr).toBe(3);
    expect(ended.stderr).toContain('DN534');
    const programs = async () => (await cli.json<AgentsDocument>(['agents', 'list'])).agents;
    await expect
      .poll(async () => (await programs()).map(({ program }) => program), { timeout: 10_000 })
      .toEqual(before.map(({ program }) => program));
    await cli.json(['down']);
  }, 60_000);

  it('whose injector is killed can be rolled back at once from elsewhere', async () => {
    const { cli, id } = await prepared();
    const injector = cli.start(['inject', '--batch', '5', '--bake', '1m']);
    await injector.said('canary of');
    expect(await programsLive(cli)).toBeGreaterThan(0);
    injector.child.kill('SIGKILL');
    await injector.ended;
    const back = await cli.json<SteeredDocument>(['rollout', 'rollback', '--reason', 'host is gone']);
    expect(back).toMatchObject({ id, state: 'rolled_back', changed: true, silent: 0 });
    expect(back.doneBy).toMatch(/^dreamnet-rollout-/);
    await expect.poll(() => programsLive(cli), { timeout: 10_000 }).toBe(0);
    expect((await cli.json<RolloutDocument>(['rollout', 'show'])).held).toBe(false);
    await cli.json(['down']);
  }, 60_000);
});

describe('words that name no rollout, or nothing to do', () => {
  it('end with 2 and one document, and change nothing', async () => {
    const { cli } = await prepared();
    const refused = async (...words: string[]) => {
      const { error } = await cli.json<{ error: { code: string; hint: string } }>(['rollout', ...words], 2);
      expect(error.hint).not.toBe('');
      return error.code;
    };
    expect(await refused('show')).toBe('DN506');
    expect(await refused('pause')).toBe('DN506');
    for (const action of ['show', 'pause', 'resume', 'abort', 'rollback'])
      expect(await refused(action, '../x\u001b[31m')).toBe('DN506');
    expect(await refused('pause', '--reason', '')).toBe('DN923');
    expect(await refused('abort', '--reason', 'x'.repeat(501))).toBe('DN923');
    expect(await refused('list', '--state', 'gone')).toBe('DN904');
    expect(await refused('abort', 'a', 'b')).toBe('DN904');
    expect(await cli.json(['rollout', 'list'])).toEqual({ known: 0, damaged: 0, rollouts: [] });
    await cli.json(['down']);
  }, 60_000);
});

describe('a rollout whose reader goes away', () => {
  it('is left in order, told on stderr, and is no success', async () => {
    const { cli, id } = await prepared();
    const injector = cli.start(['inject', '--batch', '5', '--bake', '1m', '--jsonl']);
    injector.child.stdout?.once('data', () => injector.child.stdout?.destroy());
    const ended = await injector.ended;
    expect(ended.code).toBe(130);
    expect(ended.stderr).toContain(`dreamnet inject --resume ${id}`);
    await cli.json(['down']);
  }, 60_000);
});

describe('rollout rollback --to', () => {
  it('says in a dry run what it would take back, and then does it', async () => {
    const { cli, redis, id } = await prepared();
    await cli.json(['inject', '--batch', '20']);
    const second = await decided(cli);
    await cli.json(['inject', '--batch', '20']);
    const sent = await ordersSent(redis);
    const dry = await cli.run(['rollout', 'rollback', '--to', id.slice(0, -2), '--dry-run']);
    expect(dry.code, dry.stderr).toBe(0);
    expect(dry.stdout).toContain('DRY RUN: 1 rollout would be taken back');
    expect(dry.stdout).toContain(second);
    expect(await ordersSent(redis)).toBe(sent);

    const done = await cli.json<ReturnedDocument>(['rollout', 'rollback', '--to', id, '--reason', 'errors']);
    expect(done).toMatchObject({ dryRun: false, agents: 40, running: 40, forgotten: [] });
    expect(done.takenBack).toMatchObject([{ id: second, state: 'rolled_back', silent: 0 }]);
    const { agents } = await cli.json<AgentsDocument>(['agents', 'list', '--limit', '40']);
    expect(agents.every(({ program }) => program === done.to.digest)).toBe(true);

    const both = await cli.run(['rollout', 'rollback', second, '--to', id]);
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('DN924')]);
    await cli.json(['down']);
  }, 60_000);
});
