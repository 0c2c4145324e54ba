import { describe, expect, it } from 'vitest';
import { setParameters } from '../../src/cli/set-parameters.js';
import { DreamnetError } from '../../src/core/errors.js';
import { compiled } from '../bytecode/support.js';

const tuned = compiled(
  `FUNC tuned(cpu_cut = 20% IN 1%..60%, limit = 1GB IN 200MB..8GB, wait = 5s) {
    FOR EACH task IN task_queue { IF task.memory > limit AND task.age > wait THEN REDUCE_CPU_THROTTLE(task, cpu_cut) }
  }`,
).manifest;
const other = compiled(
  'FUNC other(cpu_cut = 10% IN 5%..30%) { FOR EACH task IN task_queue { REDUCE_CPU_THROTTLE(task, cpu_cut) } }',
).manifest;
const fixed = compiled(
  'FUNC fixed() { FOR EACH task IN task_queue { ROUTE_TO_CHEAPER_REGION(task) } }',
).manifest;

function refusal(settings: readonly string[], manifests = [tuned]): string {
  try {
    return JSON.stringify(setParameters(settings, manifests));
  } catch (thrown) {
    if (!(thrown instanceof DreamnetError)) throw thrown;
    expect(thrown).toMatchObject({ code: 'DN953', kind: 'bad-input' });
    return `${thrown.message} ${thrown.hint}`;
  }
}

describe('--set', () => {
  it('takes values as they are written in programs', () => {
    expect(setParameters(['cpu_cut=30%', ' limit = 2GB '], [tuned])).toEqual([{ cpu_cut: 0.3, limit: 2e9 }]);
    expect(setParameters(['cpu_cut=0.3'], [tuned])).toEqual([{ cpu_cut: 0.3 }]);
    expect(setParameters([], [tuned, other])).toEqual([{}, {}]);
  });

  it('goes to every program that has the parameter', () => {
    expect(setParameters(['cpu_cut=30%', 'limit=2GB'], [tuned, other])).toEqual([
      { cpu_cut: 0.3, limit: 2e9 },
      { cpu_cut: 0.3 },
    ]);
    expect(refusal(['cpu_cut=50%'], [tuned, other])).toContain('cpu_cut goes from 5% to 30%');
  });

  it.each([
    ['cpu_ct=3%', '--set: tuned has no parameter cpu_ct. Did you mean cpu_cut?'],
    ['zzz=1', '--set: tuned has no parameter zzz. There are cpu_cut, limit and wait.'],
    [
      'cpu_cut=80%',
      '--set: cpu_cut goes from 1% to 60%, and 80% is outside. Choose a value within its range.',
    ],
    ['cpu_cut=30', '--set: cpu_cut goes from 1% to 60%, and 30 is 3000%. Did you mean 30%?'],
    [
      'limit=1MB',
      '--set: limit goes from 200MB to 8GB, and 1MB is outside. Choose a value within its range.',
    ],
    [
      'limit=2000000000',
      '--set: limit is bytes (B), and 2000000000 has no unit. Write for example 5MB, as in programs.',
    ],
    [
      'limit=5s',
      '--set: limit is bytes (B), and found was 5s, a duration (s). Write 5MB if that is what is meant.',
    ],
    [
      'wait=6s',
      '--set: wait has no range, so it stays 5s. Give it a range in the program: name = default IN lowest..highest.',
    ],
    ['cpu_cut', '--set: "cpu_cut" is no setting. Write --set name=value, for example --set cpu_cut=30%.'],
    ['=5%', '--set: "=5%" is no setting. Write --set name=value, for example --set cpu_cut=30%.'],
    ['cpu_cut=', '--set: cpu_cut is a ratio (%), and found was "". Write for example 5%.'],
  ])('refuses %s', (setting, expected) => {
    expect(refusal([setting])).toBe(expected);
  });

  it('refuses a parameter that is set twice, or that none of the programs has', () => {
    expect(refusal(['cpu_cut=30%', 'cpu_cut=20%'])).toBe('--set: cpu_cut is set twice. Set it once.');
    expect(refusal(['x=1'], [tuned, other])).toContain('tuned and other have no parameter x.');
    expect(refusal(['x=1'], [fixed])).toBe('--set: fixed has no parameters, so no x. Leave --set out.');
  });
});
