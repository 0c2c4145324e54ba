// Brings a checkout to where dreamnet runs: locked packages, a Redis server binary, an up-to-date build.
// Plain Node (18 or later) without dependencies; does nothing, quickly, when there is nothing to do.
//
//   node scripts/setup.mjs [--quiet]
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, buildIsCurrent } from './setup/build.mjs';
import { withLock } from './setup/lock.mjs';
import { installPackages, packagesAreInstalled } from './setup/packages.mjs';
import { findRedisServer, installRedis } from './setup/redis.mjs';
import { SetupError } from './setup/steps.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const quiet = process.argv.includes('--quiet');

const steps = [
  { needed: () => !packagesAreInstalled(root), run: installPackages },
  { needed: () => !findRedisServer() && !process.env.REDIS_URL, run: installRedis },
  { needed: () => !buildIsCurrent(root), run: build },
];

try {
  if (steps.some((step) => step.needed())) await setUp();
} catch (error) {
  if (!(error instanceof SetupError) && error.syscall === undefined) throw error;
  const where = error.syscall === undefined ? '' : `. This user must be able to write below ${root}`;
  process.stderr.write(`set-up: ${error.message}${where}\n`);
  process.exitCode = 1;
}

/** One at a time per checkout: a second one waits, and then finds nothing left to do. */
async function setUp() {
  await withLock(path.join(root, '.dreamnet', 'setup.lock'), say, async () => {
    for (const step of steps) {
      if (step.needed()) await step.run(root, say);
    }
  });
  say('ready');
}

function say(text) {
  if (!quiet) process.stderr.write(`set-up: ${text}\n`);
}
