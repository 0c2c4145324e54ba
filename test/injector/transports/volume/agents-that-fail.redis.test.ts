import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../../src/core/bytecode/digest.js';
import { waitFor } from '../../../../src/core/fleet/wait.js';
import { ended, recordOf, steerFrom } from '../../support.js';
import { digestAt, volumeFleet } from './support.js';

const fleet = volumeFleet();
const { register, roll, complete, startAgent, startAgents, makeUnwritable, transports, path } = fleet;

describe('a rollout through a volume', () => {
  test('names the program that an agent loaded instead, and what an agent says that cannot load it', async () => {
    const wrong = 'f'.repeat(64);
    await startAgent({ id: 'a1', sha256sum: `echo "${wrong}  program.bc"` });
    await startAgent({ id: 'a2', sha256sum: 'exit 1' });
    await register();
    const failures = new Map<string, unknown>();
    for (const id of ['a1', 'a2']) {
      const without = ['a1', 'a2'].filter((other) => other !== id);
      const instruction = { id: `instr_${id}` };
      expect(await ended(await roll({ without, instruction }))).toMatchObject({ code: 'DN530' });
      failures.set(id, (await recordOf(fleet.server, instruction.id)).agents.get(id));
    }
    const { digest } = (await recordOf(fleet.server, 'instr_a1')).record.program;
    expect(failures.get('a1')).toMatchObject({
      outcome: 'failed',
      code: 'DN574',
      reason: `the agent loaded sha256:${wrong}, not ${digest}`,
    });
    expect(failures.get('a2')).toMatchObject({
      code: 'DN574',
      reason: 'the agent says: program.bc cannot be read',
    });
  });

  test('counts an agent that never acknowledges as failed, and the others go on', async () => {
    const [silent] = await startAgents('a1', 'a2', 'a3', 'a4');
    silent?.child.kill('SIGSTOP');
    const run = await roll({ maxFailures: '1', acknowledgeWithinMs: 500, batch: '4' });
    await run.rollout.run();
    const outcomes = (await recordOf(fleet.server)).agents;
    await run.rollout.close();
    const { heldOut } = outcomes.get('a1') ?? {};
    expect(outcomes.get('a1')).toMatchObject(
      heldOut ? { outcome: 'staged' } : { outcome: 'failed', code: 'DN540' },
    );
    for (const id of ['a2', 'a3', 'a4']) expect(outcomes.get(id)?.outcome).toMatch(/live|staged/);
  });

  test('reaches an agent that was killed when staged and is started again', async () => {
    const [agent] = await startAgents('a1');
    const run = await roll({ bakeMs: 0, acknowledgeWithinMs: 20_000 });
    const running = ended(run);
    await waitFor(() => agent?.file('staged.bc') !== undefined, { timeoutMs: 10_000, everyMs: 1 });
    await agent?.kill();
    const again = await startAgent({ id: 'a1' });
    expect(await running).toBeUndefined();
    const { record } = await recordOf(fleet.server);
    expect(record.counts).toMatchObject({ live: 1 });
    await again.said(`loaded ${record.program.digest}`);
    // And once more without any order: it runs what it finds.
    await again.kill();
    await (await startAgent({ id: 'a1' })).said(`loaded ${record.program.digest}`);
  });

  test('fails for an agent whose directory cannot be written to, and says why', async () => {
    await startAgents('a1');
    makeUnwritable(path('agents', 'a1'));
    expect(await ended(await roll())).toMatchObject({ code: 'DN530' });
    const { reason, code } = (await recordOf(fleet.server)).agents.get('a1') ?? {};
    expect(code).toBe('DN572');
    expect(reason).toMatch(/agents\/a1\/\S+ cannot be written: /);
  });

  test('heals a damaged file of the store before an agent is linked to it, and while it is staged', async () => {
    const [one, two] = await startAgents('a1', 'a2');
    const digest = await complete('instr_first');
    await steerFrom(fleet.server, 'rollback', { transports: transports() });
    const stored = path('programs', `${digest.slice(7)}.bc`);
    writeFileSync(stored, 'not the program');
    const { rollout } = await roll({ instruction: { id: 'instr_again' } });
    await rollout.run();
    expect(digestOf(readFileSync(stored))).toBe(digest);
    // The hold-out has it staged only: the link is to the file that is damaged now.
    const heldOut = [one, two].find((agent) => agent?.file('staged.bc') !== undefined);
    writeFileSync(stored, 'damaged once more');
    expect(heldOut?.file('staged.bc')).toBe('damaged once more');
    await rollout.complete({ verdict: 'good' });
    await rollout.close();
    expect(rollout.record.counts).toMatchObject({ live: 2, failed: 0 });
    expect(heldOut && digestAt(heldOut)).toBe(digest);
    expect(digestOf(readFileSync(stored))).toBe(digest);
  });
});
