import { describe, expect, it } from 'vitest';
import { DreamnetError } from '../../src/core/errors.js';
import { describeObjective, parseGoal } from '../../src/core/governor/goal.js';
import { createRandom } from '../../src/core/random.js';

describe('a goal', () => {
  it.each([
    ['reduce costs 15%', { metric: 'cost', direction: 'decrease', amount: 0.15 }],
    ['Reduce  COSTS by 15 percent.', { metric: 'cost', direction: 'decrease', amount: 0.15 }],
    [
      'cut latency by 20% within 1 hour',
      { metric: 'latency', direction: 'decrease', amount: 0.2, deadlineMs: 3_600_000 },
    ],
    ['scale throughput by 25%', { metric: 'throughput', direction: 'increase', amount: 0.25 }],
    [
      'free 10% memory, budget $500',
      { metric: 'memory', direction: 'decrease', amount: 0.1, budgetDollars: 500 },
    ],
    [
      'reduce costs 12.5% within 90 minutes with a budget of $1,200',
      { amount: 0.125, deadlineMs: 5_400_000, budgetDollars: 1_200 },
    ],
    ['reduce costs 15% without raising latency more than 5%', { amount: 0.15, latencyRiseMax: 0.05 }],
    ['within 2h lower spending 5%', { metric: 'cost', amount: 0.05, deadlineMs: 7_200_000 }],
  ])('%s is understood', (text, expected) => {
    expect(parseGoal(text)).toMatchObject(expected);
  });

  it('keeps the selector and is shown back in one line', () => {
    const objective = parseGoal('reduce costs 15% within 20 s, budget $500', { selector: 'class=web' });
    expect(describeObjective(objective)).toBe(
      'decrease cost by 15%, latency at most +10%, within 20 s, budget $500, agents class=web',
    );
  });

  it.each([
    ['', 'The goal is empty.'],
    ['make it better', 'Not understood: make it better.'],
    ['reduce costs', 'Missing: by how much'],
    ['15%', 'Understood: 15%.'],
    ['reduce costs 15% on tuesdays', 'Not understood: on tuesdays.'],
    ['reduce costs 15% increase costs 10%', 'Not understood: increase 10%.'],
  ])('"%s" is refused with what was understood and what can be asked', (text, said) => {
    const error = failure(text);
    expect(error).toMatchObject({ code: 'DN401', kind: 'bad-input' });
    expect(error.message).toContain(said);
    expect(error.hint).toContain('reduce costs 15%');
  });

  it.each([
    ['reduce costs 150%', 'DN404'],
    ['reduce costs -5%', 'DN404'],
    ['reduce costs 0%', 'DN404'],
    ['scale throughput by 99999%', 'DN404'],
    ['reduce costs 15% within 0 s', 'DN404'],
    ['reduce costs 15% within 900 days', 'DN404'],
    ['reduce costs 15%, budget $-1', 'DN404'],
    [`reduce costs 15% ${'x'.repeat(10_000)}`, 'DN403'],
    ['reduce costs 15%\u0000', 'DN402'],
    ['reduce \u001b[31mcosts 15%', 'DN402'],
    ['reduce costs\u202e 15%', 'DN402'],
  ])('%j is refused with its own code', (text, code) => {
    expect(failure(text)).toMatchObject({ code, kind: 'bad-input' });
  });

  it('never fails in another way, whatever is typed', () => {
    const seed = Date.now();
    const random = createRandom(seed);
    const words = [
      'reduce',
      'costs',
      '15%',
      '%',
      '-',
      '$',
      'within',
      '1',
      'hour',
      'budget',
      '9'.repeat(30),
      '.',
      ',',
      'é',
      '🙂',
      ' ',
    ];
    for (let round = 0; round < 3_000; round++) {
      const text = Array.from(
        { length: 1 + random() * 12 },
        () => words[Math.floor(random() * words.length)],
      ).join(random() < 0.7 ? ' ' : '');
      try {
        expect(parseGoal(text).amount, `seed ${seed}`).toBeGreaterThan(0);
      } catch (thrown) {
        if (!(thrown instanceof DreamnetError))
          throw new Error(`seed ${seed}: ${JSON.stringify(text)}: ${thrown}`);
      }
    }
  });
});

function failure(text: string): DreamnetError {
  try {
    parseGoal(text);
  } catch (thrown) {
    if (thrown instanceof DreamnetError) return thrown;
    throw thrown;
  }
  throw new Error(`"${text}" was understood`);
}
