import { describe, expect, it } from 'vitest';
import { agentsText, agentText } from '../../src/cli/views/agents-view.js';
import type { TickMetrics, WindowReport } from '../../src/core/nerve/messages/agent-record.js';

const at = 1_767_225_600_000;

function shownWith(metrics: TickMetrics, window?: WindowReport) {
  const listed = {
    ...{ id: 'worker', alive: true, status: 'live', labels: {}, workload: 'service', host: 'host-1' },
    ...{ program: null, heartbeatAgeMs: 10, tasks: metrics.tasks, cost: metrics.cost ?? null },
  };
  const record = {
    ...{ id: 'worker', host: 'host-1', labels: {}, workload: 'service', capabilities: ['RESIZE'] },
    ...{ status: 'live' as const, startedAt: at, metrics, ...(window && { window }) },
  };
  const sheet = agentText({ agent: listed, record, rollout: null, points: {} });
  return { sheet, list: agentsText({ agents: [listed], known: 1, alive: 1, selected: 1 }) };
}

describe('an agent whose tasks have no cost, latency and runs', () => {
  it('is shown with what it measures, and with nothing else', () => {
    const { sheet, list } = shownWith({ at, tasks: 3, memory: 2e9, applied: 1, refused: 0 });
    expect(sheet).toMatch(/^tasks +3$/m);
    expect(sheet).toMatch(/^uses +2 GB$/m);
    expect(sheet).not.toMatch(/^speed|^runs|\$|CPU/m);
    expect(list).toMatch(/worker +live .* 3 +–$/m);
  });

  it('says what became of the effects in its window', () => {
    const metrics = { at, tasks: 3, applied: 1, refused: 2 };
    const window: WindowReport = {
      ...{ instruction: 'instr_one', arm: 'treated', since: at, at, ticks: 4, applied: 1, refused: 2 },
      ...{ effects: {}, steps: 1, groups: [], errors: 1, lastError: 'RESIZE: it did not end within 10 s' },
    };
    expect(shownWith(metrics, window).sheet).toMatch(
      /1 effect applied, 2 refused, 4 ticks, 1 error: RESIZE: it\s+did not end within 10 s/,
    );
  });

  it('shows every figure that it has', () => {
    const runs = { completed: 99, failed: 1, throughput: 5, latency: 0.25, cost: 1.5, cpuTime: 2 };
    const { sheet } = shownWith({ at, tasks: 3, memory: 2e9, applied: 1, refused: 0, ...runs });
    expect(sheet).toContain('3, $1.50/h');
    expect(sheet).toContain('latency 0.25 s, 5.0 runs/s');
    expect(sheet).toContain('2 GB, 2.0 s CPU a minute');
    expect(sheet).toContain('99 completed, 1 failed (99.00 %)');
  });
});
