import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FormatDocument } from '../../src/cli/views/format-document.js';
import { cleanEnvironment, ROOT } from '../cli/run-command.js';
import { type CommandLine, commandLine } from './support.js';

const playbook = path.join(ROOT, 'playbooks', 'cost_optimize.dream');
const ugly = readFileSync(path.join(ROOT, 'test', 'fixtures', 'unformatted.dream'));
const formatted = readFileSync(path.join(ROOT, 'test', 'fixtures', 'formatted.dream'), 'utf8');
const broken = 'FUNC a() {\n  IF THEN\n}\n';

function written(cli: CommandLine, name: string, content: string | Uint8Array): string {
  const file = path.join(cli.root, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function piped(input: string | Uint8Array, words: readonly string[]) {
  const cli = commandLine();
  const command = [path.join(ROOT, 'bin', 'run.js'), 'fmt', '-', ...words];
  const env = cleanEnvironment({ DREAMNET_HOME: cli.root });
  return spawnSync(process.execPath, command, { env, input, encoding: 'utf8' });
}

describe('dreamnet fmt', () => {
  it('rewrites the files that need it, lists them, and keeps their mode', async () => {
    const cli = commandLine();
    const file = written(cli, 'ugly.dream', ugly);
    chmodSync(file, 0o755);
    const ended = await cli.run(['fmt', file, playbook]);
    expect(ended).toMatchObject({ code: 0, stdout: `${file}\n`, stderr: '2 files: 1 formatted\n' });
    expect(readFileSync(file, 'utf8')).toBe(formatted);
    expect(statSync(file).mode & 0o777).toBe(0o755);
    expect(readdirSync(cli.root)).toEqual(['ugly.dream']);
  });

  it('does not touch a file that is formatted already', async () => {
    const cli = commandLine();
    const file = written(cli, 'good.dream', formatted);
    const before = statSync(file);
    const ended = await cli.run(['fmt', file]);
    expect(ended).toMatchObject({ code: 0, stdout: '', stderr: '1 file: nothing to format\n' });
    const after = statSync(file);
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
  });

  it('rewrites what a symbolic link leads to, and leaves the link', async () => {
    const cli = commandLine();
    const target = written(cli, 'real/ugly.dream', ugly);
    const link = path.join(cli.root, 'link.dream');
    symlinkSync('real/ugly.dream', link);
    const ended = await cli.run(['fmt', link, target]);
    expect(ended).toMatchObject({ code: 0, stdout: `${link}\n`, stderr: '1 file: formatted\n' });
    expect(readlinkSync(link)).toBe('real/ugly.dream');
    expect(lstatSync(target).isFile()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe(formatted);
  });

  it('takes a directory for all programs below it, but for hidden and linked ones', async () => {
    const cli = commandLine();
    const found = ['b.dream', 'deep/er/a.dream'].map((name) => written(cli, `set/${name}`, ugly));
    const left = ['set/.git/a.dream', 'set/node_modules/a.dream', 'set/notes.txt', 'other.dream'];
    const others = left.map((name) => written(cli, name, ugly));
    symlinkSync('../../other.dream', path.join(cli.root, 'set', 'deep', 'link.dream'));
    symlinkSync('..', path.join(cli.root, 'set', 'deep', 'loop'));
    const ended = await cli.run(['fmt', path.join(cli.root, 'set'), ...found]);
    expect(ended).toMatchObject({ code: 0, stdout: `${found.join('\n')}\n` });
    for (const file of found) expect(readFileSync(file, 'utf8')).toBe(formatted);
    for (const file of others) expect(readFileSync(file).equals(ugly)).toBe(true);
  });

  it('only lists with --check, and ends with 1 when there is something to format', async () => {
    const cli = commandLine();
    const file = written(cli, 'ugly.dream', ugly);
    const ended = await cli.run(['fmt', '--check', file, playbook]);
    expect(ended).toMatchObject({ code: 1, stdout: `${file}\n`, stderr: '2 files: 1 to be formatted\n' });
    expect(readFileSync(file).equals(ugly)).toBe(true);
    expect(await cli.run(['fmt', '--check', playbook])).toMatchObject({ code: 0, stdout: '' });
    const document = await cli.json<FormatDocument>(['fmt', '--check', file], 1);
    expect(document).toEqual({
      files: [{ file, changed: true, ok: true, diagnostics: [] }],
      changed: 1,
      failed: 0,
    });
  });

  it('formats the others when one has errors, shows these, and ends with 2', async () => {
    const cli = commandLine();
    const files = [written(cli, 'broken.dream', broken), written(cli, 'ugly.dream', ugly)];
    const ended = await cli.run(['fmt', ...files]);
    expect(ended).toMatchObject({ code: 2, stdout: `${files[1]}\n` });
    expect(ended.stderr).toMatch(/broken\.dream:2:6: error DN008: .*\n.*IF THEN\n.*\^\^\^\^/);
    expect(ended.stderr).toMatch(/\n\n2 files: 1 formatted, 1 could not be formatted\n$/);
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual([broken, formatted]);
    const document = await cli.json<FormatDocument>(['fmt', '--check', ...files], 2);
    expect(document).toMatchObject({ changed: 0, failed: 1, files: [{ ok: false }, { ok: true }] });
    expect(document.files[0]?.diagnostics[0]).toMatchObject({
      code: 'DN008',
      line: 2,
      column: 6,
      endColumn: 10,
    });
  });

  it('takes carriage returns and the byte order mark away', async () => {
    const cli = commandLine();
    const file = written(cli, 'dos.dream', `\uFEFF${formatted.replaceAll('\n', '\r\n')}`);
    expect(await cli.run(['fmt', file])).toMatchObject({ code: 0, stdout: `${file}\n` });
    expect(readFileSync(file, 'utf8')).toBe(formatted);
  });

  it('leaves alone what is no source, and says why', async () => {
    const cli = commandLine();
    const program = path.join(cli.root, 'program.bc');
    await cli.run(['compile', playbook, '-o', program]);
    const cases: [file: string, code: string][] = [
      [written(cli, 'latin1.dream', Buffer.from('# caf\u00e9\nFUNC  a() { }', 'latin1')), 'DN943'],
      [written(cli, 'utf16.dream', Buffer.from('FUNC  a() { }', 'utf16le')), 'DN002'],
      [written(cli, 'empty.dream', ''), 'DN008'],
      [written(cli, 'huge.dream', '#'.repeat(300_000)), 'DN001'],
      [program, 'DN942'],
      [path.join(cli.root, 'missing.dream'), 'DN930'],
      [path.dirname(written(cli, 'empty/notes.txt', '')), 'DN944'],
      ['/dev/null', 'DN944'],
    ];
    const files = cases.map(([file]) => file);
    const contents = () =>
      files.filter((file) => existsSync(file) && statSync(file).isFile()).map((file) => readFileSync(file));
    const before = contents();
    const document = await cli.json<FormatDocument>(['fmt', ...files], 2);
    for (const [at, { error, diagnostics }] of document.files.entries())
      expect([error?.code, ...diagnostics.map(({ code }) => code)]).toContain(cases[at]?.[1]);
    expect(document).toMatchObject({ changed: 0, failed: cases.length });
    expect(contents()).toEqual(before);
    const ended = await cli.run(['fmt', ...files]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(`DN943 ${files[0]} is not UTF-8.\n  Save it`);
  });

  it('ends with 1 when a file cannot be written, and formats the others', async () => {
    const cli = commandLine();
    // There is no room left in the first name for a file beside it.
    const files = [written(cli, `${'long'.repeat(60)}.dream`, ugly), written(cli, 'ugly.dream', ugly)];
    const ended = await cli.run(['fmt', ...files]);
    expect(ended).toMatchObject({ code: 1, stdout: `${files[1]}\n` });
    expect(ended.stderr).toContain('DN938');
    expect(readFileSync(files[0] ?? '').equals(ugly)).toBe(true);
  });

  it('needs a file, and does not take - among others', async () => {
    const cli = commandLine();
    expect(await cli.run(['fmt'])).toMatchObject({ code: 2, stdout: '' });
    const ended = await cli.run(['fmt', playbook, '-']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('DN941');
  });
});

describe('dreamnet fmt -', () => {
  it('gives the formatted text out, byte for byte, and nothing else', () => {
    expect(piped(ugly, [])).toMatchObject({ status: 0, stdout: formatted, stderr: '' });
    const odd = '# a\tb größer 😀 \u05d0\nFUNC a() {}\n';
    expect(piped(odd, [])).toMatchObject({ status: 0, stdout: odd, stderr: '' });
    const document = JSON.parse(piped(ugly, ['--json']).stdout) as FormatDocument;
    expect(document).toMatchObject({ changed: 1, files: [{ file: 'standard input', text: formatted }] });
  });

  it('gives nothing out of a program with characters that deceive a reader', () => {
    const deceiving = piped('# a \u001b[31m \u202e\nFUNC a() {}\n', []);
    expect(deceiving).toMatchObject({ status: 2, stdout: '' });
    expect(deceiving.stderr).toContain('DN002: U+202E');
    for (const hidden of ['\u001b', '\u202e']) expect(deceiving.stderr).not.toContain(hidden);
  });

  it('gives nothing out when there are errors, or with --check', () => {
    const wrong = piped(broken, []);
    expect(wrong).toMatchObject({ status: 2, stdout: '' });
    expect(wrong.stderr).toContain('standard input:2:6: error DN008');
    expect(piped(ugly, ['--check'])).toMatchObject({ status: 1, stdout: 'standard input\n' });
    expect(piped(formatted, ['--check'])).toMatchObject({ status: 0, stdout: '' });
  });
});
