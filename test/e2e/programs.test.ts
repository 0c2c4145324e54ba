import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CompileDocument, standardOutputUse } from '../../src/cli/compile-file.js';
import type { DisasmDocument } from '../../src/cli/disassemble-file.js';
import { digestOf } from '../../src/core/bytecode/digest.js';
import { checkSignature } from '../../src/core/bytecode/signature.js';
import { verifyProgram } from '../../src/core/bytecode/verify.js';
import { ensureSigningKeys } from '../../src/core/fleet/signing-keys.js';
import { cleanEnvironment, ROOT } from '../cli/run-command.js';
import { commandLine } from './support.js';

const playbook = path.join(ROOT, 'playbooks', 'cost_optimize.dream');
const reference = path.join(ROOT, 'src/core/language/reference-fleet.json');

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
    expect(text.stdout).toContain(
      'takes    cpu_cut = 20% (1% to 60%)\n         memory_cut = 30% (1% to 70%)\n',
    );
    for (const line of text.stdout.split('\n'))
      if (!line.startsWith('written')) expect(line.length).toBeLessThanOrEqual(80);
    expect(text.stdout).toContain(`digest   ${digestOf(readFileSync(output))}\n`);
    expect(text.stdout).toMatch(/score\s+[01]\.\d\d of 1/);
    expect(text.stdout).toMatch(/steps\s+[\d,]+( to [\d,]+)? instructions a task/);
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

  it('makes a key where there is none, says so once, and nothing else in the home', async () => {
    const cli = commandLine();
    // Who compiles needs no place for the data of a Redis.
    mkdirSync(path.join(cli.root, 'state'));
    writeFileSync(path.join(cli.root, 'state', 'redis'), 'in the way');
    const words = ['compile', playbook, '-o', path.join(cli.root, 'program.bc')];
    const first = await cli.run(words);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toContain(`one was made: ${path.join(cli.home.keysDir, 'signing.key.pem')}\n`);
    expect((await cli.run(words)).stderr).toBe('');
    expect(readdirSync(cli.root).toSorted()).toEqual(['config', 'program.bc', 'state']);
    expect(statSync(cli.home.keysDir).mode & 0o777).toBe(0o700);
  });

  it('never writes over what it reads', async () => {
    const cli = commandLine();
    const source = path.join(cli.root, 'cost.dream');
    const text = readFileSync(playbook);
    writeFileSync(source, text);
    symlinkSync(source, path.join(cli.root, 'link.dream'));
    linkSync(source, path.join(cli.root, 'hard.dream'));
    for (const output of [source, 'link.dream', 'hard.dream'].map((name) => path.resolve(cli.root, name))) {
      const ended = await cli.run(['compile', source, '-o', output]);
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toContain('it is one of the inputs');
    }
    const { privateKeyPath } = (await cli.run(['compile', source, '-o', '/dev/null']))
      ? ensureSigningKeys(cli.home)
      : { privateKeyPath: '' };
    for (const words of [
      ['--capabilities', reference, '-o', reference],
      ['--key', privateKeyPath, '-o', privateKeyPath],
    ])
      expect((await cli.run(['compile', source, ...words])).stderr).toContain('DN933');
    expect(readFileSync(source)).toEqual(text);
  });

  it('counts warnings as errors when it is told to, and writes nothing then', async () => {
    const cli = commandLine();
    const file = path.join(cli.root, 'unused.dream');
    writeFileSync(file, 'FUNC a(p = 5%) { FOR EACH task IN task_queue { ROUTE_TO_CHEAPER_REGION(task) } }');
    const words = ['compile', file, '-o', `${file}.bc`];
    const document = await cli.json<CompileDocument>([...words, '--strict'], 2);
    expect(document).toMatchObject({ ok: false, diagnostics: [{ severity: 'warning' }] });
    expect(existsSync(`${file}.bc`)).toBe(false);
    expect((await cli.run([...words, '--strict'])).stderr).toContain('1 warning, and --strict counts them');
    expect((await cli.run(words)).code).toBe(0);
  });

  it('keeps stderr for people: with --json nothing is said there', async () => {
    const cli = commandLine();
    const file = path.join(cli.root, 'bad.dream');
    writeFileSync(file, 'FUNC a() { FOR EACH t IN task_queue { IF t.memory > 5s THEN FOO(t) } }');
    const words = [
      ['compile', file],
      ['simulate', file, '-t', '/dev/null'],
      ['disasm', file],
    ];
    for (const [command = '', ...rest] of words) {
      const ended = await cli.run([command, ...rest, '--json']);
      expect(ended, command).toMatchObject({ code: 2, stderr: '' });
      const { error, diagnostics } = JSON.parse(ended.stdout);
      expect(error.message, command).toMatch(/^[^\n]*bad\.dream [^\n]*does not compile[:,] 2 errors\.$/);
      expect(diagnostics, command).toMatchObject([
        { code: 'DN020', line: 1, file },
        { code: 'DN013', line: 1, file },
      ]);
      const text = await cli.run([command, ...rest]);
      expect(text.stderr, command).toMatch(/bad\.dream:1:\d+: error DN020: .*\n.*\|.*\n.*\^/);
    }
  });

  it('says of a compiled program that it is one', async () => {
    const cli = commandLine();
    const program = path.join(cli.root, 'p.bc');
    await cli.run(['compile', playbook, '-o', program]);
    const renamed = path.join(cli.root, 'p.dream');
    copyFileSync(program, renamed);
    for (const file of [program, renamed]) {
      const ended = await cli.run(['compile', file, '-o', path.join(cli.root, 'q.bc')]);
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toMatch(/^DN942 .* is a compiled program\.\n {2}Give its source/);
    }
  });

  it('reads standard input and writes standard output, unless a document or a person is there', () => {
    const cli = commandLine();
    const run = (...words: readonly string[]) =>
      spawnSync(
        process.execPath,
        [path.join(ROOT, 'bin', 'run.js'), 'compile', '-', '--unsigned', ...words],
        {
          env: cleanEnvironment({ DREAMNET_HOME: cli.root }),
          cwd: cli.root,
          input: readFileSync(playbook),
        },
      );
    const ended = run('-o', '-');
    expect(ended.status, String(ended.stderr)).toBe(0);
    expect(verifyProgram(ended.stdout)).toMatchObject({ ok: true });
    expect(String(ended.stderr)).toMatch(/written\s+to standard output/);
    const both = run('-o', '-', '--json');
    expect(both.status).toBe(2);
    expect(JSON.parse(String(both.stdout))).toMatchObject({ error: { code: 'DN933' } });
    expect(standardOutputUse({ json: false, stream: { isTTY: true } })).toBe('terminal');
    expect(readdirSync(cli.root)).toEqual([]);
    expect(String(run('--capabilities', '-').stderr)).toContain('DN939');
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

  it('says what is listed before the instructions', async () => {
    const cli = commandLine();
    const file = path.join(cli.root, 'cost.bc');
    const source = path.join(cli.root, 'cost.dream');
    writeFileSync(source, readFileSync(playbook));
    const { digest } = await cli.json<{ digest: string }>(['compile', source, '-o', file]);
    const { stdout } = await cli.run(['disasm', file]);
    expect(stdout.split('\n').slice(0, 5)).toEqual([
      expect.stringMatching(/^# cost_optimize, [\d.]+ KB, \d+( to \d+)? instructions a task$/),
      `# ${digest}`,
      '# takes cpu_cut = 20% (1% to 60%)',
      '# takes memory_cut = 30% (1% to 70%)',
      `# source: ${source}`,
    ]);
  });

  it('never shows lines of another source', async () => {
    const cli = commandLine();
    const [file, source, other] = ['cost.bc', 'cost.dream', 'other.dream'].map((name) =>
      path.join(cli.root, name),
    ) as [string, string, string];
    writeFileSync(source, readFileSync(playbook));
    writeFileSync(other, `# changed\n${readFileSync(playbook, 'utf8')}`);
    await cli.run(['compile', source, '-o', file]);
    const refused = await cli.run(['disasm', file, '--source', other]);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain(`DN934 ${other} is not the source that ${file} was compiled from`);
    const useless = await cli.run(['disasm', source, '--source', source]);
    expect(useless).toMatchObject({ code: 2, stdout: '' });
    copyFileSync(source, path.join(cli.root, 'kept.dream'));
    copyFileSync(other, source);
    const stale = await cli.run(['disasm', file]);
    expect(stale.code).toBe(0);
    expect(stale.stderr).toBe(`Listed without its source: ${source} is not what it was compiled from.\n`);
    expect(stale.stdout).not.toContain(' | ');
    const given = await cli.run(['disasm', file, '--source', path.join(cli.root, 'kept.dream')]);
    expect(given).toMatchObject({ code: 0, stderr: '' });
    expect(given.stdout).toContain(' | ');
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
