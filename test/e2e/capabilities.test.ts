import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CompileDocument } from '../../src/cli/compile-file.js';
import type { DisasmDocument } from '../../src/cli/disassemble-file.js';
import { verifyProgram } from '../../src/core/bytecode/verify.js';
import { cleanEnvironment, ROOT } from '../cli/run-command.js';
import { tutorialFile } from '../support/capability-page.js';
import { commandLine } from './support.js';

const page = readFileSync(path.join(ROOT, 'docs', 'capabilities.md'), 'utf8');
const fleet = tutorialFile(page);
const program = /```\n(FUNC[\s\S]*?)```/.exec(page)?.[1] ?? '';

/** The files of the tutorial in a directory of their own. */
function tutorial(change: (fleet: string) => string = (text) => text) {
  const cli = commandLine();
  const file = (name: string): string => path.join(cli.root, name);
  writeFileSync(file('video.json'), change(fleet));
  writeFileSync(file('video.dream'), program);
  const words = ['compile', file('video.dream'), '--unsigned', '-o', file('video.bc')];
  return { cli, file, words, forFleet: [...words, '--capabilities', file('video.json')] };
}

describe('--capabilities', () => {
  it("compiles for a fleet of the user's own, and says for which", async () => {
    const { cli, file, forFleet } = tutorial();
    const document = await cli.json<CompileDocument>(forFleet);
    expect(document).toMatchObject({
      ok: true,
      capabilities: 'video-fleet',
      fields: ['wait', 'cost', 'format', 'size'],
      actions: ['PUT_OFF', 'LOWER_BIT_RATE'],
      diagnostics: [],
    });
    const verdict = verifyProgram(readFileSync(file('video.bc')));
    if (!verdict.ok) throw new Error(verdict.reason);
    const lower = verdict.program.manifest.actions.find(({ name }) => name === 'LOWER_BIT_RATE');
    expect(lower?.arguments).toEqual([{ name: 'share', unit: 'ratio', min: 0, max: 0.6 }]);
    const text = await cli.run(forFleet);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(/^\s*for\s+video-fleet$/m);
  });

  it('is what makes the difference: without it the same program is refused', async () => {
    const { cli, words } = tutorial();
    const ended = await cli.run(words);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('tasks have no field wait');
  });

  it('serves disasm as well', async () => {
    const { cli, file } = tutorial();
    const words = ['disasm', file('video.dream'), '--capabilities', file('video.json')];
    expect(await cli.json<DisasmDocument>(words)).toMatchObject({
      verified: { ok: true, name: 'convert_cheaply' },
    });
  });

  it('shows every mistake of the file with line and caret, writes nothing, exit 2', async () => {
    const { cli, file, forFleet } = tutorial((text) =>
      text.replace('"unit": "bytes"', '"unit": "byte"').replace('"60%"', '"160%"'),
    );
    const ended = await cli.run(forFleet);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(
      /DN935 The capability file .*video\.json cannot be used: it has 2 errors\.\n/,
    );
    expect(ended.stderr).toMatch(/video\.json:6:31: error DN059: .*\n.*"unit": "byte".*\n +\| +\^{6}\n/);
    expect(ended.stderr).toMatch(/video\.json:15:74: error DN063: .*\n.*"160%".*\n +\| +\^{6}\n/);
    expect(ended.stderr).toContain('docs/capabilities.md');
    expect(existsSync(file('video.bc'))).toBe(false);
    expect(await cli.json(forFleet, 2)).toMatchObject({
      error: { code: 'DN935', exitCode: 2, message: expect.not.stringContaining('\n') as string },
      diagnostics: [
        { code: 'DN059', line: 6, hint: 'did you mean "bytes"?' },
        { code: 'DN063', line: 15 },
      ],
    });
  });

  it('warns and compiles', async () => {
    const { cli, forFleet } = tutorial((text) => text.replace('"code": 2', '"code": 99'));
    const ended = await cli.run(forFleet);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(/video\.json:\d+:\d+: warning DN068: .*99/);
  });

  it('reads standard input, but not the program from there too', () => {
    const { file, words } = tutorial();
    const run = (given: readonly string[]) =>
      spawnSync(process.execPath, [path.join(ROOT, 'bin', 'run.js'), ...given, '--capabilities', '-'], {
        env: cleanEnvironment({ DREAMNET_HOME: path.dirname(file('x')) }),
        input: fleet,
        encoding: 'utf8',
      });
    const ended = run(words);
    expect(ended.status, ended.stderr).toBe(0);
    expect(ended.stdout).toContain('video-fleet');
    const twice = run(words.map((word) => (word === file('video.dream') ? '-' : word)));
    expect(twice.status).toBe(2);
    expect(twice.stderr).toContain('DN939');
  });

  it.each([
    [
      'a missing file',
      (place: string) => place,
      /DN930 .*fleet\.json cannot be read: there is no such file or directory\./,
    ],
    ['a directory', madeDirectory, /DN930 .*fleet\.json cannot be read: it is a directory\./],
    ['an empty file', written(''), /fleet\.json:1:1: error DN051: the file is empty/],
    ['a file cut in half', written(fleet.slice(0, 400)), /error DN051: /],
    [
      'a program',
      written(program),
      /fleet\.json:1:1: error DN051: a capability file is JSON.*\n[\s\S]*this is a program/,
    ],
    ['a compiled program', written('\0asm\u0001'), /DN942 .*fleet\.json is a compiled program\./],
    ['a binary file', written('\0\u0001\u0002'), /DN051: a NUL byte is no part of JSON/],
    [
      'a huge file',
      written(' '.repeat(2_000_000)),
      /DN931 .*more than the 1048576 bytes that a capability file has/,
    ],
  ])('refuses %s with exit 2', async (_, make, message) => {
    const { cli, file, words } = tutorial();
    const ended = await cli.run([...words, '--capabilities', make(file('fleet.json'))]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(message);
  });

  it('refuses a file that cannot be read', async () => {
    const { cli, words } = tutorial();
    // Nothing is mapped at its start, so that not even root can read it.
    const ended = await cli.run([...words, '--capabilities', '/proc/self/mem']);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/DN930 .*\/proc\/self\/mem/);
  });
});

function written(text: string): (place: string) => string {
  return (place) => {
    writeFileSync(place, text);
    return place;
  };
}

function madeDirectory(place: string): string {
  mkdirSync(place);
  return place;
}
