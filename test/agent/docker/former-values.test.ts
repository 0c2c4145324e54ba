/** The file of what containers were like: what is in it after a crash, a restart, and by hands that meant no good. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import {
  type Change,
  formerValuesFile,
  openFormerValues,
} from '../../../src/core/agent/workloads/docker/effects/former-values.js';

const change: Change = {
  ...{ container: 'a1', name: 'web-1', aspect: 'cpu', at: 1 },
  ...{ original: { CpuQuota: 0 }, before: { CpuQuota: 0 }, set: { CpuQuota: 40_000 } },
  settings: [{ instruction: 'instr_1', agent: 'agent-1', share: 0.2, used: 0.5, under: [] }],
};

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'dreamnet-former-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return join(path, 'state');
}

const silent = (): void => undefined;

it('keeps the last change of each aspect of each container, in a file of its owner alone', () => {
  const state = directory();
  const kept = openFormerValues(state, silent);
  kept.write(change);
  kept.write({ ...change, aspect: 'memory' });
  kept.write({ ...change, at: 2 });
  kept.write({ ...change, container: 'b2' });
  kept.forget({ ...change, container: 'b2' });
  const again = openFormerValues(state, silent);
  expect(again.of('a1', 'cpu')).toEqual({ ...change, at: 2 });
  expect(again.open().map(({ container, aspect }) => `${container} ${aspect}`)).toEqual([
    'a1 cpu',
    'a1 memory',
  ]);
  expect(statSync(formerValuesFile(state)).mode & 0o777).toBe(0o600);
  expect(statSync(state).mode & 0o777).toBe(0o700);
});

it('passes over a last line that is half written, and goes on after it', () => {
  const state = directory();
  openFormerValues(state, silent).write(change);
  const path = formerValuesFile(state);
  appendFileSync(path, readFileSync(path, 'utf8').trim().slice(0, 40));
  const warnings: string[] = [];
  const again = openFormerValues(state, (text) => warnings.push(text));
  again.write({ ...change, container: 'b2' });
  expect(warnings).toEqual([]);
  expect(
    openFormerValues(state, silent)
      .open()
      .map(({ container }) => container),
  ).toEqual(['a1', 'b2']);
});

it('says which line is damaged, and keeps the others', () => {
  const state = directory();
  openFormerValues(state, silent).write(change);
  const path = formerValuesFile(state);
  const line = readFileSync(path, 'utf8').trim();
  writeFileSync(path, `{"version":1,"aspect":"soul"}\n${'['.repeat(5_000)}\n${line}\n`);
  const warnings: string[] = [];
  expect(openFormerValues(state, (text) => warnings.push(text)).open()).toEqual([change]);
  expect(warnings).toEqual([expect.stringContaining('line 1 of'), expect.stringContaining('line 2 of')]);
});

it('does not grow with what has been put back', () => {
  const state = directory();
  const kept = openFormerValues(state, silent);
  for (let time = 0; time < 50; time++) {
    kept.write(change);
    kept.forget(change);
  }
  openFormerValues(state, silent);
  expect(readFileSync(formerValuesFile(state), 'utf8')).toBe('');
});

it('refuses where it cannot write, before anything is changed', () => {
  const state = directory();
  writeFileSync(state, 'a file, no directory');
  expect(() => openFormerValues(state, silent)).toThrow(
    expect.objectContaining({ code: 'DN655', hint: expect.stringContaining('--state-dir') }),
  );
});

it('does not grow while it is used, however many containers come and go', () => {
  const state = directory();
  const kept = openFormerValues(state, silent);
  kept.write({ ...change, container: 'stays' });
  for (let number = 0; number < 600; number++) {
    kept.write({ ...change, container: `c${number}` });
    kept.forget({ ...change, container: `c${number}` });
  }
  expect(statSync(formerValuesFile(state)).size).toBeLessThan(1_100 * 250);
  kept.write({ ...change, container: 'comes' });
  const again = openFormerValues(state, silent);
  expect(again.open().map(({ container }) => container)).toEqual(['stays', 'comes']);
});
