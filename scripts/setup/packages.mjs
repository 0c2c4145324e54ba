// package-lock.json → node_modules. What is installed is compared with what is locked by content; npm writes its
// record of it (node_modules/.package-lock.json) last, so an interrupted installation has none.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runQuietly, SetupError, seconds, tail } from './steps.mjs';

const NPM_FLAGS = [
  'ci',
  '--include=dev',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  '--engine-strict=false',
];

export function packagesAreInstalled(root) {
  const installed = readJson(path.join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (installed === undefined || !existsSync(ownNode(root))) return false;
  const locked = readJson(path.join(root, 'package-lock.json')).packages;
  return Object.entries(locked).every(([location, entry]) => {
    if (location === '') return true;
    const found = installed[location];
    if (found === undefined) return entry.optional === true; // Binaries of other platforms.
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

export async function installPackages(root, say) {
  const startedMs = Date.now();
  say('installing the locked packages (npm ci)');
  let { code, output } = await npmCi(root);
  // What a killed installation was still writing is in the way once, not twice.
  if (code !== 0 && output.includes('ENOTEMPTY')) ({ code, output } = await npmCi(root));
  if (code !== 0) {
    throw new SetupError(`npm ci failed; when that is mended, run this again:\n${tail(output)}`);
  }
  if (!existsSync(ownNode(root))) {
    throw new SetupError(
      'npm ci left no Node 24 in node_modules. Allow install scripts (ignore-scripts=false), then: npm ci',
    );
  }
  say(`packages installed in ${seconds(startedMs)}`);
}

/** The npm that runs this script, or the one on the PATH. */
async function npmCi(root) {
  const own = process.env.npm_execpath?.endsWith('.js') ? process.env.npm_execpath : undefined;
  const [command, args] = own ? [process.execPath, [own]] : ['npm', []];
  try {
    return await runQuietly(command, [...args, ...NPM_FLAGS], { cwd: root });
  } catch (error) {
    throw new SetupError(
      `npm could not be started (${error.message}). Install Node with npm, then run this again.`,
    );
  }
}

/** The Node that this project pins. */
export function ownNode(root) {
  return path.join(root, 'node_modules', 'node', 'bin', 'node');
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
