/** The example of a BullMQ worker, in a process of its own with real jobs: a program makes it faster, a rollback puts it back. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Queue } from 'bullmq';
import { expect, onTestFinished, test } from 'vitest';
import type { LoopDocument } from '../../src/core/loop-document.js';
import { ROOT } from '../cli/run-command.js';
import { temporaryDir } from '../fleet/support.js';
import { commandLine, tcpRedis, until } from './support.js';

test('a BullMQ worker is tuned by a program while it works, and put back by a rollback', async () => {
  const redis = await tcpRedis();
  const cli = commandLine({ REDIS_URL: redis.url });
  const example = exampleProject();
  const file = (name: string) => join(example, name);
  await cli.json(['keys', 'create']);

  // As its README says: capability file, program, worker.
  const { stdout } = await promisify(execFile)(process.execPath, ['capabilities.ts'], { cwd: example });
  expect(stdout, 'run `npm run capabilities` in the example').toBe(
    readFileSync(file('capabilities.json'), 'utf8'),
  );
  const compiling = ['compile', file('catch-up.dream'), '--capabilities', file('capabilities.json')];
  await cli.json([...compiling, '-o', file('catch-up.bc')]);
  const worker = startWorker(example, { REDIS_URL: redis.url, DREAMNET_KEYS: cli.home.keysDir });
  await until(() => worker.said().includes('bullmq-worker-1 is ready'));

  const queue = new Queue('thumbnails', { connection: redis.client });
  onTestFinished(() => queue.close());
  const jobs = Array.from({ length: 4_000 }, (_, at) => ({ name: 'render', data: { key: `${at}` } }));
  await queue.addBulk(jobs);
  await expect.poll(() => queue.getActiveCount(), { timeout: 5_000 }).toBe(2);

  const inject = ['inject', file('catch-up.bc'), '--set', 'jobs=7', '--window', '1s', '--bake', '0'];
  const done = await cli.json<LoopDocument>(inject);
  expect(done.rollout).toMatchObject({ agents: 1, failed: 0, state: 'complete' });
  expect(done.execution).toMatchObject({ workload: 'service' });
  await expect.poll(() => queue.getActiveCount(), { timeout: 10_000 }).toBe(7);
  expect(await redis.client.hget('agent:bullmq-worker-1', 'status')).toBe('live');

  await cli.json(['rollout', 'rollback']);
  await expect.poll(() => queue.getActiveCount(), { timeout: 10_000 }).toBe(2);

  const ended = once(worker.child, 'exit');
  worker.child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(await redis.client.zcard('swarm:agents')).toBe(0);
}, 60_000);

test('the types of the example are right', async () => {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = await promisify(execFile)(process.execPath, [tsc], { cwd: exampleProject() }).catch(
    (thrown) => thrown,
  );
  expect(stdout).toBe('');
}, 60_000);

/** A copy with the packages that `npm install` would put there. */
function exampleProject(): string {
  const directory = join(temporaryDir(), 'bullmq-worker');
  cpSync(join(ROOT, 'examples', 'bullmq-worker'), directory, { recursive: true });
  const modules = join(directory, 'node_modules');
  mkdirSync(modules);
  symlinkSync(ROOT, join(modules, 'dreamnet'));
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  return directory;
}

function startWorker(cwd: string, env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ['worker.ts'], { cwd, env: { ...process.env, ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  return { child, said: () => text };
}
