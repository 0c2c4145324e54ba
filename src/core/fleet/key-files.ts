/**
 * One key file in or out, whole or not at all. A private half belongs to its owner alone; a file that is no key is
 * reported, never replaced: it may be the only copy.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import {
  linkSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { DreamnetError } from '../errors.js';
import { octal, oddFile, ofSomebodyElse } from '../keys/file-safety.js';
import { parsePublicKey } from '../keys/parse-key.js';
import { diskError, errnoOf } from './disk-error.js';

/** Undefined when there is none. */
export function loadPrivateKey(path: string): KeyObject | undefined {
  const read = readPrivateKey(path);
  if (read === undefined || read.ok) return read?.key;
  throw read.code === 'DN304' ? openKey(path, read.problem) : damagedKey(path, read.problem);
}

/** Undefined when there is none, and when it is as it should be. */
export function privateKeyProblem(path: string): string | undefined {
  const read = readPrivateKey(path);
  return read === undefined || read.ok ? undefined : read.problem;
}

/** Undefined when there is none. */
export function loadPublicKey(path: string): KeyObject | undefined {
  const pem = readIfThere(path);
  if (pem === undefined) return undefined;
  const parsed = parsePublicKey(pem);
  if (!parsed.ok) throw damagedKey(path, parsed.problem);
  return parsed.key;
}

/** Undefined when the file is there already; it is left as it is. */
export function makePrivateKey(path: string): KeyObject | undefined {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return writeWhole(path, pem, 'keep') ? privateKey : undefined;
}

export function publicPem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

/** Writes aside first, so that a full disk leaves no half file. With `keep`, false when the file is there already. */
export function writeWhole(path: string, text: string, existing: 'keep' | 'replace'): boolean {
  const aside = `${path}.${randomUUID()}.tmp`;
  try {
    writeFileSync(aside, text, { flag: 'wx', mode: 0o600, flush: true });
    if (existing === 'keep') linkSync(aside, path);
    else renameSync(aside, path);
    return true;
  } catch (cause) {
    if (existing === 'keep' && errnoOf(cause) === 'EEXIST') return false;
    throw diskError(`${path} cannot be written`, cause);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Undefined when there is none. Throws DN303 for what cannot be a file of keys. */
export function readIfThere(path: string): string | undefined {
  const stats = statIfThere(path);
  if (stats === undefined) return undefined;
  const odd = oddFile(stats);
  if (odd !== undefined) throw oddKeyFile(path, odd);
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw diskError(`${path} cannot be read`, cause);
  }
}

/** Of a link to nowhere, too. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

type ReadPrivateKey =
  | { readonly ok: true; readonly key: KeyObject }
  | { readonly ok: false; readonly code: 'DN303' | 'DN304'; readonly problem: string };

function readPrivateKey(path: string): ReadPrivateKey | undefined {
  const stats = statIfThere(path);
  if (stats === undefined) return undefined;
  const odd = oddFile(stats);
  if (odd !== undefined) return { ok: false, code: 'DN303', problem: odd };
  const open = ofSomebodyElse(stats) ?? readableByOthers(stats.mode);
  if (open !== undefined) return { ok: false, code: 'DN304', problem: open };
  const pem = readIfThere(path);
  if (pem === undefined) return undefined;
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return { ok: true, key };
    return { ok: false, code: 'DN303', problem: `it holds a key of type ${key.asymmetricKeyType}` };
  } catch {
    return { ok: false, code: 'DN303', problem: 'it holds no PEM key' };
  }
}

function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw diskError(`${path} cannot be read`, cause);
  }
}

function readableByOthers(mode: number): string | undefined {
  return (mode & 0o077) === 0 ? undefined : `others can read it: its mode is ${octal(mode)} instead of 600`;
}

function damagedKey(path: string, why: string): DreamnetError {
  return new DreamnetError({
    code: 'DN303',
    kind: 'failed',
    message: `${path} is not an Ed25519 key: ${why}`,
    hint: `Restore it from a backup, or move it away (\`mv ${path} ${path}.bad\`) and run \`dreamnet keys create --use\`.`,
  });
}

function oddKeyFile(path: string, why: string): DreamnetError {
  return new DreamnetError({
    code: 'DN303',
    kind: 'failed',
    message: `${path} cannot be read: ${why}`,
    hint: `Restore it from a backup, or move it away: \`mv ${path} ${path}.bad\`.`,
  });
}

function openKey(path: string, why: string): DreamnetError {
  return new DreamnetError({
    code: 'DN304',
    kind: 'failed',
    message: `Private key ${path} is not private: ${why}`,
    hint: `Run \`chmod 600 ${path}\` as its owner, and change to a new key (\`dreamnet keys create --use\`) if anybody may have copied it.`,
  });
}
