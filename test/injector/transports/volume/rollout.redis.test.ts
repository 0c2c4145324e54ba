import { readdirSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../../../src/core/fleet/wait.js';
import { ended, recordOf } from '../../support.js';
import { digestAt, volumeFleet } from './support.js';

const fleet = volumeFleet();
const { registered, roll, startAgents, path } = fleet;

describe('a rollout through a volume', () => {
  test('stages, watches the canary, goes live and takes the hold-out along, in every shell', async () => {
    const agents = await startAgents('a1', 'a2', 'a3', 'a4');
    const run = await roll({ bakeMs: 50 });
    await run.rollout.run();
    const { record, agents: outcomes } = await recordOf(fleet.server);
    expect(record).toMatchObject({ state: 'live', counts: { live: 3, staged: 1, failed: 0 } });
    const { digest } = record.program;
    for (const agent of agents) {
      if (outcomes.get(agent.id)?.heldOut) {
        expect(agent.file('program.bc')).toBeUndefined();
        expect(digestAt(agent, 'staged.bc')).toBe(digest);
        expect(JSON.parse(JSON.parse(agent.file('order.json') ?? '').order)).toMatchObject({
          action: 'observe',
        });
        continue;
      }
      await agent.said(`loaded ${digest}`);
      expect(digestAt(agent)).toBe(digest);
      expect(agent.file('staged.bc')).toBeUndefined();
      const signed = JSON.parse(JSON.parse(agent.file('order.json') ?? '').order);
      expect(signed).toMatchObject({ action: 'live', digest, targets: [agent.id] });
    }
    await run.rollout.complete({ verdict: 'good' });
    await run.rollout.close();
    for (const agent of agents) expect(digestAt(agent)).toBe(digest);
    expect((await registered()).map(({ status, live }) => [status, live])).toEqual(
      Array.from({ length: 4 }, () => ['live', digest]),
    );
    // One file for all of them.
    expect(readdirSync(path('programs'))).toEqual([`${digest.slice(7)}.bc`]);
    expect(statSync(path('programs', `${digest.slice(7)}.bc`)).nlink).toBe(5);
  });

  test('is resumed where it was: what is staged and live stays, the others follow', async () => {
    const agents = await startAgents('a1', 'a2', 'a3');
    const run = await roll({ bakeMs: 60_000 });
    const running = ended(run);
    await waitFor(() => run.events.some(({ type }) => type === 'canary'), { timeoutMs: 10_000 });
    run.controller.abort();
    await running;
    const { rollout } = await roll({ resume: true });
    await rollout.run();
    await rollout.complete({ verdict: 'good' });
    await rollout.close();
    expect(rollout.record.counts).toMatchObject({ live: 3, failed: 0 });
    const loaded = `loaded ${rollout.record.program.digest}`;
    for (const agent of agents) await agent.said(loaded);
    expect(new Set(agents.flatMap(({ log }) => log))).toEqual(new Set([loaded]));
  });
});
