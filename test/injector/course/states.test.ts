import { expect, test } from 'vitest';
import {
  nextOutcomes,
  nextStates,
  requireOutcome,
  requireStep,
} from '../../../src/core/injector/course/states.js';
import {
  type AgentOutcome,
  agentOutcomeSchema,
  type RolloutState,
  rolloutStateSchema,
} from '../../../src/core/nerve/messages/rollout-record.js';

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

/** The same for what becomes of an agent. */
const outcomePicture = `
             pending staged live failed skipped rolled_back
pending      =       x      .    x      x       .
staged       .       =      x    x      x       x
live         .       .      =    x      .       x
failed       x       .      .    =      x       x
skipped      x       .      .    .      =       .
rolled_back  .       .      .    .      .       =`;

function tableOf<State extends string>(text: string) {
  const [header = [], ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const pairs = rows.flatMap(([from = '', ...cells]) =>
    cells.map((cell, at) => ({ from: from as State, to: header[at] as State, allowed: cell !== '.' })),
  );
  return { header, rows: rows.map(([state]) => state), pairs };
}

const states = tableOf<RolloutState>(picture);
const outcomes = tableOf<AgentOutcome>(outcomePicture);

test('the pictures show every state and every outcome, each against each', () => {
  for (const [table, options] of [
    [states, rolloutStateSchema.options],
    [outcomes, agentOutcomeSchema.options],
  ] as const) {
    expect(table.header).toEqual(options);
    expect(table.rows).toEqual(options);
    expect(table.pairs).toHaveLength(options.length ** 2);
  }
});

test.each(outcomes.pairs)('an agent that is $from becomes $to: $allowed', ({ from, to, allowed }) => {
  const step = () => requireOutcome('agent-1', from, to);
  if (allowed) expect(step).not.toThrow();
  else expect(step).toThrow(`agent-1 is ${from} and cannot become ${to}`);
  expect(nextOutcomes[from].includes(to)).toBe(allowed && from !== to);
});

test.each(states.pairs)('$from to $to: $allowed', ({ from, to, allowed }) => {
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
