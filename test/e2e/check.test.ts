import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CheckDocument } from '../../src/cli/views/check-document.js';
import type { ExplanationDocument } from '../../src/cli/views/explain-document.js';
import { ensureSigningKeys } from '../../src/core/fleet/signing-keys.js';
import { cleanEnvironment, ROOT } from '../cli/run-command.js';
import { type CommandLine, commandLine } from './support.js';

const playbook = path.join(ROOT, 'playbooks', 'cost_optimize.dream');

/** Three mistakes of which the second and third are mended for certain. */
const wrong = [
  'FUNC a() {',
  '  FOR EACH task IN task_queue {',
  '    IF task.memory > 5s THEN',
  '      REDUCE_CPU_THROTTLE(task, 20%);',
  '    IF task.errors = 3 THEN ROUTE_TO_CHEAPER_REGION(task)',
  '  }',
  '}',
  '',
].join('\n');

/** Warns that the parameter is never used. */
const unused = 'FUNC a(p = 5%) { FOR EACH task IN task_queue { ROUTE_TO_CHEAPER_REGION(task) } }\n';

function written(cli: CommandLine, name: string, content: string | Uint8Array): string {
  const file = path.join(cli.root, name);
  writeFileSync(file, content);
  return file;
}

/** Standard input as it is when it does not block and its writer is slower than we are. */
const emptyAtFirst = `data:text/javascript,${encodeURIComponent(`
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const { readSync } = fs;
  let times = 0;
  fs.readSync = (file, ...rest) => {
    if (file === 0 && ++times < 4) throw Object.assign(new Error('not yet'), { code: 'EAGAIN' });
    return readSync(file, ...rest);
  };
  syncBuiltinESMExports();
`)}`;

function piped(input: string | Uint8Array, words: readonly string[], extra: Record<string, string> = {}) {
  const cli = commandLine();
  const command = [path.join(ROOT, 'bin', 'run.js'), 'check', '-', ...words];
  const env = cleanEnvironment({ DREAMNET_HOME: cli.root, ...extra });
  return spawnSync(process.execPath, command, { env, input, encoding: 'utf8' });
}

describe('dreamnet check', () => {
  it('says that everything is in order, and nothing else', async () => {
    const cli = commandLine();
    const ended = await cli.run(['check', playbook]);
    expect(ended).toMatchObject({ code: 0, stdout: '', stderr: '1 file: no errors\n' });
  });

  it('shows every mistake of every file with its line and caret, and a sum at the end', async () => {
    const cli = commandLine();
    const files = [written(cli, 'a.dream', wrong), playbook, written(cli, 'b.dream', unused)];
    const ended = await cli.run(['check', ...files]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(
      /a\.dream:3:22: error DN020: .*\n {4}3 \| {5}IF task\.memory > 5s THEN\n {6}\| {22}\^\^\n/,
    );
    expect(ended.stderr).toMatch(/b\.dream:1:8: warning DN040/);
    expect(ended.stderr).toMatch(/\n\n3 files: 3 errors, 1 warning; 2 can be fixed with --fix\n$/);
    expect(ended.stderr).not.toContain('\u001b');
    for (const line of ended.stderr.split('\n').filter((text) => !text.includes(cli.root)))
      expect(line.length).toBeLessThanOrEqual(80);
  });

  it('counts warnings as errors when it is told to', async () => {
    const cli = commandLine();
    const file = written(cli, 'b.dream', unused);
    expect(await cli.run(['check', file])).toMatchObject({ code: 0 });
    for (const flag of ['--strict', '--warnings-as-errors']) {
      const ended = await cli.run(['check', file, flag]);
      expect(ended).toMatchObject({ code: 2 });
      expect(ended.stderr).toContain('1 file: 1 warning; warnings count as errors');
    }
  });

  it('prints one document with everything an editor needs', async () => {
    const cli = commandLine();
    const files = [written(cli, 'a.dream', wrong), playbook];
    const document = await cli.json<CheckDocument>(['check', ...files], 2);
    expect(document).toMatchObject({ ok: false, errors: 3, warnings: 0, fixed: 0, fixable: 2 });
    expect(document.files).toMatchObject([
      { file: files[0], ok: false, fixed: 0 },
      { file: files[1], ok: true, diagnostics: [], fixed: 0 },
    ]);
    expect(document.files[0]?.diagnostics[1]).toMatchObject({
      code: 'DN002',
      line: 4,
      column: 37,
      endLine: 4,
      endColumn: 38,
      suggestion: { offset: wrong.indexOf(';'), length: 1, replacement: '', certain: true },
    });
  });

  it('goes on after a file that cannot be read', async () => {
    const cli = commandLine();
    const empty = path.join(cli.root, 'empty');
    mkdirSync(empty);
    const files = ['/nowhere.dream', empty, written(cli, 'a.dream', wrong)];
    const ended = await cli.run(['check', ...files]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('DN930 /nowhere.dream cannot be read');
    expect(ended.stderr).toContain(`DN944 ${empty} is a directory without programs`);
    expect(ended.stderr).toContain('3 files: 5 errors;');
    const document = await cli.json<CheckDocument>(['check', ...files], 2);
    expect(document.files.map((file) => file.error?.code)).toEqual(['DN930', 'DN944', undefined]);
  });

  it('checks all programs below a directory, each of them once', async () => {
    const cli = commandLine();
    mkdirSync(path.join(cli.root, 'deep', 'er'), { recursive: true });
    written(cli, 'deep/er/b.dream', wrong);
    written(cli, 'deep/notes.txt', wrong);
    const document = await cli.json<CheckDocument>(['check', cli.root, written(cli, 'a.dream', unused)], 2);
    const [a, b] = ['a.dream', 'deep/er/b.dream'].map((name) => path.join(cli.root, name));
    expect(document.files.map(({ file }) => file)).toEqual([a, b]);
  });

  it('points at the capability file that was checked beside a program', async () => {
    const cli = commandLine();
    const fleet = path.join(ROOT, 'src/core/language/reference-fleet.json');
    const program = written(cli, 'a.dream', unused);
    const hint = `add: --capabilities ${fleet}`;
    expect((await cli.run(['check', fleet, program])).stderr).toContain(hint);
    expect((await cli.run(['check', program])).stderr).not.toContain('--capabilities');
    expect((await cli.run(['check', fleet, program, '--capabilities', fleet])).stderr).not.toContain(hint);
  });

  it('shows the warnings of the capability file that it checks with', async () => {
    const cli = commandLine();
    const action = { about: 'x', arguments: [], risk: 0.1, effects: [] };
    const fleet = {
      version: 1,
      name: 'mine',
      fields: [{ name: 'age', unit: 'duration', about: 'x' }],
      actions: [{ name: 'A', code: 1, ...action }],
    };
    const capabilities = written(cli, 'fleet.json', JSON.stringify(fleet));
    const program = written(cli, 'a.dream', 'FUNC a() { FOR EACH t IN task_queue { A(t) } }');
    const ended = await cli.run(['check', program, '--capabilities', capabilities]);
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stderr).toMatch(/fleet\.json:1:\d+: warning DN067: /);
    const words = [program, '--capabilities', capabilities];
    const warning = { code: 'DN067', severity: 'warning', file: capabilities };
    expect(await cli.json(['check', ...words])).toMatchObject({ ok: true, aboutCapabilities: [warning] });
    expect(await cli.json(['compile', ...words, '-o', '/dev/null'])).toMatchObject({
      diagnostics: [warning],
    });
    const mistaken = await cli.run(['check', program, '--capabilities', written(cli, 'program.bc', '\0asm')]);
    expect(mistaken.stderr).toMatch(
      /^DN942 .*program\.bc is a compiled program\.\n {2}Give the capability file/,
    );
  });

  it('reads standard input once', () => {
    const ended = piped(wrong, ['--capabilities', '-']);
    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr).toContain('DN939 Standard input can be read once');
  });

  it.each<[string, string | Uint8Array, string]>([
    ['an empty file', '', 'DN008'],
    ['NUL bytes', 'FUNC f() {\0}', 'DN002'],
    ['UTF-16', Buffer.from(unused, 'utf16le'), 'DN002'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0xfd]), 'DN002'],
    ['a huge file', '#'.repeat(1_000_000), 'DN001'],
  ])('has an answer to %s', (_, input, code) => {
    const ended = piped(input, []);
    expect(ended.status).toBe(2);
    expect(ended.stderr).toContain(`standard input:1:`);
    expect(ended.stderr).toContain(code);
  });

  it('waits for input that is not there yet', () => {
    const ended = piped(wrong, [], { NODE_OPTIONS: `--import=${emptyAtFirst}` });
    expect(ended.stderr).toContain('1 file: 3 errors');
  });

  it('needs a file', async () => {
    const ended = await commandLine().run(['check']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('DN904');
  });
});

describe('dreamnet check --fix', () => {
  it('mends what is certain in the file, says what, and reports what remains', async () => {
    const cli = commandLine();
    const file = written(cli, 'a.dream', wrong.replaceAll('\n', '\r\n'));
    chmodSync(file, 0o640);
    const ended = await cli.run(['check', file, '--fix']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(`${file}:4:37: fixed DN002`);
    expect(ended.stderr).toContain(`${file}:5:20: fixed DN030`);
    expect(ended.stderr).toContain(`${file}:3:22: error DN020`);
    expect(ended.stderr).toContain('1 file: 1 error; 2 fixed\n');
    const mended = wrong.replace(';', '').replace('errors = 3', 'errors == 3');
    expect(readFileSync(file, 'utf8')).toBe(mended.replaceAll('\n', '\r\n'));
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(cli.root)).toEqual(['a.dream']);
  });

  it('writes nothing when there is nothing to mend', async () => {
    const cli = commandLine();
    const file = written(cli, 'b.dream', unused);
    const before = statSync(file);
    expect(await cli.run(['check', file, '--fix'])).toMatchObject({ code: 0 });
    expect(statSync(file)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  it('never writes back what it could not read as text', async () => {
    const cli = commandLine();
    const bytes = Buffer.concat([Buffer.from('# caf\u00e9\n', 'latin1'), Buffer.from(wrong)]);
    const file = written(cli, 'latin1.dream', bytes);
    const document = await cli.json<CheckDocument>(['check', file, '--fix'], 2);
    expect(document).toMatchObject({ fixed: 0, fixable: 2 });
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('filters standard input, also when nothing is to be mended', () => {
    const ended = piped(wrong, ['--fix']);
    expect(ended.status).toBe(2);
    expect(ended.stdout).toBe(wrong.replace(';', '').replace('errors = 3', 'errors == 3'));
    expect(ended.stderr).toContain('standard input:3:22: error DN020');
    expect(piped(unused, ['--fix'])).toMatchObject({ status: 0, stdout: unused });
    const document = JSON.parse(piped(wrong, ['--fix', '--json']).stdout) as CheckDocument;
    expect(document.files[0]?.source).toBe(ended.stdout);
  });
});

describe('dreamnet check of compiled programs', () => {
  async function compiled(cli: CommandLine, ...flags: string[]): Promise<string> {
    const output = path.join(cli.root, 'program.bc');
    await cli.run(['compile', playbook, '-o', output, ...flags]);
    return output;
  }

  it('verifies the bytes and the signature of this home', async () => {
    const cli = commandLine();
    const file = await compiled(cli);
    const ended = await cli.run(['check', file, playbook]);
    expect(ended).toMatchObject({ code: 0, stdout: '' });
    expect(ended.stderr).toMatch(
      /program\.bc: cost_optimize, \d+( to \d+)? instructions a task, signed by trusted key [0-9a-f]{16}\n/,
    );
    const document = await cli.json<CheckDocument>(['check', file]);
    expect(document.files[0]).toMatchObject({ kind: 'program', program: { signature: { ok: true } } });
  });

  it('makes no key of its own, and trusts none but the one that is asked for', async () => {
    const [maker, checker] = [commandLine(), commandLine()];
    const file = await compiled(maker);
    const unknown = await checker.run(['check', file]);
    expect(unknown).toMatchObject({ code: 0 });
    expect(unknown.stderr).toContain('and this key is not trusted');
    expect(readdirSync(checker.root)).toEqual([]);
    const { publicKeyPath } = ensureSigningKeys(maker.home);
    expect(await checker.run(['check', file, '--key', publicKeyPath])).toMatchObject({ code: 0 });
    mkdirSync(checker.home.keysDir, { recursive: true });
    const other = ensureSigningKeys(checker.home).publicKeyPath;
    const refused = await checker.run(['check', file, '--key', other]);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain('program.bc: error DN122');
    expect(await checker.run(['check', file, '--key', file])).toMatchObject({ code: 2 });
    // Now the home has a key of its own, and can say that this one is none of them.
    const stranger = await checker.run(['check', file]);
    expect(stranger).toMatchObject({ code: 0 });
    expect(stranger.stderr).toMatch(
      /program\.bc: warning DN122: .*[0-9a-f]{16}, and this key is not trusted/,
    );
    expect(await checker.run(['check', file, '--strict'])).toMatchObject({ code: 2 });
  });

  it('warns about a program that nobody signed, and refuses it when a key is asked for', async () => {
    const cli = commandLine();
    const { publicKeyPath } = (await cli.run(['compile', playbook, '-o', '/dev/null']))
      ? ensureSigningKeys(cli.home)
      : { publicKeyPath: '' };
    const file = await compiled(cli, '--unsigned');
    const ended = await cli.run(['check', file]);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stderr).toContain('program.bc: warning DN120');
    expect(await cli.run(['check', file, '--strict'])).toMatchObject({ code: 2 });
    expect(await cli.run(['check', file, '--key', publicKeyPath])).toMatchObject({ code: 2 });
    const signed = await compiled(cli);
    expect(await cli.run(['check', signed, '--key', 'signing'])).toMatchObject({ code: 0 });
    const nobody = await cli.run(['check', signed, '--key', 'nobody']);
    expect(nobody).toMatchObject({ code: 2 });
    expect(nobody.stderr).toContain('DN936 nobody is neither a key of this home nor a file.');
  });

  it('refuses what was changed or cut, whatever is called .bc', async () => {
    const cli = commandLine();
    const bytes = readFileSync(await compiled(cli));
    const changed = Buffer.from(bytes);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    const files = [
      written(cli, 'changed.bc', changed),
      written(cli, 'cut.bc', bytes.subarray(0, 100)),
      written(cli, 'empty.bc', ''),
      written(cli, 'text.bc', 'FUNC a() { }'),
    ];
    const document = await cli.json<CheckDocument>(['check', ...files], 2);
    expect(document.files.map(({ diagnostics }) => diagnostics[0]?.code)).toEqual([
      'DN123',
      'DN101',
      'DN101',
      'DN101',
    ]);
    expect(document.files[1]?.diagnostics[0]).toMatchObject({ line: 1, column: 1, related: [] });
  });
});

describe('dreamnet explain', () => {
  it('says of a code what it means, with an example, what is said about it, and the example mended', async () => {
    const cli = commandLine();
    const ended = await cli.run(['explain', 'dn012']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(
      /^error DN012: .*task\.memroy > 1GB.*example\.dream:3:13: error DN012: .*task\.memory > 1GB/s,
    );
    const document = await cli.json<ExplanationDocument>(['explain', 'dn012']);
    expect(document).toMatchObject({ code: 'DN012', severity: 'error', about: 'program' });
    expect(document.example?.diagnostics[0]).toMatchObject({ code: 'DN012', line: 3 });
  });

  it('says of a refused program file what to do', async () => {
    const document = await commandLine().json<ExplanationDocument>(['explain', 'DN122']);
    expect(document.remedy).toContain('dreamnet compile --key');
  });

  it('lists all codes, and refuses what is none', async () => {
    const cli = commandLine();
    expect((await cli.run(['explain'])).stdout).toContain('\n  DN020  units that do not go together\n');
    const { codes } = await cli.json<{ codes: unknown[] }>(['explain']);
    expect(codes.length).toBeGreaterThan(60);
    const refused = await cli.run(['explain', 'DN02O']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('Did you mean DN020?');
  });
});
