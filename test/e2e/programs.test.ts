import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CompileDocument } from '../../src/cli/compile-file.js';
import type { DisasmDocument } from '../../src/cli/disassemble-file.js';
import { digestOf } from '../../src/core/bytecode/digest.js';
import { checkSignature } from '../../src/core/bytecode/signature.js';
import { ensureSigningKeys } from '../../src/core/fleet/signing-keys.js';
import { cleanEnvironment, ROOT } from '../cli/run-command.js';
import { commandLine } from './support.js';

const playbook = path.join(ROOT, 'playbooks', 'cost_optimize.dream');

describe('dreamnet compile', () => {
  it('writes a program signed with the key of the home, and says what is known of it', async () => {
    const cli = commandLine();
    const output = path.join(cli.root, 'program.bc');
    const document = await cli.json<CompileDocument>(['compile', playbook, '-o', output]);
    const bytes = readFileSync(output);
    expect(document).toMatchObject({
      ok: true,
      name: 'cost_optimize',
      bytes: bytes.length,
      digest: digestOf(bytes),
    });
    const { publicKey } = ensureSigningKeys(cli.home);
    expect(checkSignature(bytes, [publicKey])).toMatchObject({ ok: true });
    const text = await cli.run(['compile', playbook, '-o', output]);
    expect(text.stdout).toMatch(/score\s+[01]\.\d\d of 1/);
    expect(text.stdout).toMatch(/cost\s+\d+ to \d+ instructions a task/);
  });

  it('shows all errors with source and caret, exit 2, and structured with --json', async () => {
    const cli = commandLine();
    const file = path.join(cli.root, 'bad.dream');
    const lines = [
      'FUNC a() {',
      '  FOR EACH t IN task_queue {',
      '    IF t.memory > 5s THEN',
      '      REDUCE_CPU(t, 2)',
      '  }',
      '}',
    ];
    writeFileSync(file, lines.join('\n'));
    const text = await cli.run(['compile', file, '-o', `${file}.bc`]);
    expect(text).toMatchObject({ code: 2, stdout: '' });
    expect(text.stderr).toMatch(/bad\.dream:3:\d+: error DN\d+.*\n.*IF t\.memory > 5s.*\n.*\^\^/);
    expect(text.stderr).toContain('REDUCE_CPU');
    expect(existsSync(`${file}.bc`)).toBe(false);
    const document = await cli.json<CompileDocument>(['compile', file], 2);
    if (document.ok) throw new Error('it compiled');
    expect(document.diagnostics).toHaveLength(2);
    expect(document.diagnostics[0]).toMatchObject({ severity: 'error', span: { line: 3 } });
    expect(document.error).toMatchObject({ exitCode: 2 });
  });

  it('reads standard input', () => {
    const cli = commandLine();
    const output = path.join(cli.root, 'stdin.bc');
    const words = [path.join(ROOT, 'bin', 'run.js'), 'compile', '-', '--unsigned', '-o', output, '--json'];
    const env = cleanEnvironment({ DREAMNET_HOME: cli.root });
    const ended = spawnSync(process.execPath, words, {
      env,
      input: readFileSync(playbook),
      encoding: 'utf8',
    });
    expect(ended.status, ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ signedBy: null, bytes: statSync(output).size });
  });

  it('refuses a missing file, a key that is none, and a place that cannot be written', async () => {
    const cli = commandLine();
    const cases = [
      [['compile', '/nowhere.dream'], 2, 'DN930'],
      [['compile', playbook, '--key', playbook], 2, 'DN932'],
      [['compile', playbook, '-o', '/nowhere/program.bc'], 1, 'DN933'],
    ] as const;
    for (const [words, code, expected] of cases) {
      const ended = await cli.run(words);
      expect(ended).toMatchObject({ code, stdout: '' });
      expect(ended.stderr).toContain(expected);
    }
  });
});

describe('dreamnet disasm', () => {
  it('lists a source, and the same program compiled, beside its source lines', async () => {
    const cli = commandLine();
    const source = path.join(cli.root, 'cost.dream');
    writeFileSync(source, readFileSync(playbook));
    await cli.run(['compile', source, '-o', path.join(cli.root, 'cost.bc')]);
    for (const file of ['cost.dream', 'cost.bc']) {
      const ended = await cli.run(['disasm', path.join(cli.root, file)]);
      expect(ended.code, ended.stderr).toBe(0);
      expect(ended.stdout).toMatch(/\d+ \| {2}.*REDUCE_CPU_THROTTLE.*\n {2}[0-9a-f]{6} /);
    }
    const document = await cli.json<DisasmDocument>(['disasm', path.join(cli.root, 'cost.bc')]);
    expect(document).toMatchObject({ source, verified: { ok: true, name: 'cost_optimize' } });
    expect(document.lines.length).toBeGreaterThan(20);
  });

  it('refuses what is no program', async () => {
    const cli = commandLine();
    const file = path.join(cli.root, 'cut.bc');
    writeFileSync(file, Buffer.from([0, 0x61, 0x73, 0x6d, 1]));
    const ended = await cli.run(['disasm', file]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('DN934');
  });
});
