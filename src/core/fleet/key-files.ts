/**
 * One key file in or out, whole or not at all. A private half belongs to its owner alone; a file that is no key is
 * reported, never replaced: it may be the only copy.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { DreamnetError } from '../errors.js';
import { parsePublicKey } from '../keys/parse-key.js';
import { diskError, errnoOf } from './disk-error.js';

/** Undefined when there is none. */
export function loadPrivateKey(path: string): KeyObject | undefined {
  const pem = readIfThere(path);
  if (pem === undefined) return undefined;
  requireOwnerOnly(path);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw damagedKey(path, 'it holds no PEM key', cause);
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw damagedKey(path, `it holds a key of type ${key.asymmetricKeyType}`);
  return key;
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

/** Undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw diskError(`${path} cannot be read`, cause);
  }
}

export function damagedKey(path: string, why: string, cause?: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN303',
    kind: 'failed',
    message: `${path} is not an Ed25519 key: ${why}`,
    hint: `Restore it from a backup, or move it away (\`mv ${path} ${path}.bad\`) and run \`dreamnet keys create --use\`.`,
    cause,
  });
}

function requireOwnerOnly(path: string): void {
  const { mode } = statSync(path);
  if ((mode & 0o077) === 0) return;
  throw new DreamnetError({
    code: 'DN304',
    kind: 'failed',
    message: `Private key ${path} can be read by others: its mode is ${(mode & 0o777).toString(8)} instead of 600`,
    hint: `Run \`chmod 600 ${path}\`, and change to a new key (\`dreamnet keys create --use\`) if anybody may have copied it.`,
  });
}
