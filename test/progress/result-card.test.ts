import { describe, expect, it } from 'vitest';
import { resultCard } from '../../src/cli/progress/result-card.js';
import { displayWidth } from '../../src/cli/terminal-text.js';
import { sampleDocument } from './sample-run.js';

describe('the card at the end of a run', () => {
  it('frames everything that was measured', () => {
    const card = resultCard(sampleDocument(), { columns: 100, color: false });
    for (const text of [
      'reduce costs 15%',
      'COST_OPTIMIZATION_v2',
      'cost  -14.8 %   95 %: -15.7 to -13.9   predicted -15.1 %',
      '$9,512/h → $8,107/h   against 58 agents held out',
      '1,159 of 1,159 agents · 116 batches staged in 690 ms · complete',
      'workload        simulated',
      'top performer   agent-0117 · 31.2 tasks/s',
      'next is COST_OPTIMIZATION_v3',
      '11,590 points to 1,159 agents',
    ])
      expect(card).toContain(text);
  });

  it.each([72, 80, 92, 200])('has straight edges at %i columns, with and without colour', (columns) => {
    for (const color of [true, false]) {
      const widths = resultCard(sampleDocument(), { columns, color }).split('\n').map(displayWidth);
      expect(new Set(widths)).toEqual(new Set([Math.min(columns, 92)]));
    }
  });

  it.each([20, 40, 71])('needs no frame and no more than %i columns on narrow terminals', (columns) => {
    const card = resultCard(sampleDocument(), { columns, color: false });
    expect(Math.max(...card.split('\n').map(displayWidth))).toBeLessThanOrEqual(columns);
    expect(card.replaceAll(/\s+/g, ' ')).toContain('simulated');
  });

  it.each([72, 80])('cuts no note, verdict or goal at %i columns', (columns) => {
    const document = sampleDocument();
    const goal = 'reduce costs 15% without raising latency more than 20% within two hours';
    const note =
      '12 of 58 agents held out did not report, so that the comparison rests on fewer than were meant.';
    const reason =
      'the result was harmful: errors rose by 3 points, and 1 was tolerated, so that all agents returned';
    const card = resultCard(
      {
        ...document,
        decision: document.decision && { ...document.decision, goal },
        rollout: { ...document.rollout, reason },
        execution: { ...document.execution, notes: [note] },
      },
      { columns, color: true },
    );
    const lines = card.split('\n');
    expect(new Set(lines.map(displayWidth))).toEqual(new Set([columns]));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are painted with them.
    const text = card.replaceAll(/\u001b\[\d+m|│/g, '').replaceAll(/\s+/g, ' ');
    for (const whole of [goal, note, reason]) expect(text).toContain(whole);
  });

  it('says that nothing was measured where no agent reports, instead of figures', () => {
    const document = sampleDocument();
    const unmeasured = {
      ...document,
      execution: { ...document.execution, agentsReporting: 0, interval: null, holdOut: null },
      rewards: { points: 0, agents: 0 },
    };
    for (const columns of [100, 60]) {
      const card = resultCard(unmeasured, { columns, color: false });
      expect(card).toContain('no agent reported');
      for (const text of ['$', 'latency', 'points to']) expect(card).not.toContain(text);
    }
  });

  it('paints only when asked to', () => {
    expect(resultCard(sampleDocument(), { columns: 80, color: false })).not.toContain('\u001b');
    expect(resultCard(sampleDocument(), { columns: 80, color: true })).toContain('\u001b[32m');
  });

  it('says so when nothing was held out, learned or rewarded', () => {
    const document = sampleDocument();
    const card = resultCard(
      {
        ...document,
        rollout: { ...document.rollout, heldOut: 0, failed: 3, succeeded: 1156 },
        execution: { ...document.execution, interval: null, holdOut: null },
        learned: null,
        rewards: null,
      },
      { columns: 80, color: false },
    );
    expect(card).toContain('no interval');
    expect(card).toContain('no agents were held out');
    expect(card).toContain('3 failed');
    expect(card).not.toContain('learned');
  });

  it('shows the metric that the goal was about', () => {
    const document = sampleDocument();
    const card = resultCard(
      {
        ...document,
        decision: { ...document.decision, objective: { metric: 'throughput', direction: 'increase' } },
        execution: {
          ...document.execution,
          metrics: { throughput: { change: 0.243, interval: [0.21, 0.28], method: 'hold-out' } },
        },
      },
      { columns: 80, color: false },
    );
    expect(card).toContain('throughput  +24.3 %   95 %: 21.0 to 28.0');
  });

  it('shows control characters of the goal instead of obeying them', () => {
    const document = sampleDocument();
    const decision = { ...document.decision, goal: 'cut\u001b[2J\ncosts' };
    const card = resultCard({ ...document, decision }, { columns: 80, color: false });
    expect(card).toContain('cut\\x1b[2J\\ncosts');
  });

  it('calls an instruction without a decision by its name, and promises nothing for it', () => {
    const document = { ...sampleDocument(), decision: null };
    for (const columns of [20, 80]) {
      const card = resultCard(document, { columns, color: false });
      expect(card.replaceAll(/\s+/g, '')).toContain(document.rollout.id);
      expect(card).not.toContain('predicted');
      expect(card).toContain('cost');
    }
  });
});
