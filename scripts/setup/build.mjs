// src → dist, with the files that the compiler does not copy and oclif's manifest. Whether it is current is known by
// a digest of everything that goes in, so that neither a checkout's fresh times nor an interrupted build mislead.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { ownNode } from './packages.mjs';
import { runQuietly, SetupError, seconds, tail } from './steps.mjs';

const CONFIGURATION = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/setup/build.mjs',
  'scripts/write-manifest.mjs',
];

export function buildIsCurrent(root) {
  return existsSync(path.join(root, 'oclif.manifest.json')) && readStamp(root) === digestOfSources(root);
}

export async function build(root, say) {
  const startedMs = Date.now();
  say('building');
  const digest = digestOfSources(root);
  rmSync(stampFile(root), { force: true });
  mkdirSync(path.join(root, 'dist'), { recursive: true });
  await runWithOwnNode(
    root,
    [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'],
    'the build',
  );
  copyAssets(root);
  removeOrphans(root);
  await runWithOwnNode(
    root,
    [path.join(root, 'scripts', 'write-manifest.mjs')],
    'writing oclif.manifest.json',
  );
  const draft = `${stampFile(root)}.${process.pid}`;
  writeFileSync(draft, digest);
  renameSync(draft, stampFile(root));
  say(`built in ${seconds(startedMs)}`);
}

async function runWithOwnNode(root, args, what) {
  const { code, output } = await runQuietly(ownNode(root), args, { cwd: root });
  if (code !== 0) throw new SetupError(`${what} failed:\n${tail(output)}`);
}

/** Lua scripts, Markdown, JSON and whatever else a module reads beside itself. */
function copyAssets(root) {
  for (const file of filesBelow(path.join(root, 'src'))) {
    if (isSource(file)) continue;
    const target = path.join(root, 'dist', file);
    mkdirSync(path.dirname(target), { recursive: true });
    copyFileSync(path.join(root, 'src', file), target);
  }
}

/** What remains in dist of a source that is gone; a deleted command would otherwise live on. */
function removeOrphans(root) {
  const expected = new Set();
  for (const file of filesBelow(path.join(root, 'src'))) {
    if (!isSource(file)) expected.add(file);
    const stem = file.replace(/\.tsx?$/, '');
    for (const ending of ['.js', '.js.map', '.d.ts']) expected.add(stem + ending);
  }
  for (const file of filesBelow(path.join(root, 'dist'))) {
    if (!expected.has(file) && !path.basename(file).startsWith('.')) rmSync(path.join(root, 'dist', file));
  }
}

function isSource(file) {
  return /\.tsx?$/.test(file);
}

function digestOfSources(root) {
  const hash = createHash('sha256');
  const sources = filesBelow(path.join(root, 'src')).map((file) => path.join('src', file));
  for (const file of [...CONFIGURATION, ...sources]) {
    const content = readFileSync(path.join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** Relative paths of all files, sorted. */
function filesBelow(directory, prefix = '') {
  const files = [];
  for (const entry of readdirSync(path.join(directory, prefix), { withFileTypes: true })) {
    const file = path.join(prefix, entry.name);
    if (entry.isDirectory()) files.push(...filesBelow(directory, file));
    else files.push(file);
  }
  return files.sort();
}

function stampFile(root) {
  return path.join(root, 'dist', '.built-from');
}

function readStamp(root) {
  try {
    return readFileSync(stampFile(root), 'utf8');
  } catch {
    return undefined;
  }
}
