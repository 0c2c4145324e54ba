/**
 * A home in, its Ed25519 key pair out: made on first use, the private half readable by its owner alone, checked and kept
 * afterwards. Agents get the public half when they start; nobody gets it through Redis.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DreamnetError } from '../errors.js';
import { diskError, errnoOf } from './disk-error.js';
import type { Home } from './home.js';

export interface SigningKeys {
  readonly privateKeyPath: string;
  readonly publicKeyPath: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** The directories of the home must exist. A file that is no key is reported, never replaced: it may be the only copy. */
export function ensureSigningKeys(home: Home): SigningKeys {
  const privateKeyPath = join(home.keysDir, 'signing.key.pem');
  const publicKeyPath = join(home.keysDir, 'signing.pub.pem');
  const privateKey = loadPrivateKey(privateKeyPath) ?? makePrivateKey(privateKeyPath);
  const publicKey = createPublicKey(privateKey);
  const published = loadPublicKey(publicKeyPath);
  if (published === undefined) writeWhole(publicKeyPath, publicPem(publicKey), 'replace');
  else if (!published.equals(publicKey)) throw mismatchError(privateKeyPath, publicKeyPath);
  return { privateKeyPath, publicKeyPath, privateKey, publicKey };
}

function loadPrivateKey(path: string): KeyObject | undefined {
  const pem = readIfThere(path);
  if (pem === undefined) return undefined;
  requireOwnerOnly(path);
  return requireEd25519(path, () => createPrivateKey(pem));
}

function loadPublicKey(path: string): KeyObject | undefined {
  const pem = readIfThere(path);
  return pem === undefined ? undefined : requireEd25519(path, () => createPublicKey(pem));
}

function makePrivateKey(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  const made = writeWhole(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 'keep');
  const kept = made ? privateKey : loadPrivateKey(path);
  if (kept === undefined) throw damagedError(path, 'it vanished while it was read');
  return kept;
}

function publicPem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

/** Writes aside first, so that a full disk leaves no half key. With `keep`, false when the file is there already. */
function writeWhole(path: string, text: string, existing: 'keep' | 'replace'): boolean {
  const aside = `${path}.${randomUUID()}.tmp`;
  try {
    writeFileSync(aside, text, { flag: 'wx', mode: 0o600 });
    if (existing === 'keep') linkSync(aside, path);
    else renameSync(aside, path);
    return true;
  } catch (cause) {
    if (existing === 'keep' && errnoOf(cause) === 'EEXIST') return false;
    throw diskError(`Key ${path} cannot be written`, cause);
  } finally {
    rmSync(aside, { force: true });
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw diskError(`Key ${path} cannot be read`, cause);
  }
}

function requireOwnerOnly(path: string): void {
  const { mode } = statSync(path);
  if ((mode & 0o077) === 0) return;
  throw new DreamnetError({
    code: 'DN304',
    kind: 'failed',
    message: `Private key ${path} can be read by others: its mode is ${(mode & 0o777).toString(8)} instead of 600`,
    hint: `Run \`chmod 600 ${path}\`, and make a new key pair if anybody may have copied it.`,
  });
}

function requireEd25519(path: string, parse: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = parse();
  } catch (cause) {
    throw damagedError(path, 'it holds no PEM key', cause);
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw damagedError(path, `it holds a key of type ${key.asymmetricKeyType}`);
  return key;
}

function damagedError(path: string, why: string, cause?: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN303',
    kind: 'failed',
    message: `${path} is not an Ed25519 key: ${why}`,
    hint: `Restore it from a backup, or move it away (\`mv ${path} ${path}.bad\`): then a new pair is made at the next start.`,
    cause,
  });
}

function mismatchError(privateKeyPath: string, publicKeyPath: string): DreamnetError {
  return new DreamnetError({
    code: 'DN303',
    kind: 'failed',
    message: `${publicKeyPath} does not belong to ${privateKeyPath}`,
    hint: `Move the public key away (\`mv ${publicKeyPath} ${publicKeyPath}.bad\`): it is then made from the private one.`,
  });
}
