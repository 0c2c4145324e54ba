import { describe, expect, test } from 'vitest';
import type { RegisteredAgent } from '../../../src/core/fleet/registry.js';
import {
  admissionRule,
  type ChoiceOptions,
  chooseTargets,
} from '../../../src/core/injector/plan/choose-targets.js';
import { parseExclusion } from '../../../src/core/injector/plan/exclusion.js';

const at = Date.UTC(2026, 0, 2, 3, 4, 5);

/** agent-01 to agent-20, every other one of class web; agent-20 is not alive. */
const fleet: RegisteredAgent[] = Array.from({ length: 20 }, (_, index) => {
  const id = `agent-${String(index + 1).padStart(2, '0')}`;
  const labels = { class: index % 2 === 0 ? 'web' : 'batch' };
  return {
    ...{ id, host: 'host-1', labels, transport: 'bus', workload: 'simulated', status: 'idle' },
    ...{ live: undefined, heartbeatMs: at, alive: id !== 'agent-20' },
  };
});

function choiceOf(settings: Partial<ChoiceOptions['settings']>, change: Partial<ChoiceOptions> = {}) {
  const whole = { selector: '', exclude: [], ...settings };
  return chooseTargets(fleet, { instructionId: 'instr_x', selector: '', settings: whole, ...change });
}
const idsOf = (choice: ReturnType<typeof choiceOf>) => choice.chosen.map(({ id }) => id);
const reasonOf = (choice: ReturnType<typeof choiceOf>, id: string) =>
  choice.leftOut.find((agent) => agent.id === id)?.reason;

describe('the targets', () => {
  test('are all living agents, and every other one is named with the reason', () => {
    const choice = choiceOf({});
    expect(idsOf(choice)).toEqual(fleet.slice(0, 19).map(({ id }) => id));
    expect(choice.leftOut).toEqual([
      { id: 'agent-20', reason: 'not alive: last heard of at 2026-01-02T03:04:05.000Z' },
    ]);
  });

  test('must match the selector of the instruction and the one that narrows it', () => {
    const choice = choiceOf({ selector: 'class=web,id!=agent-01' }, { selector: 'id!=agent-03' });
    expect(idsOf(choice)).toHaveLength(8);
    expect(reasonOf(choice, 'agent-01')).toBe('does not match id!=agent-01 of --selector');
    expect(reasonOf(choice, 'agent-02')).toBe('does not match class=web of --selector');
    expect(reasonOf(choice, 'agent-03')).toBe('does not match id!=agent-03 of the instruction');
  });

  test('are none that is excluded, by id or by label', () => {
    const choice = choiceOf({ exclude: ['agent-01,agent-02', 'class=batch', 'agent-99'] });
    expect(idsOf(choice)).toEqual(
      ['03', '05', '07', '09', '11', '13', '15', '17', '19'].map((n) => `agent-${n}`),
    );
    expect(reasonOf(choice, 'agent-02')).toBe('excluded by --exclude agent-01,agent-02');
    expect(reasonOf(choice, 'agent-04')).toBe('excluded by --exclude class=batch');
    expect(choice.warnings).toEqual(['--exclude names agents that are not registered: agent-99.']);
  });

  test('are with a limit as many as it says, the same ones each time, others for another instruction', () => {
    for (const [limit, count] of [
      ['5', 5],
      ['10%', 1],
      ['50', 19],
    ] as const)
      expect(idsOf(choiceOf({ limit })), limit).toHaveLength(count);
    const once = choiceOf({ limit: '5' });
    expect(idsOf(choiceOf({ limit: '5' }))).toEqual(idsOf(once));
    expect(idsOf(choiceOf({ limit: '5' }, { instructionId: 'instr_y' }))).not.toEqual(idsOf(once));
    expect(once.leftOut.filter(({ reason }) => reason === 'over the limit of 5')).toHaveLength(14);
    expect(once.candidates).toHaveLength(19);
  });

  test('are with --top the best, by points, then by throughput; who has no score comes last, and that is said', () => {
    const ranking = new Map([
      ['agent-05', { points: 10, throughput: 1 }],
      ['agent-09', { points: 90, throughput: 0 }],
      ['agent-02', { points: 10, throughput: 7 }],
      ['agent-20', { points: 999, throughput: 9 }],
      ['agent-11', { points: 0, throughput: 3 }],
    ]);
    const choice = choiceOf({ top: 6 }, { ranking });
    expect(idsOf(choice)).toEqual(['09', '02', '05', '11', '01', '03'].map((n) => `agent-${n}`));
    expect(choice.warnings).toEqual(['2 of the 6 best have no score yet; they come last.']);
    expect(reasonOf(choice, 'agent-04')).toBe('not among the 6 best');
    expect(idsOf(choiceOf({ top: 3 }, { ranking }))).toHaveLength(3);
    expect(choiceOf({ top: 4 }, { ranking }).warnings).toEqual([]);
  });
});

describe('who may join', () => {
  const rule = (settings: Partial<ChoiceOptions['settings']>) =>
    admissionRule({
      selector: 'class=web',
      settings: { selector: 'id!=agent-01', exclude: ['agent-03'], ...settings },
    });
  test('is who would have been chosen', () => {
    const mayJoin = (id: string) => rule({})?.(fleet.find((agent) => agent.id === id) as RegisteredAgent);
    expect(['agent-01', 'agent-02', 'agent-03', 'agent-05'].map(mayJoin)).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
  test('is nobody where the number was given', () => {
    expect(rule({ limit: '5' })).toBeUndefined();
    expect(rule({ top: 5 })).toBeUndefined();
  });
});

test.each(['', ' ', 'agent 1', 'a,,b', 'a,', '../x', 'x'.repeat(5_000)])(
  '--exclude "%s" is refused',
  (text) => {
    expect(() => parseExclusion(text)).toThrow(
      expect.objectContaining({
        code: 'DN545',
        kind: 'bad-input',
        message: expect.stringMatching(/^.{1,250}$/),
      }),
    );
  },
);
test('--exclude with a bad selector is refused as one', () => {
  expect(() => parseExclusion('class in (web')).toThrow(expect.objectContaining({ code: 'DN310' }));
});
