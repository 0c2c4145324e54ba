import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../../src/core/bytecode/digest.js';
import { keyIdOf } from '../../../../src/core/bytecode/signature.js';
import { waitFor } from '../../../../src/core/fleet/wait.js';
import { noProgram } from '../../../../src/core/injector/transports/program-directory.js';
import { cacheAll } from '../../../agent/support.js';
import { ended, forget, recordOf, steerFrom } from '../../support.js';
import { digestAt, volumeFleet } from './support.js';

const fleet = volumeFleet();
const { registered, roll, complete, startAgents, transports, path } = fleet;

describe('a rollout through a volume', () => {
  test('is taken back to the program before, and that one to none', async () => {
    const agents = await startAgents('a1', 'a2');
    const [first, second] = [await complete('instr_first'), await complete('instr_second', cacheAll)];
    for (const agent of agents) expect(digestAt(agent)).toBe(second);
    await steerFrom(fleet.server, 'rollback', { typed: 'instr_second', transports: transports() });
    for (const agent of agents) {
      expect(digestAt(agent)).toBe(first);
      expect(agent.log.at(-1)).toBe(`loaded ${first}`);
    }
    expect((await registered()).map(({ live }) => live)).toEqual([first, first]);
    await steerFrom(fleet.server, 'rollback', { typed: 'instr_first', transports: transports() });
    for (const agent of agents) {
      expect(agent.file('program.bc')).toBe('');
      expect(agent.log.at(-1)).toBe(`loaded ${noProgram}, which is no program`);
    }
    expect((await registered()).map(({ live, status }) => [live, status])).toEqual([
      [undefined, 'idle'],
      [undefined, 'idle'],
    ]);
  });

  test('taken back out from under another leaves the other, which then returns to what was before both', async () => {
    const [agent] = await startAgents('a1');
    writeFileSync(path('agents', 'a1', 'program.bc'), 'the program that came with the image');
    await complete('instr_first');
    const second = await complete('instr_second', cacheAll);
    await steerFrom(fleet.server, 'rollback', { typed: 'instr_first', transports: transports() });
    expect(agent && digestAt(agent)).toBe(second);
    await steerFrom(fleet.server, 'rollback', { typed: 'instr_second', transports: transports() });
    expect(agent?.file('program.bc')).toBe('the program that came with the image');
  });

  test('is not taken back to anything that nobody signed as what the agent had, and goes on from what is there', async () => {
    const agents = await startAgents('a1', 'a2', 'a3', 'a4', 'a5');
    const first = await complete('instr_first');
    const { redis, names } = fleet.server;
    const evil = Buffer.from('the program of somebody else');
    const forged = { epoch: 1, former: [{ digest: digestOf(evil) }], undone: {}, observing: false };
    const live = { instruction: 'instr_first', digest: first };
    const text = JSON.stringify({ ...forged, live });
    await redis.set(names.program(digestOf(evil)), evil);
    const kept = await Promise.all(agents.map(({ id }) => redis.hget(names.agent(id), 'held')));
    const signed = JSON.parse(kept[1] ?? '');
    const stranger = generateKeyPairSync('ed25519');
    const signature = sign(null, Buffer.from(`dreamnet held 1\na4\n${text}`), stranger.privateKey);
    const byStranger = { keyId: keyIdOf(stranger.publicKey), signature: signature.toString('base64') };
    for (const [id, held] of [
      ['a1', text],
      ['a2', JSON.stringify({ ...signed, held: text })],
      ['a3', kept[3]],
      ['a4', JSON.stringify({ held: text, ...byStranger })],
    ] as const)
      await redis.hset(names.agent(id), 'held', held ?? '');
    await steerFrom(fleet.server, 'rollback', { typed: 'instr_first', transports: transports() });
    expect(agents.map((agent) => agent.file('program.bc') === '')).toEqual([
      ...[false, false, false, false],
      true,
    ]);
    for (const agent of agents.slice(0, 4)) expect(digestAt(agent)).toBe(first);
    const outcomes = (await recordOf(fleet.server, 'instr_first')).agents;
    const said = ['a1', 'a2', 'a3', 'a4', 'a5'].map((id) => outcomes.get(id));
    for (const refused of said.slice(0, 4))
      expect(refused).toMatchObject({ outcome: 'failed', code: 'DN584' });
    expect(said[4]).toMatchObject({ outcome: 'rolled_back' });
    expect(said.map((one) => one?.reason?.split(', ').at(-1))).toEqual([
      'it is not signed',
      'it is not what was signed',
      'it is not what was signed',
      'it is signed with a key that this home does not trust',
      undefined,
    ]);
    const second = await complete('instr_second', cacheAll);
    expect(agents.map((agent) => digestAt(agent))).toEqual(Array.from({ length: 5 }, () => second));
    await steerFrom(fleet.server, 'rollback', { typed: 'instr_second', transports: transports() });
    for (const agent of agents.slice(0, 4)) expect(digestAt(agent)).toBe(first);
    expect(agents[4]?.file('program.bc')).toBe('');
  });

  test('aborted while the canary is watched leaves every agent as it is, and can be rolled back', async () => {
    const agents = await startAgents('a1', 'a2', 'a3');
    const run = await roll({ bakeMs: 60_000 });
    const running = ended(run);
    const isWatched = () => run.events.some(({ type }) => type === 'canary');
    await waitFor(isWatched, { timeoutMs: 10_000 });
    run.controller.abort();
    expect(await running).toMatchObject({ code: 'DN531' });
    const changed = agents.filter((agent) => agent.file('program.bc') !== undefined);
    const { digest } = (await recordOf(fleet.server)).record.program;
    expect(changed.map((agent) => digestAt(agent))).toEqual([digest]);
    expect(agents.filter((agent) => agent.log.length > 0)).toEqual(changed);
    await forget(fleet.server);
    await steerFrom(fleet.server, 'rollback', { transports: transports() });
    expect(changed[0]?.file('program.bc')).toBe('');
    expect(agents.filter((agent) => agent.file('program.bc') !== undefined)).toEqual(changed);
  });

  test('that did harm is taken back everywhere, and from the hold-out what it had staged', async () => {
    const agents = await startAgents('a1', 'a2');
    const { rollout } = await roll();
    await rollout.run();
    await rollout.complete({ verdict: 'harmful' });
    await rollout.close();
    expect(rollout.record.counts).toMatchObject({ rolled_back: 1, skipped: 1, failed: 0 });
    expect(agents.map((agent) => agent.file('program.bc')).sort()).toEqual(['', undefined]);
    for (const agent of agents) expect(agent.file('staged.bc')).toBeUndefined();
  });
});
