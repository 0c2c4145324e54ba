import { afterEach, describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/cli/terminal-text.js';
import type { FleetView } from '../../src/tui/hooks/fleet-feed.js';
import { OperationScreen } from '../../src/tui/screens/OperationScreen.js';
import { sampleVerdicts } from '../support/sample-verdicts.js';
import { type FakeTerminal, renderAt } from './support/fake-terminal.js';
import { emptyFacts, idleFacts, nowMs, runningFacts, viewOf } from './support/sample-view.js';

const terminals: FakeTerminal[] = [];

afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.instance.unmount();
});

function frameOf(view: FleetView, columns: number, rows: number): string {
  const screen = (
    <OperationScreen
      view={view}
      nowMs={nowMs}
      target="/run/redis.sock"
      frozen={false}
      readonly={false}
      steering={{ step: 'idle' }}
      steerable={view.facts?.rollout}
      columns={columns}
      rows={rows - 1}
    />
  );
  const terminal = renderAt(screen, columns, rows);
  terminals.push(terminal);
  return terminal.frame();
}

const live = viewOf(runningFacts({ state: 'live' }));

describe('the operation screen', () => {
  const sizes = [
    [1, 1],
    [20, 5],
    [20, 60],
    [40, 12],
    [60, 15],
    [80, 24],
    [100, 30],
    [120, 40],
    [200, 60],
    [300, 20],
  ] as const;

  it.each(sizes)('keeps within %i columns and %i rows, one less than the terminal has', (columns, rows) => {
    for (const view of [live, viewOf(undefined), viewOf(emptyFacts())]) {
      const lines = frameOf(view, columns, rows).split('\n');
      expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns);
    }
  });

  it.each([
    [80, 24],
    [120, 40],
    [200, 60],
  ])('shows goal, state, batches, window, metrics and keys at %i x %i', (columns, rows) => {
    const frame = frameOf(live, columns, rows);
    for (const text of [
      'reduce costs 15%',
      'COST_OPTIMIZATION_v2',
      '116/116',
      '1,159 staged',
      '12 s left',
      '/h',
      '99.97 %',
      'q quit',
      'simulated workload',
    ])
      expect(frame).toContain(text);
    expect(frame.split('\n')).toHaveLength(rows - 1);
  });

  it.each([
    [80, 'latency accepted +4.0 % · cost -15.0 % · 9 against 491 agents'],
    [120, 'latency accepted +4.0 % (-4.0 to +12.0) · cost -15.0 % (-25.0 to -4.0) · 9 against 491 agents'],
  ])('shows how the canary fares while the others stage, at %i columns', (columns, text) => {
    const facts = runningFacts({ state: 'injecting', batchesDone: 20 });
    const rollout = facts.rollout && { ...facts.rollout, gates: sampleVerdicts };
    const frame = frameOf(viewOf({ ...facts, rollout }), columns, 40);
    expect(frame).toContain(text);
    expect(frame).not.toContain('+99');
    expect(frameOf(viewOf(facts), columns, 40)).not.toContain('gates');
  });

  it('keeps the frame of a panel whose text is longer than it', () => {
    const facts = runningFacts({ state: 'live' });
    const reasoning = Array.from({ length: 40 }, (_, at) => `Reason ${at} is as good as any other reason.`);
    const decision = facts.decision && { ...facts.decision, reasoning };
    const frame = frameOf(viewOf({ ...facts, decision }), 120, 40);
    expect(frame).toMatch(/^╭─ Decision ─/m);
    expect(frame).toContain('· Reason 0');
  });

  it('counts from zero when agents have restarted since go-live', () => {
    const facts = runningFacts({ state: 'live' });
    const aggregate = facts.aggregate && { ...facts.aggregate, failed: 7, applied: 9 };
    expect(frameOf(viewOf({ ...facts, aggregate }), 120, 40)).toContain('7 failed');
  });

  it('gives every panel its full frame at 80 x 24', () => {
    const frame = frameOf(viewOf(runningFacts({ state: 'complete' }, 40_000)), 80, 24);
    expect(frame.match(/╭─/g)).toHaveLength(frame.match(/─╯/g)?.length ?? 0);
    expect(frame).toContain('predicted -15.1 %');
    expect(frame).toContain('95 % sure: -15.7 to -13.9');
  });

  it.each([60, 80])('shows every change whole, apart from its value, in %i columns', (columns) => {
    const facts = runningFacts({ state: 'live' });
    const aggregate = facts.aggregate && { ...facts.aggregate, failed: (facts.aggregate.failed ?? 0) + 748 };
    const frame = frameOf(viewOf({ ...facts, aggregate }), columns, 24);
    expect(frame).toMatch(/cost +\$\d,\d{3}\/h +-1\d\.\d % /);
    expect(frame).not.toMatch(/%\d|–\d/);
  });

  it('says in a small terminal what matters most', () => {
    const lines = frameOf(live, 30, 8).split('\n');
    expect(lines[0]).toContain('1,159 agents');
    expect(lines[1]).toContain('reduce costs 15%');
    expect(lines[2]).toContain('live');
    expect(lines[3]).toContain('12 s left');
  });

  it('tells why a rollout is paused and how many agents failed', () => {
    const reason = '12 agents failed to stage; at most 11 may';
    const view = viewOf(runningFacts({ state: 'paused', batchesDone: 68, failed: 12, reason }));
    const frame = frameOf(view, 80, 24);
    expect(frame).toContain('paused');
    expect(frame).toContain(reason);
    expect(frame).toContain('12 failed');
    expect(frame).toContain('✖ inject');
  });

  it('says how to get agents where there are none', () => {
    expect(frameOf(viewOf(emptyFacts()), 80, 24)).toContain('dreamnet up --agents 1159');
  });

  it('says how to state a goal where there was none', () => {
    expect(frameOf(viewOf(idleFacts()), 80, 24)).toContain('dreamnet decide "reduce costs 15%"');
  });

  it('says since when the data is old', () => {
    const view = { ...live, connection: { state: 'lost' as const, sinceMs: nowMs - 12_000 } };
    expect(frameOf(view, 80, 24)).toMatch(/● unknown .*Redis lost 12 s ago/);
    const stale = viewOf({ ...runningFacts({ state: 'live' }), atMs: nowMs - 65_000 });
    expect(frameOf(stale, 80, 24)).toMatch(/● unknown .*data from 1 m 05 s ago/);
  });

  it('shows control characters of the data instead of obeying them', () => {
    const goal = 'reduce\u001b[2J\u0007 costs\n15%';
    const frame = frameOf(viewOf(runningFacts({ state: 'live', goal })), 120, 40);
    expect(frame).toContain('reduce\\x1b[2J\\x07 costs\\n15%');
  });

  it('shows the reasoning behind the decision on wide screens', () => {
    expect(frameOf(live, 200, 60)).toContain('Effect sizes come from 2 earlier rollouts.');
  });
});
