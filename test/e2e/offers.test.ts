import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CapabilitiesDocument } from '../../src/cli/views/capabilities-document.js';
import type { CheckDocument } from '../../src/cli/views/check-document.js';
import type { PlanDocument } from '../../src/cli/views/plan-document.js';
import { startHost } from '../../src/core/agent/host.js';
import { trustIn } from '../../src/core/keys/trust.js';
import { type Capabilities, referenceFleet } from '../../src/core/language/capabilities.js';
import type { LoopDocument } from '../../src/core/loop-document.js';
import { createNames } from '../../src/core/nerve/names.js';
import { publishedOffer } from '../../src/core/offers/published-offer.js';
import { temporaryDir } from '../fleet/support.js';
import { videoFleet, videoProgram, videoWorkload } from '../support/video-agents.js';
import { type CommandLine, commandLine } from './support.js';

/** Ten simulated agents that stay, the files of the tutorial, and agents that convert videos. */
async function fleetWith(...others: readonly (readonly [id: string, capabilities: Capabilities])[]) {
  const cli = commandLine();
  await cli.json(['up', '--agents', '10']);
  const video = await startVideoHost(cli, others);
  const file = (name: string) => join(cli.root, name);
  writeFileSync(file('video.dream'), videoProgram);
  return { cli, file, video };
}

async function startVideoHost(
  cli: CommandLine,
  agents: readonly (readonly [id: string, capabilities: Capabilities])[],
) {
  const workloads = new Map(agents.map(([id, capabilities]) => [id, videoWorkload(capabilities)]));
  const host = await startHost({
    ...{ hostId: 'host-video', redis: cli.redis(), names: createNames(''), log: () => undefined },
    agents: [...workloads].map(([id, workload]) => ({ id, workload: () => workload })),
    trust: trustIn(cli.home.keysDir, () => undefined),
    stateDir: temporaryDir(),
  });
  onTestFinished(() => host.stop());
  return workloads;
}

const recoded: Capabilities = {
  ...videoFleet,
  actions: videoFleet.actions.map((action) => (action.name === 'PUT_OFF' ? { ...action, code: 3 } : action)),
};
const quick = ['--window', '1s', '--bake', '0'];

describe('agents capabilities', () => {
  it('shows what agents offer, where they differ and who, and writes what they have in common', async () => {
    const { cli, file } = await fleetWith(['v1', videoFleet], ['v2', videoFleet], ['v3', recoded]);
    const all = await cli.json<CapabilitiesDocument>(['agents', 'capabilities']);
    expect(all).toMatchObject({ agents: 13, common: null, unusable: [], silent: [], written: null });
    expect(all.offers.map(({ name, agents }) => [name, agents.length])).toEqual([
      ['reference-fleet', 10],
      ['video-fleet', 2],
      ['video-fleet', 1],
    ]);
    const words = ['agents', 'capabilities', '--selector', 'class=video'];
    const text = await cli.run(words);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(/^LOWER_BIT_RATE +1 +ratio 0% to 60% +0\.4 +all 3/m);
    expect(text.stdout).toContain('PUT_OFF is code 2 for 2 agents (v1, v2); code 3 for 1 agent (v3).');
    expect(text.stdout).toContain('in common they have 4 fields and 1 action.');

    const written = await cli.json<CapabilitiesDocument>([...words, '-o', file('video.json')]);
    expect(written.written).toEqual({ file: file('video.json'), outcome: 'written' });
    const checked = await cli.json<CheckDocument>(['check', file('video.json')]);
    expect(checked).toMatchObject({ ok: true, errors: 0 });
    const refused = await cli.run(['check', file('video.dream'), '--capabilities', file('video.json')]);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('agents have no action PUT_OFF'),
    ]);
  }, 60_000);

  it('gives a file with which programs of the fleet check, compile and simulate as without it', async () => {
    const { cli, file } = await fleetWith();
    expect((await cli.run(['agents', 'capabilities'])).stdout).toContain('All 10 agents offer the same');
    const words = ['agents', 'capabilities', '--output', file('fleet.json')];
    const written = await cli.json<CapabilitiesDocument>(words);
    expect(written.common).toEqual(referenceFleet);
    const forFleet = ['--capabilities', file('fleet.json')];
    const playbook = 'playbooks/cost_optimize.dream';
    await cli.json(['check', playbook, '--strict', ...forFleet]);
    await cli.json(['compile', playbook, '-o', file('a.bc'), ...forFleet]);
    await cli.json(['compile', playbook, '-o', file('b.bc')]);
    expect(readFileSync(file('a.bc'))).toEqual(readFileSync(file('b.bc')));
    await cli.json(['simulate', playbook, ...forFleet]);

    expect(await cli.json<CapabilitiesDocument>(words)).toMatchObject({ written: { outcome: 'same' } });
    writeFileSync(file('fleet.json'), '{}');
    const refused = await cli.run(words);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('DN673')]);
    expect(readFileSync(file('fleet.json'), 'utf8')).toBe('{}');
    expect(await cli.json<CapabilitiesDocument>([...words, '--force'])).toMatchObject({
      written: { outcome: 'replaced' },
    });
    const piped = await cli.run(['agents', 'capabilities', '-o', '-']);
    expect(piped.stdout).toBe(readFileSync(file('fleet.json'), 'utf8'));
    expect(piped.stderr).toContain('All 10 agents offer the same');
  }, 60_000);

  it('says when nobody is there, and when nobody says what it offers', async () => {
    const { cli, file } = await fleetWith();
    const nobody = await cli.run(['agents', 'capabilities', '-l', 'class=none']);
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('DN504')]);
    const redis = cli.redis();
    for (const id of ['agent-0001', 'agent-0002']) await redis.hset(`agent:${id}`, 'offer', '');
    await redis.hset('agent:agent-0003', 'offer', `sha256:${'0'.repeat(64)}`);
    const text = await cli.run(['agents', 'capabilities']);
    expect(text.stdout).toContain('2 more agents (agent-0001, agent-0002) publish no offer');
    expect(text.stdout).toContain('The offer of 1 agent cannot be used: it is not in Redis (agent-0003).');
    const silent = ['agents', 'capabilities', '-l', 'id in (agent-0001,agent-0002)'];
    expect(await cli.json(silent)).toMatchObject({ agents: 2, offers: [], common: null });
    expect((await cli.run(silent)).stdout).toContain('2 agents (agent-0001, agent-0002) publish no offer');
    const unwritten = await cli.run([...silent, '-o', file('none.json')]);
    expect([unwritten.code, unwritten.stderr]).toEqual([1, expect.stringContaining('DN671')]);
  }, 60_000);
});

describe('a rollout to agents that offer too little', () => {
  it('is refused before its first batch with agents and action, and reaches the others when they are left out', async () => {
    const { cli, file } = await fleetWith(['v1', videoFleet], ['v2', videoFleet]);
    writeFileSync(file('video.json'), publishedOffer(videoFleet).text);
    const words = ['inject', file('video.dream'), '--capabilities', file('video.json')];
    for (const extra of [['--dry-run'], quick]) {
      const refused = await cli.run([...words, ...extra]);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain(
        'DN670 Nothing was sent: 10 of 12 agents do not offer what convert_cheaply needs.',
      );
      expect(refused.stderr).toContain('agent-0001, agent-0002');
      expect(refused.stderr).toContain('"this agent does not offer PUT_OFF"');
    }
    const redis = cli.redis();
    expect(await redis.exists('host:host-1:orders', 'host:host-video:orders', 'swarm:rollouts')).toBe(0);
    const done = await cli.json<LoopDocument>([...words, '-l', 'class=video', ...quick]);
    expect(done.rollout).toMatchObject({ agents: 2, failed: 0, state: 'complete' });
  }, 60_000);

  it('keeps the instruction for when they are left out', async () => {
    const { cli } = await fleetWith(['v1', videoFleet]);
    const decided = await cli.run(['decide', 'reduce costs 5%', '--window', '1s', '--max-risk', '1']);
    expect(decided.code, decided.stderr).toBe(0);
    expect(decided.stderr).toContain('1 of 11 agents would refuse the playbook cost_optimize.');
    const refused = await cli.run(['inject', '--bake', '0']);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--exclude class=video')]);
    const done = await cli.json<LoopDocument>(['inject', '--bake', '0', '--exclude', 'class=video']);
    expect(done.rollout).toMatchObject({ agents: 10, failed: 0 });
    const nobody = await cli.run(['decide', 'reduce costs 5%', '-l', 'class=video']);
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('DN676')]);
  }, 60_000);
});

describe('inject FILE', () => {
  it('compiles for what the agents that are meant publish, and says so', async () => {
    const { cli, file, video } = await fleetWith(['v1', videoFleet], ['v2', videoFleet]);
    const own = ['inject', file('video.dream')];
    const mixed = await cli.run(own);
    expect([mixed.code, mixed.stderr]).toEqual([2, expect.stringContaining('DN672')]);
    const plan = file('plan.json');
    const dry = await cli.run([...own, '--exclude', 'class!=video', '--dry-run', '--save-plan', plan]);
    expect(dry.code, dry.stderr).toBe(0);
    expect(dry.stderr).toContain('The program is compiled for what 2 agents offer (video-fleet).');
    const done = await cli.json<LoopDocument>(['inject', '--plan', plan]);
    expect(done.rollout).toMatchObject({ agents: 2, failed: 0, state: 'complete' });
    expect(done.program.optimizationScore).toBeGreaterThan(0);
    const applied = [...video.values()].flatMap((workload) => workload.applied);
    expect(applied.sort()).toEqual(['LOWER_BIT_RATE 0', 'LOWER_BIT_RATE 1', 'PUT_OFF 1']);
  }, 60_000);

  it('takes a capability file for a source only', async () => {
    const { cli, file } = await fleetWith(['v1', videoFleet]);
    writeFileSync(file('video.json'), publishedOffer(videoFleet).text);
    const capabilities = ['--capabilities', file('video.json')];
    await cli.json(['compile', file('video.dream'), '-o', file('video.bc'), ...capabilities]);
    for (const named of [[file('video.bc')], [], ['instr_one']]) {
      const refused = await cli.run(['inject', ...named, ...capabilities]);
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('DN675')]);
    }
    const refused = await cli.run(['inject', file('video.bc'), '--dry-run']);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('DN670')]);
    const plan = await cli.json<PlanDocument>(['inject', file('video.bc'), '--dry-run', '-l', 'class=video']);
    expect(plan.agents.map(({ id }) => id)).toEqual(['v1']);
  }, 60_000);
});
