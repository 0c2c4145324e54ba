import { expect, it } from 'vitest';
import type { LoopDocument } from '../../src/core/loop-document.js';
import { commandLine, goal } from './support.js';

it('reprograms 1,159 agents, really saves money against the hold-out, and predicts better the second time', async () => {
  const cli = commandLine();
  const words = ['run', goal, '--agents', '1159', '--window', '5s'];
  const first = await cli.json<LoopDocument>(words);
  const second = await cli.json<LoopDocument>(words);
  for (const { rollout, execution } of [first, second]) {
    expect(rollout).toMatchObject({ agents: 1159, batches: 116, heldOut: 58, failed: 0, state: 'complete' });
    expect(rollout.succeeded + rollout.failed).toBe(1159);
    const { costBefore, costAfter, holdOut } = execution;
    expect(holdOut?.agents).toBe(58);
    const control = (holdOut?.costAfter ?? 0) / (holdOut?.costBefore ?? 1);
    expect((costAfter ?? Number.NaN) / (costBefore ?? Number.NaN)).toBeLessThan(control);
    expect(execution.interval?.[0]).toBeGreaterThan(0);
  }
  expect(missOf(second)).toBeLessThan(missOf(first));
}, 90_000);

/** How far the prediction was from what was measured, in percent points. */
function missOf({ decision, execution }: LoopDocument): number {
  return Math.abs((decision?.prediction.target.mean ?? 0) * 100 + (execution.reductionPct ?? Number.NaN));
}
