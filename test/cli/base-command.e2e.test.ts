import { describe, expect, it } from 'vitest';
import { runFixture, startFixture } from './run-command.js';

describe('exit codes', () => {
  it.each([
    ['failed', 1],
    ['bad-input', 2],
    ['stopped-by-gate', 3],
    ['partly-done', 4],
    ['waits-for-approval', 5],
    ['unreachable', 6],
    ['interrupted', 130],
    ['bug', 1],
    ['stray', 1],
    ['ECONNREFUSED', 6],
    ['ENOSPC', 1],
  ])('ends a command that fails as %s with %i', async (how, code) => {
    const ended = await runFixture(['fail', how, '--json']);
    expect(ended.code).toBe(code);
    expect(JSON.parse(ended.stdout).error.exitCode).toBe(code);
  });

  it('lets a command with a result end as partly done', async () => {
    const ended = await runFixture(['show', '--json']);
    expect(ended.code).toBe(4);
    expect(JSON.parse(ended.stdout).prefix).toBeNull();
  });
});

describe('errors', () => {
  it('are two lines on stderr, without a stack and without control characters', async () => {
    const ended = await runFixture(['fail', 'bad-input']);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toBe(
      'about to fail\nDN503 batch of 40 is above the limit of 25\\x1b[2J\n  Use a smaller --batch.\n',
    );
  });

  it('are exactly one JSON document with --json', async () => {
    const ended = await runFixture(['fail', 'stopped-by-gate', '--json', '--quiet']);
    expect(JSON.parse(ended.stdout)).toEqual({
      error: {
        code: 'DN503',
        message: 'batch of 40 is above the limit of 25\u001b[2J',
        hint: 'Use a smaller --batch.',
        exitCode: 3,
      },
    });
    expect(ended.stderr).toBe('');
  });

  it('show the stack with DEBUG only', async () => {
    expect((await runFixture(['fail', 'bug'])).stderr).not.toContain('fail.ts');
    expect((await runFixture(['fail', 'bug'], { env: { DEBUG: '1' } })).stderr).toContain('fail.ts');
  });

  it.each([
    [['fail', 'bug', '--agent', '3'], 'There is no flag --agent.', 'Did you mean --agents?'],
    [
      ['fail', 'bug', '--agents', 'x'],
      '--agents: Expected an integer but received: x',
      'fixture fail --help',
    ],
    [['fail', 'bug', '--agents', '0'], '--agents: Expected an integer greater than or equal to 1', ''],
    [['fail'], 'The argument HOW is missing.', 'fixture fail --help'],
    [['fail', 'bug', 'more'], 'The command takes no more arguments than HOW; found "more".', ''],
    [['show', '--prefix', 'a{b}'], '--prefix: The prefix "a{b}"', 'Use 1 to 64'],
    [['shwo'], 'There is no command "shwo".', 'Did you mean: fixture show?'],
  ])('word bad input %j', async (words, message, hint) => {
    const ended = await runFixture([...words, '--json']);
    expect(ended.code).toBe(2);
    expect(ended.stdout.length).toBeLessThan(1_000);
    const { error } = JSON.parse(ended.stdout);
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });
});

describe('output', () => {
  it('keeps colours of ours and escapes what data could do to a terminal', async () => {
    const ended = await runFixture(['show']);
    expect(ended.stdout).toBe('name \u001b[31mred\u001b[0m \\x1b[2Jcleared\\x0d\\x9bx\n');
    expect(ended.stderr).toBe('working\n');
  });

  it('has no raw control character in JSON', async () => {
    const ended = await runFixture(['show', '--json']);
    expect(ended.stdout).toContain('"\\u001b[2Jcleared\\u009b"');
  });

  it('takes global flags before the command and from the environment', async () => {
    const ended = await runFixture(['--json', '--prefix', 'blue', 'show'], {
      env: { REDIS_URL: 'redis://h:1' },
    });
    expect(JSON.parse(ended.stdout)).toMatchObject({ prefix: 'blue', redis: 'redis://h:1' });
  });

  it('streams events and ends with the result', async () => {
    const ended = await runFixture(['stream', '--jsonl', '--events', '2']);
    expect(
      ended.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { type: 'tick', count: 1 },
      { type: 'tick', count: 2 },
      { type: 'result', result: { events: 2 } },
    ]);
  });

  it('ends a stream with the error', async () => {
    const ended = await runFixture(['stream', '--jsonl', '--events', '1', '--fail']);
    const last = ended.stdout.trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toEqual({
      type: 'error',
      error: { code: 'DN700', message: 'no more', exitCode: 1 },
    });
  });

  it('ends quietly, in order and with 0 when its reader goes away', async () => {
    const started = startFixture(['stream']);
    started.child.stdout?.once('data', () => started.child.stdout?.destroy());
    const ended = await started.ended;
    expect(ended).toMatchObject({ code: 0, stderr: 'order kept\n' });
  });
});

describe('being stopped', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s lets the command finish and ends with %i', async (signal, code) => {
    const started = startFixture(['wait', 'return', '--json']);
    await started.said('waiting');
    started.child.kill(signal);
    const ended = await started.ended;
    expect(ended.code).toBe(code);
    expect(JSON.parse(ended.stdout)).toEqual({ stopped: true });
  });

  it('shows the command that resumes', async () => {
    const started = startFixture(['wait', 'throw']);
    await started.said('waiting');
    started.child.kill('SIGTERM');
    const ended = await started.ended;
    expect(ended.code).toBe(143);
    expect(ended.stderr).toContain(
      'DN599 stopped after batch 3 of 116\n  Resume with: fixture wait --resume r1\n',
    );
  });

  it('is no fault when something that was waited for rejects', async () => {
    const started = startFixture(['wait', 'reject', '--json']);
    await started.said('waiting');
    started.child.kill('SIGINT');
    const ended = await started.ended;
    expect(ended.code).toBe(130);
    expect(JSON.parse(ended.stdout).error).toMatchObject({ code: 'DN910', exitCode: 130 });
  });

  it('ends at once when asked twice, but takes an echo for the same request', async () => {
    const started = startFixture(['wait', 'linger']);
    await started.said('waiting');
    started.child.kill('SIGINT');
    started.child.kill('SIGINT');
    await started.said('Press Ctrl-C again');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(started.child.exitCode).toBeNull();
    started.child.kill('SIGINT');
    expect((await started.ended).code).toBe(130);
  });
});
