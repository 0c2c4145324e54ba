import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/cli/terminal-text.js';
import { operationOf } from '../../src/tui/operation.js';
import { overviewDocument, overviewText } from '../../src/tui/overview.js';
import { summaryLine } from '../../src/tui/summary-line.js';
import { sampleDecision } from './support/sample-fleet.js';
import { emptyFacts, idleFacts, nowMs, runningFacts, viewOf } from './support/sample-view.js';

const complete = viewOf(runningFacts({ state: 'complete' }, 40_000));

describe('the overview as text', () => {
  it('tells fleet, operation, result and events', () => {
    const text = overviewText(complete, 120, nowMs);
    for (const part of [
      'healthy · 1,159 of 1,159 agents alive · simulated workload',
      'reduce costs 15%',
      'COST_OPTIMIZATION_v2 · instr_mf3k2p0aquartz1',
      '116 of 116 · 1,159 staged · 0 failed',
      'cost -14.8 % (95 %: -15.7 to -13.9), predicted -15.1 %',
      '$9,512/h → $8,107/h · simulated workload',
    ])
      expect(text).toContain(part);
  });

  it.each([20, 40, 80])('keeps within %i columns', (columns) => {
    const widths = overviewText(complete, columns, nowMs).split('\n').map(displayWidth);
    expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
  });

  it('cuts neither the reason of a pause nor an event at 80 columns', () => {
    const reason = 'by ana@ops-3: payments is deploying, and everybody is to wait until it has ended';
    const facts = runningFacts({ state: 'paused', batchesDone: 68, reason });
    const lines = overviewText(viewOf(facts), 80, nowMs).split('\n');
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(80);
    expect(lines.join(' ').replaceAll(/\s+/g, ' ')).toContain(`state paused: ${reason}`);
    const event = {
      key: 'a',
      atMs: nowMs,
      kind: 'alert',
      level: 'bad',
      text: `${reason}, ${reason}`,
    } as const;
    const told = overviewText({ ...viewOf(facts), events: [event] }, 80, nowMs);
    expect(told.replaceAll(/\s+/g, ' ')).toContain(event.text);
  });

  it('says what to do where nothing has happened', () => {
    expect(overviewText(viewOf(emptyFacts()), 80, nowMs)).toContain('dreamnet decide "reduce costs 15%"');
  });
});

describe('the overview as a document', () => {
  it('is plain JSON with the same facts', () => {
    const document = JSON.parse(JSON.stringify(overviewDocument(complete, nowMs)));
    expect(document).toMatchObject({
      at: nowMs,
      fleet: { agentsAlive: 1159, workloads: ['simulated'] },
      operation: { state: 'complete', batches: { done: 116, failed: 0 }, window: null },
      result: { headline: { metric: 'cost', changePct: -14.8, interval: [-15.7, -13.9], better: true } },
    });
  });

  it('has nulls where there is nothing', () => {
    expect(overviewDocument(viewOf(undefined), nowMs)).toMatchObject({
      operation: null,
      result: null,
      events: [],
    });
  });
});

describe('the operation', () => {
  it('is the newest decision while nothing was rolled out for it', () => {
    const decision = {
      ...sampleDecision(nowMs),
      instruction: { ...sampleDecision(nowMs).instruction, id: 'other' },
    };
    const operation = operationOf({ ...runningFacts({ state: 'complete' }, 40_000), decision }, nowMs);
    expect(operation).toMatchObject({ id: 'other', state: 'decided', rollout: undefined });
  });

  it('waits for approval above the risk threshold', () => {
    const decision = { ...sampleDecision(nowMs), risk: { score: 0.8, threshold: 0.7, parts: {} } };
    expect(operationOf({ ...idleFacts(), decision }, nowMs)?.state).toBe('waits for approval');
  });

  it.each([
    ['injecting', 68, ['done', 'done', 'active', 'waiting', 'waiting']],
    ['paused', 68, ['done', 'done', 'failed', 'waiting', 'waiting']],
    ['live', 116, ['done', 'done', 'done', 'active', 'waiting']],
    ['rolled_back', 116, ['done', 'done', 'done', 'failed', 'waiting']],
    ['complete', 116, ['done', 'done', 'done', 'done', 'done']],
  ] as const)('shows the steps of a rollout that is %s after %i batches', (state, batchesDone, steps) => {
    const agoMs = state === 'complete' ? 40_000 : 8_800;
    const operation = operationOf(runningFacts({ state, batchesDone }, agoMs), nowMs);
    expect(operation?.steps.map((step) => step.state)).toEqual(steps);
  });

  it('counts the window down to zero and not below', () => {
    expect(operationOf(runningFacts({ state: 'live' }, 8_800), nowMs)?.window?.remainingMs).toBe(12_000);
    expect(operationOf(runningFacts({ state: 'live' }, 88_000), nowMs)?.window?.remainingMs).toBe(0);
  });
});

describe('the line that stays after leaving', () => {
  it('says how things stood', () => {
    expect(summaryLine(complete, 130_000)).toBe(
      'dreamnet: 1,159 agents · COST_OPTIMIZATION_v2 complete · cost -14.8 % (95 %: -15.7 to -13.9) · watched for 2 m 10 s',
    );
  });
});
