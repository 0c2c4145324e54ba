import { describe, expect, it } from 'vitest';
import { createJsonLinesProgress } from '../../src/cli/progress/json-lines.js';
import { createPlainProgress } from '../../src/cli/progress/plain-progress.js';
import { progressModeFor } from '../../src/cli/progress/progress.js';
import {
  batchGroups,
  noProgress,
  stagingLeftMs,
  stagingRate,
  withEvent,
} from '../../src/cli/progress/state.js';
import { phaseText } from '../../src/cli/progress/wording.js';
import type { BatchEvent, PlannedEvent } from '../../src/core/pipeline-events.js';
import { sampleVerdicts } from '../support/sample-verdicts.js';
import { sampleBatch, sampleRun } from './sample-run.js';

const startMs = 1_767_225_600_000;

describe('progress as plain lines', () => {
  function linesOf(events: ReturnType<typeof sampleRun>): string[] {
    const lines: string[] = [];
    const progress = createPlainProgress({ write: (line) => lines.push(line.slice(10)) });
    for (const event of events) progress.handle(event);
    return lines;
  }

  it('tells a whole run calmly: each phase once, batches and metrics now and then', () => {
    const lines = linesOf(sampleRun(startMs));
    expect(lines).toContain('fleet      1,159 agents on a private Redis (900 ms)');
    expect(lines).toContain('decide     cost_optimize, cost -15.1 % expected, risk 0.34 (210 ms)');
    expect(lines).toContain('go live    1,101 agents live together, 58 held out (31 ms)');
    expect(lines).toContain('measure    cost -14.8 % (95 %: -15.7 to -13.9), simulated workload (20.1 s)');
    expect(lines).toContain('feed back  next COST_OPTIMIZATION_v3, 11,590 points to 1,159 agents (40 ms)');
    expect(lines.length).toBeLessThan(16);
  });

  it('tells in one line what the gates found of the canary', () => {
    const lines = linesOf([{ type: 'gate', at: startMs, verdicts: sampleVerdicts.slice(0, 2) }]);
    expect(lines).toEqual([
      'inject     gates: program passed · latency +99.0 % (-10.0 to +300.0) · 9 against 491 agents',
    ]);
  });

  it('shows the first failed agents and counts the others', async () => {
    const lines: string[] = [];
    const progress = createPlainProgress({ write: (line) => lines.push(line) });
    progress.handle({ type: 'phase', at: startMs, phase: 'inject', state: 'started' });
    for (let at = 0; at < 30; at++) {
      const reason = 'bad\u001b[31m signature';
      progress.handle({ type: 'agent-failed', at: startMs, agent: `agent-${at}`, code: 'DN602', reason });
    }
    await progress.finish(new Error('12 agents failed to stage'));
    expect(lines).toHaveLength(6);
    expect(lines[0]).toContain('agent-0 failed: DN602 bad\\x1b[31m signature');
    expect(lines[5]).toBe('30 agents failed in all');
  });
});

describe('progress as JSON lines', () => {
  it('writes every event as it is, on one line without control characters', () => {
    const lines: string[] = [];
    const progress = createJsonLinesProgress({ write: (line) => lines.push(line) });
    const events = sampleRun(startMs);
    for (const event of events) progress.handle(event);
    expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(events)));
    expect(lines.filter((line) => JSON.parse(line).type === 'result')).toEqual([]);
  });
});

describe('what is known of a run', () => {
  const planned = sampleRun(startMs).find((event) => event.type === 'planned');

  it('divides the batches into at most four ranges that together are all of them', () => {
    let state = withEvent(noProgress(), planned ?? expect.fail());
    for (let batch = 1; batch <= 40; batch++) state = withEvent(state, sampleBatch(startMs, batch));
    expect(batchGroups(state)).toEqual([
      { first: 1, last: 29, done: 29 },
      { first: 30, last: 58, done: 11 },
      { first: 59, last: 87, done: 0 },
      { first: 88, last: 116, done: 0 },
    ]);
    expect(stagingRate(state)).toBeCloseTo(2_000, -1);
  });

  it('counts a batch once, however often it is reported', () => {
    let state = withEvent(noProgress(), planned ?? expect.fail());
    state = withEvent(state, sampleBatch(startMs, 7));
    state = withEvent(state, sampleBatch(startMs, 7));
    expect(state.batches).toMatchObject({ staged: 10, done: new Set([7]) });
  });

  it('counts the time of batches that are staged in parallel once', () => {
    let state = withEvent(noProgress(), planned ?? expect.fail());
    const batch = { ...(sampleBatch(startMs, 1) as BatchEvent), ms: 1_000 };
    state = withEvent(state, { ...batch, at: startMs + 1_000 });
    state = withEvent(state, { ...batch, batch: 2, at: startMs + 1_000 });
    state = withEvent(state, { ...batch, batch: 3, at: startMs + 1_500 });
    // The canary was watched for a minute.
    state = withEvent(state, { ...batch, batch: 4, at: startMs + 62_000 });
    expect(state.batches.spentMs).toBe(2_500);
    expect(stagingRate(state)).toBe(16);
    expect(stagingLeftMs(state)).toBe((112 * 2_500) / 4);
    expect(phaseText('inject', state)).toMatch(/4 of 116 batches · 40 of .* · 16\/s · .* left$/);
  });

  it('says nothing of the time that is left before it knows', () => {
    expect(stagingLeftMs(noProgress())).toBeUndefined();
    expect(stagingLeftMs(withEvent(noProgress(), planned ?? expect.fail()))).toBeUndefined();
  });

  it('begins a resumed rollout with the batches that were done before', () => {
    // All of the first 58, but for the third, in which an agent failed.
    const batches = Array.from({ length: 58 }, (_, at) => at + 1).filter((batch) => batch !== 3);
    const before = { batches, staged: 579, failed: 1 };
    let state = withEvent(noProgress(), { ...(planned as PlannedEvent), batchesDone: 57, before });
    expect(batchGroups(state).map(({ done }) => done)).toEqual([28, 29, 0, 0]);
    expect(phaseText('inject', state)).toBe(
      '57 of 116 batches · 579 of 1,159 agents staged (579 before) · 1 failed',
    );
    const again = { ...(sampleBatch(startMs, 3) as BatchEvent), agents: 1, staged: 1, ms: 500 };
    state = withEvent(state, { ...again, at: startMs + 500 });
    expect(batchGroups(state).map(({ done }) => done)).toEqual([29, 29, 0, 0]);
    expect(stagingRate(state), 'of what it staged itself').toBe(2);
    expect(stagingLeftMs(state)).toBe(58 * 500);
    expect(phaseText('inject', state)).toMatch(
      /^58 of 116 batches · 580 of 1,159 agents staged \(579 before\)/,
    );
    const joined = { ...again, batch: 117, batches: 117 };
    expect(phaseText('inject', withEvent(state, joined))).toMatch(/^59 of 117 batches/);
  });
});

describe('the choice of a progress', () => {
  const tty = { isTTY: true };

  it.each([
    [{ jsonl: true, quiet: true, stderr: tty, env: {} }, 'jsonl'],
    [{ jsonl: false, quiet: true, stderr: tty, env: {} }, 'silent'],
    [{ jsonl: false, quiet: false, stderr: tty, env: {} }, 'tty'],
    [{ jsonl: false, quiet: false, stderr: {}, env: {} }, 'plain'],
    [{ jsonl: false, quiet: false, stderr: tty, env: { NO_COLOR: '1' } }, 'plain'],
    [{ jsonl: false, quiet: false, stderr: tty, env: { TERM: 'dumb' } }, 'plain'],
    [{ jsonl: false, quiet: false, color: false, stderr: tty, env: {} }, 'plain'],
  ] as const)('answers %j with %s', (question, mode) => {
    expect(progressModeFor(question)).toBe(mode);
  });
});
