// This checkout → the image of the SDK agent (deploy/agent.Dockerfile), with nothing in it but Node, the build and the
// packages that an agent needs.
//
//   node deploy/build-agent-image.mjs [--tag dreamnet-agent] [--from-files]
//
// --from-files takes Node and the libraries that it needs from this machine instead of from a registry (Linux; needs a
// static busybox for the shell). Prints the name of the image. Plain Node; the docker command does the rest.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
/** What src/core/agent imports; what these depend on follows from the lock file. */
const packages = ['ioredis', 'jsonc-parser', 'zod'];

const { values: options } = parseArgs({
  options: {
    tag: { type: 'string', default: 'dreamnet-agent' },
    'from-files': { type: 'boolean', default: false },
  },
});
const work = mkdtempSync(path.join(tmpdir(), 'dreamnet-image-'));
try {
  const base = options['from-files'] ? importBase(path.join(work, 'base')) : undefined;
  buildImage(makeContext(path.join(work, 'context')), base);
  process.stdout.write(`${options.tag}\n`);
} catch (thrown) {
  process.stderr.write(`build-agent-image: ${thrown.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

function makeContext(context) {
  if (!existsSync(path.join(root, 'dist', '.built-from'))) {
    throw new Error('dreamnet is not built. Run: npm run build');
  }
  const app = path.join(context, 'app');
  mkdirSync(path.join(context, 'state'), { recursive: true });
  mkdirSync(app);
  copyFileSync(path.join(root, 'package.json'), path.join(app, 'package.json'));
  cpSync(path.join(root, 'dist', 'core'), path.join(app, 'dist', 'core'), {
    recursive: true,
    filter: (file) => !/\.(d\.ts|map)$/.test(file),
  });
  const locked = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
  for (const place of placesOf(locked, packages)) {
    cpSync(path.join(root, place), path.join(app, place), { recursive: true });
  }
  return context;
}

/** Where npm put the packages and all that they depend on, such as `node_modules/a` and `node_modules/a/node_modules/b`. */
function placesOf(locked, names) {
  const places = new Set();
  const add = (name, from) => {
    const place = nearest(locked, name, from);
    if (place === undefined || places.has(place)) return;
    places.add(place);
    for (const needed of Object.keys(locked[place].dependencies ?? {})) add(needed, place);
  };
  for (const name of names) add(name, '');
  return [...places].filter((place) => ![...places].some((other) => place.startsWith(`${other}/`)));
}

/** As Node looks for a package: beside the one that needs it, then further up. */
function nearest(locked, name, from) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const place = path.posix.join(at, 'node_modules', name);
    if (locked[place] !== undefined) return place;
    if (at === '') return undefined;
  }
}

function buildImage(context, base) {
  const dockerfile = path.join(root, 'deploy', 'agent.Dockerfile');
  const words = ['build', '--quiet', '--tag', options.tag, '--file', dockerfile];
  if (base !== undefined) words.push('--build-arg', `BASE=${base}`);
  // The other builder asks a registry about every base, also about one that is here.
  docker([...words, context], base === undefined ? {} : { DOCKER_BUILDKIT: '0' });
}

/** Node, its libraries and a shell as an image, whose tag names their content. */
function importBase(rootfs) {
  const node = path.join(root, 'node_modules', 'node', 'bin', 'node');
  const libraries = execFileSync('ldd', [node], { encoding: 'utf8' }).match(/\/\S+\.so\S*/g) ?? [];
  const busybox = execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim();
  const files = { '/usr/local/bin/node': node, '/bin/busybox': busybox };
  for (const library of libraries) files[library] = library;

  const content = createHash('sha256');
  for (const [to, from] of Object.entries(files)) content.update(`${to}\0`).update(readFileSync(from));
  const image = `dreamnet-base:node-${content.digest('hex').slice(0, 12)}`;
  if (docker(['images', '--quiet', image]) !== '') return image;

  for (const [to, from] of Object.entries(files)) {
    mkdirSync(path.join(rootfs, path.dirname(to)), { recursive: true });
    copyFileSync(from, path.join(rootfs, to));
  }
  symlinkSync('busybox', path.join(rootfs, 'bin', 'sh'));
  mkdirSync(path.join(rootfs, 'tmp'));
  chmodSync(path.join(rootfs, 'tmp'), 0o1777);
  const tar = `${rootfs}.tar`;
  execFileSync('tar', ['-C', rootfs, '--owner=0', '--group=0', '-cf', tar, '.']);
  docker(['import', '--change', 'ENV PATH=/usr/local/bin:/bin', tar, image]);
  return image;
}

/** What it prints; its other words are shown when it fails. */
function docker(words, environment = {}) {
  const env = { ...process.env, ...environment };
  const { status, stdout, stderr, error } = spawnSync('docker', words, { encoding: 'utf8', env });
  if (error !== undefined) throw new Error(`the docker command does not run: ${error.message}`);
  if (status !== 0) throw new Error(`docker ${words[0]} ended with ${status}: ${stderr.trim()}`);
  return stdout.trim();
}
