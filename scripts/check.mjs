// Everything that can be judged without a build or a running process, side by side: types, lint and format, unused
// code, import arrows, unit tests. Takes a minute. Prints one line per check, and the output of those that fail.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = path.join(root, 'node_modules', '.bin');
const environment = { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH}` };

/** What a test needs is in its name: these start servers or other programs. `npm test` runs them too. */
const leftOut = [
  '**/*.redis.test.ts',
  '**/*.docker.test.ts',
  '**/*.e2e.test.ts',
  'test/e2e/**',
  'test/injector/reliability/**',
];
const words = process.argv.slice(2);

const CHECKS = [
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'lint and format', command: ['biome', 'check', '--error-on-warnings'] },
  { name: 'unused code', command: ['knip', '--no-progress'] },
  {
    name: 'arrows and unit tests',
    command: ['vitest', 'run', '--reporter=dot', ...leftOut.flatMap((glob) => ['--exclude', glob]), ...words],
  },
];

const results = await Promise.all(CHECKS.map(check));
for (const { name, output } of results.filter(({ ok }) => !ok))
  process.stderr.write(`\n── ${name}\n${output}`);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;

function check({ name, command }) {
  return new Promise((resolve) => {
    const startedMs = Date.now();
    const child = spawn(command[0], command.slice(1), {
      cwd: root,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => chunks.push(Buffer.from(`${error.message}. Run: npm ci\n`)));
    child.on('close', (code) => {
      const took = `${((Date.now() - startedMs) / 1000).toFixed(1)} s`;
      process.stderr.write(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${took})\n`);
      resolve({ name, ok: code === 0, output: Buffer.concat(chunks).toString() });
    });
  });
}
