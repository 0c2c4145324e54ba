/**
 * The keys directory of a home in, what its files say out: public keys by name, revocations by key id, and the files
 * that are damaged or open to others. `NAME.key.pem` and `NAME.pub.pem` are the halves of a pair, `NAME.pub.pem` alone is trusted without
 * its private half, `ID.revoked.json` revokes. The id is in the file's name, so that a damaged revocation still revokes.
 */
import type { KeyObject } from 'node:crypto';
import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { keyIdOf } from '../bytecode/signature.js';
import { DreamnetError, messageOf } from '../errors.js';
import { octal, oddFile, ofSomebodyElse, writableByOthers } from './file-safety.js';
import { parsePublicKey } from './parse-key.js';

export interface KeyDirectory {
  /** Sorted by name. */
  readonly keys: readonly StoredKey[];
  /** Also of those whose public half is not to be used; not looked into. */
  readonly privateKeyPaths: readonly string[];
  readonly revocations: readonly Revocation[];
  readonly damaged: readonly DamagedFile[];
}

export interface StoredKey {
  readonly name: string;
  readonly id: string;
  readonly publicKey: KeyObject;
  readonly publicKeyPath: string;
  /** Null when the private half is not here. */
  readonly privateKeyPath: string | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface Revocation {
  readonly id: string;
  /** Milliseconds since 1970; null when the file does not say. */
  readonly at: number | null;
  readonly reason: string | null;
  /** Of the key, when it was revoked. */
  readonly name: string | null;
  readonly path: string;
}

export interface DamagedFile {
  readonly path: string;
  readonly problem: string;
}

/** A directory that does not exist holds no keys. Throws DN304 when it is somebody else's, or others may write to it. */
export function readKeyDirectory(dir: string): KeyDirectory {
  const files = filesIn(dir) ?? [];
  const found = files.map((file) => readFile(dir, file, files));
  return {
    keys: found.flatMap(({ key }) => key ?? []),
    privateKeyPaths: files.filter((file) => file.endsWith(privateFileOf(''))).map((file) => join(dir, file)),
    revocations: found.flatMap(({ revocation }) => revocation ?? []),
    damaged: found.flatMap(({ problem }, at) =>
      problem === undefined ? [] : { path: join(dir, files[at] ?? ''), problem },
    ),
  };
}

/**
 * Changes whenever a file of the directory does, and whenever one comes or goes; undefined without a directory. A look
 * costs some ten microseconds.
 */
export function keyDirectoryFingerprint(dir: string): string | undefined {
  return filesIn(dir)
    ?.map((file) => `${file}:${stampOf(join(dir, file))}`)
    .join('\n');
}

export function publicFileOf(name: string): string {
  return `${name}.pub.pem`;
}

export function privateFileOf(name: string): string {
  return `${name}.key.pem`;
}

export function revocationFileOf(id: string): string {
  return `${id}.revoked.json`;
}

/** The file that names the pair that signs; without it, that is the pair `signing`. */
export const signsWithFile = 'signs-with';

/** Letters, digits, dashes and underscores: a name never has to be quoted, and never leaves the directory. */
export const keyNamePattern = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/;

/** Names of the files that mean something here; those being written are none of them yet. */
function filesIn(dir: string): readonly string[] | undefined {
  const stats = statSync(dir, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  requireOwn(dir, stats);
  const files = readdirSync(dir).filter(
    (file) => /\.(pub\.pem|key\.pem|revoked\.json)$/.test(file) || file === signsWithFile,
  );
  return files.sort();
}

/** A link to nowhere has none. */
function stampOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(':');
  } catch {
    return '';
  }
}

interface FoundFile {
  readonly key?: StoredKey;
  readonly revocation?: Revocation;
  readonly problem?: string;
}

function readFile(dir: string, file: string, files: readonly string[]): FoundFile {
  if (file === signsWithFile) return {};
  const path = join(dir, file);
  const name = file.replace(/\.[^.]+\.[^.]+$/, '');
  if (file.endsWith('.revoked.json')) {
    if (!/^[0-9a-f]{16}$/.test(name)) return { problem: 'its name does not begin with a key id' };
    const revocation = readRevocation(path, name);
    return revocation.at === null
      ? { revocation, problem: 'it does not say when; the key is revoked all the same' }
      : { revocation };
  }
  if (!keyNamePattern.test(name)) return { problem: 'its name is none that a key can have' };
  if (file === privateFileOf(name)) {
    if (files.includes(publicFileOf(name))) return {};
    return { problem: `its public half is missing; \`dreamnet keys use ${name}\` makes it again` };
  }
  const read = readPublicKey(path);
  if (!read.ok) return read;
  const privateKeyPath = files.includes(privateFileOf(name)) ? join(dir, privateFileOf(name)) : null;
  const { key: publicKey, createdAt } = read;
  const id = keyIdOf(publicKey);
  return { key: { name, id, publicKey, publicKeyPath: path, privateKeyPath, createdAt } };
}

function readPublicKey(
  path: string,
):
  | { readonly ok: true; readonly key: KeyObject; readonly createdAt: number }
  | { readonly ok: false; readonly problem: string } {
  try {
    const stats = statSync(path);
    const problem = oddFile(stats) ?? ofSomebodyElse(stats) ?? writableByOthers(stats);
    if (problem !== undefined) return { ok: false, problem };
    const parsed = parsePublicKey(readFileSync(path, 'utf8'));
    if (!parsed.ok) return parsed;
    if (parsed.wasPrivate) return { ok: false, problem: 'it holds a private key instead of a public one' };
    return { ok: true, key: parsed.key, createdAt: Math.round(stats.mtimeMs) };
  } catch (thrown) {
    return { ok: false, problem: `it cannot be read: ${messageOf(thrown)}` };
  }
}

function readRevocation(path: string, id: string): Revocation {
  try {
    if (oddFile(statSync(path)) !== undefined) throw new Error('no plain file');
    const { at, reason, name } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    return {
      id,
      at: typeof at === 'number' && Number.isFinite(at) ? at : null,
      reason: typeof reason === 'string' ? reason : null,
      name: typeof name === 'string' ? name : null,
      path,
    };
  } catch {
    return { id, at: null, reason: null, name: null, path };
  }
}

/** Whoever may write to the directory decides who is trusted. */
function requireOwn(dir: string, stats: Stats): void {
  const stranger = ofSomebodyElse(stats);
  if (stranger === undefined && writableByOthers(stats) === undefined) return;
  throw new DreamnetError({
    code: 'DN304',
    kind: 'failed',
    message: `Others may write to the keys directory ${dir}: ${stranger ?? `its mode is ${octal(stats.mode)} instead of 700`}`,
    hint: `Look at what it holds, then run \`${stranger === undefined ? 'chmod 700' : `chown ${process.getuid?.()}`} ${dir}\`.`,
  });
}
