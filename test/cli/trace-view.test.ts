import { describe, expect, it } from 'vitest';
import { traceLine, traceText } from '../../src/cli/views/trace-view.js';
import type { TickTrace } from '../../src/core/nerve/messages/trace-record.js';

function tickTrace(change: Partial<TickTrace>): TickTrace {
  const at = 1_767_225_600_000;
  return {
    ...{ version: 1, kind: 'tick', at, metrics: { at, tasks: 3, memory: 1e9, applied: 2, refused: 1 } },
    ...{ effects: { RESIZE: 2 }, steps: 30, evaluateMs: 0.2, processCpuPct: 1, processMemory: 1 },
    ...change,
  };
}

const unapplied: TickTrace['unapplied'] = {
  ...{ refused: 12, failed: 1, overBudget: 0, putOff: 4 },
  effects: [
    { action: 'RESIZE', kind: 'refused', reason: 'is pinned', task: 'web-1', count: 12 },
    { action: 'RESIZE', kind: 'failed', reason: 'gone \u001b[2Jaway', task: 7, count: 1 },
    { action: 'MOVE', kind: 'put-off', reason: 'beyond the budget of 2 a tick', count: 4 },
  ],
};

const text = (trace: TickTrace) =>
  traceText({ agent: 'a', load: null, traces: [{ streamId: '1-0', trace }], damaged: 0 });

describe('a trace of effects that did not apply', () => {
  it('counts them with the tick and lists each reason once, with a task that it befell', () => {
    const shown = text(tickTrace({ unapplied }));
    expect(shown).toContain('2 RESIZE, 17 not');
    expect(shown).toMatch(/NOT APPLIED +COUNT +ACTION +TASK +WHY/);
    expect(shown).toMatch(/ 12 +RESIZE +web-1 +refused: is pinned/);
    expect(shown).toMatch(/ 4 +MOVE +– +put off: beyond the budget of 2 a tick/);
  });

  it('says why in one line too, and lets no reason move the cursor', () => {
    expect(traceLine(tickTrace({ unapplied }))).toContain(
      '2 RESIZE, 17 not applied · 30 steps in 0.20 ms · RESIZE: refused: is pinned',
    );
    expect(text(tickTrace({ unapplied }))).not.toContain('\u001b');
  });

  it('is as long as before when all applied', () => {
    expect(text(tickTrace({}))).not.toContain('NOT APPLIED');
  });
});

describe('a trace of tasks without cost, latency and runs', () => {
  it('shows a dash for each, not 0', () => {
    expect(text(tickTrace({}))).toMatch(/^\d\d:\d\d:\d\d +– +– +– +– +2 RESIZE/m);
    expect(traceLine(tickTrace({}))).toMatch(/ {2}tick {2}2 RESIZE · 30 steps/);
  });
});
