import { describe, expect, it } from 'vitest';
import { gateRows, gatesLine } from '../../src/cli/views/gates-view.js';
import { sampleVerdicts } from '../support/sample-verdicts.js';

describe('gates', () => {
  it('are one line with their numbers', () => {
    expect(gatesLine(sampleVerdicts.slice(0, 2))).toBe(
      'program passed · latency +99.0 % (-10.0 to +300.0) · 9 against 491 agents',
    );
    const errors = {
      ...sampleVerdicts[1],
      gate: 'errors',
      verdict: 'failed',
      estimate: 0.031,
      interval: [0.02, 0.05],
    };
    expect(gatesLine([errors as never], { intervals: false })).toBe(
      'errors failed +3.1 points · 9 against 491 agents',
    );
  });

  it('say that there was no data, and why one that has none does not pass', () => {
    const { estimate: _, interval: __, ...bare } = sampleVerdicts[1] as (typeof sampleVerdicts)[1];
    const text = 'no data about latency: 1 of 9 changed agents';
    expect(gatesLine([{ ...bare, text }])).toBe('latency no data');
    expect(gatesLine([{ ...bare, text, verdict: 'inconclusive' }])).toBe(`latency inconclusive ${text}`);
  });

  it('are a row for the newest verdict of each, and for every one that did not pass', () => {
    const rows = gateRows(sampleVerdicts).map(([, text]) => text);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(/^program passed \(canary, [\d:]+\): 9 agents tick/);
    expect(rows[1]).toMatch(/^latency inconclusive \(canary, [\d:]+, look 2\): \+4 % /);
    expect(rows[1]).toMatch(/; accepted by ana@ops-3\\x1b\[31m at [\d:]+$/);
    const failed = { ...sampleVerdicts[1], verdict: 'failed' } as (typeof sampleVerdicts)[1];
    expect(gateRows([failed as never, ...sampleVerdicts])).toHaveLength(4);
  });
});
