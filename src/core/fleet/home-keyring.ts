/**
 * The keys of a home, as of now, out: the pair that signs, all pairs, and whom its agents trust. Read again whenever a file
 * changes, so that a long rollout goes on with the key that was changed to meanwhile.
 */
import { createPublicKey } from 'node:crypto';
import { keyIdOf } from '../bytecode/signature.js';
import { keyDirectoryFingerprint, readKeyDirectory } from '../keys/key-directory.js';
import type { KeyPair, Keyring } from '../keys/keyring.js';
import type { Home } from './home.js';
import { loadPrivateKey } from './key-files.js';
import { ensureSigningKeys } from './signing-keys.js';

export interface HomeKeyring {
  /** The pair that signs now. */
  signing(): KeyPair;
  keyring(): Keyring;
}

/** Throws at once when the home cannot sign; later, what was known stays in use. */
export function openHomeKeyring(home: Home): HomeKeyring {
  let known = readAll(home);
  const current = () => {
    try {
      if (keyDirectoryFingerprint(home.keysDir) !== known.fingerprint) known = readAll(home);
    } catch {
      // A rollout under way must not end because a key is just being changed.
    }
    return known;
  };
  return { signing: () => current().signing, keyring: () => current().keyring };
}

function readAll(home: Home) {
  const { privateKey, publicKey } = ensureSigningKeys(home);
  const fingerprint = keyDirectoryFingerprint(home.keysDir);
  const { keys, revocations } = readKeyDirectory(home.keysDir);
  const revoked = new Set(revocations.map(({ id }) => id));
  const trusted = keys.filter(({ id }) => !revoked.has(id)).map((key) => key.publicKey);
  const signing: KeyPair = { privateKey, keyId: keyIdOf(publicKey) };
  const paths = keys.flatMap(({ privateKeyPath }) => privateKeyPath ?? []);
  const pairs = paths.flatMap((path) => pairIn(path) ?? []);
  return { fingerprint, signing, keyring: { trust: { trusted, revoked }, pairs } };
}

/** A pair that is damaged signs nothing; only the one that signs now has to be whole. */
function pairIn(path: string): KeyPair | undefined {
  try {
    const privateKey = loadPrivateKey(path);
    if (privateKey === undefined) return undefined;
    return { privateKey, keyId: keyIdOf(createPublicKey(privateKey)) };
  } catch {
    return undefined;
  }
}
