import { describe, expect, test } from 'vitest';
import { type HistoryEvent, problemsOf, type RolloutHistory } from '../../support/rollout-history.js';

const digest = 'sha256:good';
const ordered = (action: 'stage' | 'live' | 'undo', ...agents: string[]): HistoryEvent => ({
  ...{ kind: 'ordered', action, agents, digest, epoch: 1 },
});
const did = (kind: 'staged' | 'activated', agent: string, change = {}): HistoryEvent => ({
  ...{ kind, agent, digest, verified: true, epoch: 1, ...change },
});
const staging = [ordered('stage', 'a', 'b'), did('staged', 'a'), did('staged', 'b')];
const goingLive = [ordered('live', 'a', 'b'), did('activated', 'a'), did('activated', 'b')];

const good: RolloutHistory = {
  instruction: 'instr_one',
  digest,
  agents: ['a', 'b'],
  events: [...staging, ...goingLive],
  state: 'complete',
  ends: [
    { agent: 'a', outcome: 'live', now: 'runs' },
    { agent: 'b', outcome: 'live', now: 'runs' },
  ],
};
const withEvents = (...events: HistoryEvent[]) => problemsOf({ ...good, events });
const withEnds = (...ends: RolloutHistory['ends'][number][]) => problemsOf({ ...good, ends });

describe('the checker of histories', () => {
  test('finds nothing wrong with a good one, with one that was resumed, nor with one taken back and rolled out again', () => {
    expect(problemsOf(good)).toEqual([]);
    expect(withEvents(...staging, { kind: 'aborted' }, { kind: 'resumed' }, ...goingLive)).toEqual([]);
    const back: HistoryEvent = { kind: 'returned', agent: 'a' };
    expect(withEvents(...staging, ...goingLive, back, did('staged', 'a'), did('activated', 'a'))).toEqual([]);
  });

  test('rejects an agent that was activated twice', () => {
    expect(withEvents(...staging, ...goingLive, did('activated', 'a'))).toEqual(['a was activated twice']);
  });

  test('rejects what was sent or activated after an abort or a rollback', () => {
    expect(withEvents(...staging, { kind: 'aborted' }, ...goingLive)).toEqual([
      'live was ordered after it was aborted',
    ]);
    expect(
      withEvents(...staging, ordered('live', 'a'), { kind: 'rolled-back' }, did('activated', 'a')),
    ).toEqual(['a was activated after it was rolled-back']);
    expect(withEvents(...staging, { kind: 'aborted' }, did('activated', 'a'))).toEqual([
      'a was activated without an order',
    ]);
  });

  test('lets what was under way arrive after an abort', () => {
    const events = [
      ...staging,
      ordered('live', 'a', 'b'),
      { kind: 'aborted' } as const,
      did('activated', 'a'),
    ];
    expect(withEvents(...events)).toEqual([]);
  });

  test('rejects other bytes than those ordered, bytes that do not verify, and orders for other bytes', () => {
    expect(
      withEvents(...staging, ordered('live', 'a'), did('activated', 'a', { digest: 'sha256:bad' })),
    ).toEqual(['a activated sha256:bad, which nobody ordered']);
    expect(withEvents(...staging, ordered('live', 'a'), did('activated', 'a', { verified: false }))).toEqual([
      'a activated a program that does not verify',
    ]);
    expect(withEvents({ ...ordered('live', 'a'), digest: 'sha256:bad' } as HistoryEvent)).toEqual([
      'sha256:bad was ordered in place of sha256:good',
    ]);
  });

  test('rejects what nobody ordered: no order, one to another agent, or one by another coordinator', () => {
    expect(withEvents(...staging, ordered('live', 'b'), did('activated', 'a'))).toEqual([
      'a was activated without an order',
    ]);
    expect(withEvents(...staging, ordered('live', 'a'), did('activated', 'a', { epoch: 2 }))).toEqual([
      'a was activated without an order',
    ]);
    expect(withEvents(ordered('live', 'a'), did('activated', 'a'))).toEqual([
      'a was activated without having staged',
    ]);
    expect(withEvents(did('staged', 'a'))).toEqual(['a staged without an order']);
  });

  test('rejects an agent with two outcomes, one that was lost, and one that was never planned', () => {
    const [a, b] = good.ends as [RolloutHistory['ends'][number], RolloutHistory['ends'][number]];
    expect(withEnds(a, b, { ...a, outcome: 'failed' })).toEqual(['a has 2 outcomes']);
    expect(withEnds(a)).toEqual(['b was lost']);
    expect(withEnds(a, b, { ...a, agent: 'c' })).toEqual(['c has an outcome and was never planned']);
  });

  test('rejects a rollout that is left half way, and outcomes that do not fit its state or what the agent does', () => {
    const [a, b] = good.ends as [RolloutHistory['ends'][number], RolloutHistory['ends'][number]];
    expect(problemsOf({ ...good, state: 'injecting' })).toEqual(['it was left injecting']);
    expect(withEnds(a, { ...b, outcome: 'staged', now: 'holds' })).toEqual([
      'b is staged in a rollout that is complete',
    ]);
    expect(withEnds(a, { ...b, now: 'neither' })).toEqual(['b is live, but neither the program']);
    expect(withEnds(a, { ...b, outcome: 'skipped', now: 'runs' })).toEqual([
      'b is skipped, but runs the program',
    ]);
  });
});
