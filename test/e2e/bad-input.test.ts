import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandLine, freePort, goal } from './support.js';

const refused = [
  ['an unknown goal', ['run', 'make coffee'], 'DN401'],
  ['a goal of 10,000 characters', ['decide', 'x'.repeat(10_000)], 'DN403'],
  ['a goal with control characters', ['run', 'reduce \u001b[2J costs 15%'], 'DN402'],
  ['zero agents', ['run', goal, '--agents', '0'], 'DN921'],
  ['a batch of nobody', ['run', goal, '--batch', '0'], 'DN501'],
  ['a batch of more than all', ['inject', '--batch', '200%'], 'DN501'],
  ['a batch that is no number', ['run', goal, '--batch', 'many'], 'DN501'],
  ['impossible tolerance', ['run', goal, '--max-failures', '-1'], 'DN502'],
  ['a selector that cannot be read', ['run', goal, '--selector', '==='], 'DN310'],
  ['a window of no time', ['run', goal, '--window', '0'], 'DN920'],
  ['an address that is none', ['run', goal, '--redis', 'nonsense'], 'DN312'],
  ['a board that is none', ['leaderboard', 'beauty'], 'DN904'],
] as const;

describe('bad input', () => {
  it.each(refused)('refuses %s before anything is started', async (_, words, code) => {
    const cli = commandLine();
    const ended = await cli.run([...words, '--json']);
    expect(ended.code, ended.stderr).toBe(2);
    expect(JSON.parse(ended.stdout).error).toMatchObject({ code, exitCode: 2 });
    expect(existsSync(cli.home.stateFile)).toBe(false);
  });

  it('names the labels when a selector matches nobody, and stops what it started', async () => {
    const cli = commandLine();
    const ended = await cli.run(['run', goal, '--agents', '20', '--selector', 'class=none']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('dreamnet agents list');
  });

  it.each([
    ['the named server is missing', { DREAMNET_REDIS_SERVER: '/nowhere/redis-server' }],
    ['the PATH holds none', { PATH: '/nowhere' }],
  ])('says what to install when %s', async (_, env) => {
    const ended = await commandLine().run(['run', goal, '--agents', '20'], env);
    expect(ended).toMatchObject({ code: 6, stdout: '' });
    expect(ended.stderr).toMatch(/DREAMNET_REDIS_SERVER|install/i);
  });

  it('tells a Redis that refuses from something that is no Redis', async () => {
    const cli = commandLine();
    const nobody = await cli.run(['run', goal, '--redis', `redis://127.0.0.1:${await freePort()}`]);
    expect(nobody).toMatchObject({ code: 6, stdout: '' });
    expect(nobody.stderr).toContain('No Redis answers');
    const server = createServer((socket) =>
      socket.on('error', () => undefined).end('HTTP/1.1 400 No\r\n\r\n'),
    );
    const ended = await cli.run(['run', goal], { REDIS_URL: `redis://127.0.0.1:${await listen(server)}` });
    expect(ended).toMatchObject({ code: 6, stdout: '' });
    expect(ended.stderr).toContain('does not answer as Redis does');
  });

  it('says what to start when there is nothing to read', async () => {
    const cli = commandLine();
    for (const words of [['results'], ['agents'], ['trace', 'agent-0001'], ['leaderboard']]) {
      const ended = await cli.run(words);
      expect(ended).toMatchObject({ code: 6, stdout: '' });
      expect(ended.stderr).toContain('dreamnet up');
    }
  });
});

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
