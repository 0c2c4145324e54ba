import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodesOf } from '../../src/cli/exit-codes.js';
import { cleanEnvironment, ROOT, runDreamnet, start } from './run-command.js';

const ESCAPE = '\u001b';

describe('dreamnet', () => {
  it('tells its version', async () => {
    const ended = await runDreamnet(['--version']);
    const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(new RegExp(`^dreamnet/${version} \\S+ node-v\\S+\\n$`));
  });

  it('lists its commands when it is given none', async () => {
    const ended = await runDreamnet([]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(/doctor +Check that this machine has what dreamnet needs\./);
  });

  it('has an example and the exit codes in the help of every command', async () => {
    const manifest = JSON.parse(readFileSync(path.join(ROOT, 'oclif.manifest.json'), 'utf8'));
    for (const [id, command] of Object.entries<{ hidden?: boolean; examples?: unknown[] }>(
      manifest.commands,
    )) {
      if (command.hidden || id === 'help') continue;
      const ended = await runDreamnet([...id.split(':'), '--help']);
      expect(ended, id).toMatchObject({ code: 0, stderr: '' });
      expect(ended.stdout, id).toMatch(/EXAMPLES.*\$ dreamnet .*EXIT CODES.*130 {2}interrupted/s);
      const [, codes = ''] = ended.stdout.split('EXIT CODES\n');
      const told = [...codes.matchAll(/^ {2}(\d+) /gm)].map(([, code]) => code);
      expect(told, id).toEqual(exitCodesOf(id).map(([code]) => code));
    }
  });

  it('gives the same help for `help doctor`, `doctor --help` and `doctor -h`', async () => {
    const helps = await Promise.all([
      runDreamnet(['help', 'doctor']),
      runDreamnet(['doctor', '--help']),
      runDreamnet(['doctor', '-h']),
    ]);
    expect(new Set(helps.map(({ stdout }) => stdout)).size).toBe(1);
  });

  it('refuses unknown commands with a suggestion, also when help is asked', async () => {
    for (const words of [['docter'], ['docter', '--help'], ['help', 'docter'], ['docter', 'now', '--fast']]) {
      const ended = await runDreamnet(words);
      expect(ended, words.join(' ')).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toMatch(
        /^DN903 There is no command "docter"\.\n {2}Did you mean: dreamnet doctor\?/,
      );
    }
  });

  it('refuses arguments and flags that a command does not take', async () => {
    const argument = await runDreamnet(['doctor', 'now', '--json']);
    expect(argument.code).toBe(2);
    expect(JSON.parse(argument.stdout).error.message).toBe('doctor takes no argument "now".');
    const flag = await runDreamnet(['doctor', '--jsno']);
    expect(flag).toMatchObject({ code: 2, stdout: '' });
    expect(flag.stderr).toContain('Did you mean --json?');
  });

  it('colours help only when colours are wanted', async () => {
    const forced = await runDreamnet(['doctor', '--help'], { env: { FORCE_COLOR: '1' } });
    expect(forced.stdout).toContain(ESCAPE);
    const plain = await Promise.all([
      runDreamnet(['doctor', '--help']),
      runDreamnet(['doctor', '--help'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }),
      runDreamnet(['doctor', '--help', '--no-color'], { env: { FORCE_COLOR: '1' } }),
    ]);
    for (const ended of plain) {
      expect(ended.stdout).not.toContain(ESCAPE);
      expect(ended.stderr).toBe('');
    }
  });

  it('is quiet when its reader goes away', () => {
    const script = `"${process.execPath}" bin/run.js --help | true; echo "\${PIPESTATUS[0]}"`;
    const ended = spawnSync('bash', ['-c', script], { cwd: ROOT, env: cleanEnvironment(), encoding: 'utf8' });
    expect(ended).toMatchObject({ stdout: '0\n', stderr: '' });
  });

  it.runIf(existsSync('/dev/full'))('says that its output was lost, and ends with 1', () => {
    for (const words of ['--help', 'status', 'status --json', 'explain', 'explain DN999 --json']) {
      const script = `"${process.execPath}" bin/run.js ${words} > /dev/full`;
      const ended = spawnSync('bash', ['-c', script], {
        cwd: ROOT,
        env: cleanEnvironment(),
        encoding: 'utf8',
      });
      expect(ended.status, words).toBe(1);
      expect(ended.stderr, words).toMatch(/^DN908 The output cannot be written: there is no space left/);
      expect(ended.stderr.match(/DN908/g), words).toHaveLength(1);
    }
  });

  it('asks for quotes around a goal that is several arguments', async () => {
    const ended = await runDreamnet(['run', 'reduce', 'costs', '15%']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('Put the goal in quotes, such as: dreamnet run "reduce costs 15%"');
    const missing = await runDreamnet(['decide']);
    expect(missing.stderr).toMatch(
      /^DN904 The argument GOAL is missing: .*\n {2}See: dreamnet decide --help\n$/,
    );
  });

  it('shows how a command is typed on lines that fit', async () => {
    for (const command of [
      'trace',
      'simulate',
      'compile',
      'check',
      'fmt',
      'run',
      'inject',
      'serve injector',
      'agents show',
    ]) {
      const { stdout } = await runDreamnet([...command.split(' '), '--help']);
      expect(stdout).not.toContain('| ]');
      const examples = stdout.split('EXAMPLES\n')[1]?.split('\n\nEXIT')[0] ?? '';
      for (const line of examples.split('\n').filter((text) => text !== ''))
        expect(line, command).toMatch(/^ {2}(\$| {2})/);
      for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    }
  });

  it('says in doctor what is missing and ends with 6', async () => {
    const ended = await runDreamnet(['doctor', '--json'], { env: { PATH: '/nowhere' } });
    expect(ended.code).toBe(6);
    const document = JSON.parse(ended.stdout);
    expect(document.ok).toBe(false);
    const redis = document.checks.find((check: { name: string }) => check.name === 'redis');
    expect(redis).toMatchObject({ ok: false });
    expect(redis.hint).toContain('Install');
  });

  it('runs from source as well', () => {
    const ended = spawnSync(process.execPath, ['bin/dev.js', 'doctor', '--jsno'], {
      cwd: ROOT,
      env: cleanEnvironment(),
      encoding: 'utf8',
    });
    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr).toContain('Did you mean --json?');
  });
});

/** A system's Node that is too old for dreamnet, where there is one: the tests of it are registered only then. */
const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find((node) => {
  const major = Number(
    /^v(\d+)/.exec(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1],
  );
  return major >= 18 && major < 22;
});

if (oldNode !== undefined) {
  describe('an old Node', () => {
    it('is replaced by the one of node_modules', async () => {
      const ended = await runDreamnet(['--version'], { node: oldNode });
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(ended.stdout).toContain('node-v24');
    });

    it('passes exit codes on', async () => {
      expect((await runDreamnet(['docter'], { node: oldNode })).code).toBe(2);
    });
  });
}

describe('outside a complete checkout', () => {
  let elsewhere: string;

  beforeAll(() => {
    elsewhere = mkdtempSync(path.join(tmpdir(), 'dreamnet-elsewhere-'));
    mkdirSync(path.join(elsewhere, 'bin'));
    cpSync(path.join(ROOT, 'bin', 'run.js'), path.join(elsewhere, 'bin', 'run.js'));
    cpSync(path.join(ROOT, 'package.json'), path.join(elsewhere, 'package.json'));
  });

  afterAll(() => rmSync(elsewhere, { recursive: true, force: true }));

  it('says how to build', () => {
    const ended = runElsewhere(process.execPath, ['--version']);
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toMatch(/^DN902 dreamnet is not built here\.\n {2}Run: node .*setup\.mjs\n$/);
  });

  if (oldNode !== undefined) {
    it('says that Node is too old, as JSON when asked', () => {
      expect(runElsewhere(oldNode, ['--version']).stderr).toMatch(
        /^DN901 dreamnet needs Node 22\.13\.0 or later/,
      );
      const { status, stdout } = runElsewhere(oldNode, ['doctor', '--json']);
      expect(status).toBe(1);
      expect(JSON.parse(stdout).error).toMatchObject({ code: 'DN901', exitCode: 1 });
    });

    it.each(['SIGINT', 'SIGTERM'] as const)('passes %s on to the Node that took over', async (signal) => {
      symlinkSync(path.join(ROOT, 'node_modules'), path.join(elsewhere, 'node_modules'));
      mkdirSync(path.join(elsewhere, 'dist', 'cli'), { recursive: true });
      writeFileSync(
        path.join(elsewhere, 'dist', 'cli', 'main.js'),
        `export async function main() {
          process.on('${signal}', () => process.exit(42));
          setInterval(() => {}, 1000);
          process.stderr.write('waiting');
        }`,
      );
      try {
        const started = start([path.join(elsewhere, 'bin', 'run.js')], { node: oldNode });
        await started.said('waiting');
        started.child.kill(signal);
        expect((await started.ended).code).toBe(42);
      } finally {
        rmSync(path.join(elsewhere, 'node_modules'));
        rmSync(path.join(elsewhere, 'dist'), { recursive: true });
      }
    });
  }

  function runElsewhere(node: string, words: readonly string[]) {
    const entry = path.join(elsewhere, 'bin', 'run.js');
    expect(existsSync(entry)).toBe(true);
    return spawnSync(node, [entry, ...words], { env: cleanEnvironment(), encoding: 'utf8' });
  }
});
