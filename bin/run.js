#!/usr/bin/env node
// Starts the built command line. It runs on any Node since 18, so that an old one gets a clear sentence or, in a
// checkout, is replaced by the Node 24 of node_modules. Nothing but built-in modules may be imported up here.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const argv = process.argv.slice(2);
const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const required = engines.node.replace(/^\D+/, '');

if (isOlder(process.versions.node, required)) await restartWithOwnNode();
else await start();

async function start() {
  delete process.env.DREAMNET_RESTARTED; // It is about this process, not about those that it starts.
  process.env.NODE_ENV = 'production'; // React and Ink are several times slower without it.
  chooseColour();
  await cacheCompiledCode();
  const entry = path.join(root, 'dist', 'cli', 'main.js');
  if (!existsSync(entry)) {
    return fail(
      'DN902',
      'dreamnet is not built here.',
      `Run: node ${path.join(root, 'scripts', 'setup.mjs')}`,
    );
  }
  const { main } = await import('../dist/cli/main.js');
  await main({ argv, root });
}

/** Libraries read different variables, some of them while they load: one decision is written to all of them here. */
function chooseColour() {
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  if (!flags.includes('--no-color') && !process.env.NO_COLOR) return;
  process.env.NO_COLOR = '1';
  process.env.FORCE_COLOR = '0';
}

/** V8's compiled code is kept in the user's own cache directory; where that cannot be written, Node goes on without. */
async function cacheCompiledCode() {
  if (process.env.NODE_COMPILE_CACHE || process.env.NODE_DISABLE_COMPILE_CACHE) return;
  const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  const { enableCompileCache } = await import('node:module');
  enableCompileCache(path.join(cache, 'dreamnet', 'compiled'));
}

function isOlder(version, minimum) {
  const have = version.split('.').map(Number);
  const want = minimum.split('.').map(Number);
  for (let i = 0; i < want.length; i++) {
    if (have[i] !== want[i]) return have[i] < want[i];
  }
  return false;
}

async function restartWithOwnNode() {
  const node = path.join(root, 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(node) || process.env.DREAMNET_RESTARTED) {
    return fail(
      'DN901',
      `dreamnet needs Node ${required} or later; this is Node ${process.versions.node}.`,
      'Install Node 24 (https://nodejs.org), or in a checkout run: node scripts/setup.mjs',
    );
  }
  const { spawn } = await import('node:child_process');
  const child = spawn(node, process.argv.slice(1), {
    stdio: 'inherit',
    env: { ...process.env, DREAMNET_RESTARTED: '1' },
  });
  // A terminal sends Ctrl-C to both processes, `kill` only to this one; the command counts a signal that comes
  // twice within a moment once, so passing it on is right in both cases.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail('DN901', `could not start ${node}: ${error.message}`, 'Run: npm ci'));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(code, message, hint) {
  process.exitCode = 1;
  if (argv.includes('--json') || argv.includes('--jsonl')) {
    const error = { code, message, hint, exitCode: 1 };
    process.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`);
  } else {
    process.stderr.write(`${code} ${message}\n  ${hint}\n`);
  }
}
