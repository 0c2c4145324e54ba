import { expect, test } from 'vitest';
import { ordinal, planLimitsText, planSizeText } from '../../src/cli/views/plan-words.js';
import { planRollout } from '../../src/core/injector/plan/plan.js';
import { planNumbers } from '../../src/core/injector/plan/plan-numbers.js';
import { type RolloutWishes, resolveSettings } from '../../src/core/injector/plan/settings.js';

function numbersOf(agents: number, wishes: RolloutWishes = {}) {
  const settings = resolveSettings(wishes);
  const targets = Array.from({ length: agents }, (_, at) => ({
    ...{ id: `agent-${at}`, host: 'host-1', transport: 'bus' as const },
  }));
  const plan = planRollout({ ...settings, instructionId: 'instr_x', targets });
  return planNumbers(plan, settings);
}

test('the plan of the reference fleet is one line of sizes and one of limits', () => {
  const numbers = numbersOf(1_159);
  expect(planSizeText(numbers)).toBe(
    '1,159 agents, 58 of them the hold-out; 10 first, as canary; then 114 batches of 10, a batch of 9',
  );
  expect(planLimitsText(numbers)).toBe('stops when the 24th agent fails; 10 s to answer');
});

test('what was asked for besides is told', () => {
  const numbers = numbersOf(100, {
    ...{ batch: '1,2,3,4,5,50', canary: '0', parallel: 3, activate: 'rolling', autoRollback: false },
    ...{ timeoutMs: 60_000, pauseBetweenMs: 500, maxFailures: '0' },
  });
  expect(planSizeText(numbers)).toBe(
    '100 agents, 5 of them the hold-out; no canary; a batch of 1, a batch of 2, a batch of 3, a batch of 4, …, 3 at a time',
  );
  expect(planLimitsText(numbers)).toBe(
    'stops when the 1st agent fails and leaves agents as they are; 10 s to answer; live within 1 m 00 s; 500 ms between batches; each batch goes live at once',
  );
  expect(planLimitsText(numbersOf(5, { maxFailures: '100%' }))).toMatch(/^never stops for failed agents;/);
  expect(planSizeText(numbersOf(1))).toBe('1 agent, no hold-out; no canary; a batch of 1');
});

test('ordinals', () => {
  expect([1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111, 1_002].map(ordinal)).toEqual([
    ...['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '22nd', '101st', '111th', '1,002nd'],
  ]);
});
