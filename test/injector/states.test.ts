import { expect, test } from 'vitest';
import { nextStates, requireStep } from '../../src/core/injector/states.js';
import { type RolloutState, rolloutStateSchema } from '../../src/core/nerve/messages/rollout-record.js';

/** Rows may become columns; written out, so that a change of the machine is a change of this picture. */
const picture = `
             planned canary injecting live complete paused aborted rolled_back failed
planned      =       x      x         .    .        .      x       .           x
canary       .       =      x         .    .        x      x       x           x
injecting    .       .      =         x    .        x      x       x           x
live         .       .      .         =    x        .      .       x           x
complete     .       .      .         .    =        .      .       x           .
paused       .       x      x         .    .        =      x       x           x
aborted      .       x      x         .    .        .      =       x           .
rolled_back  .       .      .         .    .        .      .       =           .
failed       .       x      x         .    .        .      .       x           =`;

const [header = [], ...rows] = picture
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));

test('the picture shows every state', () => {
  expect(header).toEqual(rolloutStateSchema.options);
  expect(rows.map(([state]) => state)).toEqual(rolloutStateSchema.options);
});

const pairs = rows.flatMap(([from = '', ...cells]) =>
  cells.map((cell, at) => ({
    from: from as RolloutState,
    to: header[at] as RolloutState,
    allowed: cell !== '.',
  })),
);

test.each(pairs)('$from to $to: $allowed', ({ from, to, allowed }) => {
  const step = () => requireStep(from, to);
  if (allowed) expect(step).not.toThrow();
  else
    expect(step).toThrow(expect.objectContaining({ code: 'DN511', message: expect.stringContaining(from) }));
});

test('a refusal says what would be possible', () => {
  expect(() => requireStep('live', 'canary')).toThrow(
    expect.objectContaining({ hint: 'From here it can become complete, rolled_back, failed.' }),
  );
  expect(() => requireStep('rolled_back', 'live')).toThrow(
    expect.objectContaining({ hint: 'Start a new one.' }),
  );
  expect(nextStates.rolled_back).toEqual([]);
});
