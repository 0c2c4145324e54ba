/**
 * A home in, the Ed25519 pair that signs now out: made on first use, the private half readable by its owner alone, checked
 * and kept afterwards. Agents read the public halves from the home's keys directory; nobody gets them through Redis. A
 * public half there is trusted, so that only what is said to publish does.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { keyIdOf } from '../bytecode/signature.js';
import { DreamnetError } from '../errors.js';
import {
  keyNamePattern,
  privateFileOf,
  publicFileOf,
  readKeyDirectory,
  signsWithFile,
} from '../keys/key-directory.js';
import type { Home } from './home.js';
import {
  isThere,
  loadPrivateKey,
  loadPublicKey,
  makePrivateKey,
  publicPem,
  readIfThere,
  writeWhole,
} from './key-files.js';

export interface SigningKeys {
  readonly privateKeyPath: string;
  readonly publicKeyPath: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** The pair that a home without keys begins with. */
export const firstKeyName = 'signing';

/**
 * For a fleet that starts, or a session that rolls out: publishes the key that signs where its public half was lost.
 * Throws as below.
 */
export function ensureSigningKeys(home: Home): SigningKeys {
  const pair = signingPair(home);
  publish(pair);
  return pair;
}

/**
 * Writes nothing but the first pair of a home without keys. The directories of the home must exist. Throws DN346 when the
 * key that signs is revoked, or not here.
 */
export function signingPair(home: Home): SigningKeys {
  const chosen = chosenName(home);
  const name = chosen ?? firstKeyName;
  const pair = loadPair(home, name) ?? (chosen === undefined ? makeFirstPair(home) : undefined);
  if (pair === undefined) throw cannotSign(`the private half of ${name}, which signs, is not here`);
  const id = keyIdOf(pair.publicKey);
  if (readKeyDirectory(home.keysDir).revocations.some((revocation) => revocation.id === id))
    throw cannotSign(`${name} (${id}), which signs, is revoked`);
  return pair;
}

/** The name of the pair that signs: the one that was chosen, or the first. It may not exist. */
export function signingName(home: Home): string {
  return chosenName(home) ?? firstKeyName;
}

/** A pair by name; undefined when its private half is not here. Throws when the public half is another one's. */
export function loadPair(home: Home, name: string): SigningKeys | undefined {
  const paths = pathsOf(home, name);
  const privateKey = loadPrivateKey(paths.privateKeyPath);
  if (privateKey === undefined) return undefined;
  const publicKey = createPublicKey(privateKey);
  const published = loadPublicKey(paths.publicKeyPath);
  if (published !== undefined && !published.equals(publicKey)) throw mismatchError(paths);
  return { ...paths, privateKey, publicKey };
}

/** As above, where the public half was lost or taken out; undefined where it is here. */
export function unpublishedPair(home: Home, name: string): SigningKeys | undefined {
  const isName = keyNamePattern.test(name) && !isThere(pathsOf(home, name).publicKeyPath);
  return isName ? loadPair(home, name) : undefined;
}

/** The agents of the home trust the pair from now on, if they did not. */
export function publish({ publicKeyPath, publicKey }: SigningKeys): void {
  if (loadPublicKey(publicKeyPath) === undefined) writeWhole(publicKeyPath, publicPem(publicKey), 'replace');
}

/** Undefined when a pair, or half of one, has the name already. */
export function makePair(home: Home, name: string): SigningKeys | undefined {
  if (loadPublicKey(join(home.keysDir, publicFileOf(name))) !== undefined) return undefined;
  if (makePrivateKey(join(home.keysDir, privateFileOf(name))) === undefined) return undefined;
  const pair = loadPair(home, name);
  if (pair !== undefined) publish(pair);
  return pair;
}

/** From now on the pair of that name signs. */
export function chooseSigningName(home: Home, name: string): void {
  writeWhole(join(home.keysDir, signsWithFile), `${name}\n`, 'replace');
}

/** Undefined when none was ever chosen. */
function chosenName(home: Home): string | undefined {
  const path = join(home.keysDir, signsWithFile);
  const name = readIfThere(path)?.trim();
  if (name === undefined || keyNamePattern.test(name)) return name;
  throw new DreamnetError({
    code: 'DN303',
    kind: 'failed',
    message: `${path} does not name the key that signs: it holds ${JSON.stringify(name.slice(0, 40))}`,
    hint: 'Choose one with `dreamnet keys use NAME`; `dreamnet keys list` shows them.',
  });
}

/** Of two processes that make it at once, the second takes what the first has made. */
function makeFirstPair(home: Home): SigningKeys | undefined {
  return makePair(home, firstKeyName) ?? loadPair(home, firstKeyName);
}

function pathsOf({ keysDir }: Home, name: string): Pick<SigningKeys, 'privateKeyPath' | 'publicKeyPath'> {
  return {
    privateKeyPath: join(keysDir, privateFileOf(name)),
    publicKeyPath: join(keysDir, publicFileOf(name)),
  };
}

function cannotSign(why: string): DreamnetError {
  return new DreamnetError({
    code: 'DN346',
    kind: 'failed',
    message: `This home cannot sign: ${why}.`,
    hint: 'Change to a new key with `dreamnet keys create --use`, or to another of yours with `dreamnet keys use NAME`.',
  });
}

function mismatchError({ privateKeyPath, publicKeyPath }: ReturnType<typeof pathsOf>): DreamnetError {
  return new DreamnetError({
    code: 'DN303',
    kind: 'failed',
    message: `${publicKeyPath} does not belong to ${privateKeyPath}`,
    hint: `Move the public key away (\`mv ${publicKeyPath} ${publicKeyPath}.bad\`); \`dreamnet keys use NAME\` then makes it from the private one.`,
  });
}
