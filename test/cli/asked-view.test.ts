import { expect, test } from 'vitest';
import { askedRows } from '../../src/cli/views/asked-view.js';
import { type RolloutWishes, resolveSettings } from '../../src/core/injector/plan/settings.js';

const asked = (wishes: RolloutWishes) => askedRows({ options: resolveSettings(wishes) })[0]?.[1];

test('what is as usual is not told', () => {
  expect(asked({})).toBeUndefined();
  expect(askedRows({ options: undefined })).toEqual([]);
  expect(
    asked({ batch: '10', parallel: 1, bakeMs: 1_000, maxFailures: '2%', autoRollback: true }),
  ).toBeUndefined();
});

test.each<[RolloutWishes, string]>([
  [{ selector: 'class=web' }, 'only class=web'],
  [{ exclude: ['agent-1', 'class=db'] }, 'without agent-1 and class=db'],
  [{ limit: '10%' }, 'at most 10%'],
  [{ top: 1_000 }, 'the 1,000 best'],
  [{ batch: '1,10,25%' }, 'batches of 1,10,25%'],
  [{ parallel: 4 }, '4 batches at a time'],
  [{ pauseBetweenMs: 500 }, '500 ms between batches'],
  [{ activate: 'rolling' }, 'each batch goes live at once'],
  [{ timeoutMs: 60_000 }, 'live within 1 m 00 s'],
  [{ canary: '5' }, 'a canary of 5'],
  [{ canary: '0' }, 'no canary'],
  [{ bakeMs: 20_000 }, 'baked for 20 s'],
  [{ bakeMs: 0 }, 'no bake'],
  [{ gates: ['latency=10%', 'cost=off'] }, 'gates latency=10%, cost=off'],
  [{ maxFailures: '5' }, 'at most 5 may fail'],
  [{ acknowledgeWithinMs: 5_000 }, '5 s to answer'],
  [{ autoRollback: false }, 'no automatic rollback'],
])('of %j is told what was asked', (wishes, text) => {
  expect(asked(wishes)?.replace('.00', '')).toBe(text);
});
