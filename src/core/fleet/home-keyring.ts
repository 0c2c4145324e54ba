/**
 * The keys of a home, as of now, out: the pair that signs, all pairs, and whom its agents trust. Read again whenever a file
 * changes, so that a long rollout goes on with the key that was changed to meanwhile. Each of the three by itself: a key
 * that cannot sign just now must not keep a revocation from being seen.
 */
import { createPublicKey } from 'node:crypto';
import { keyIdOf } from '../bytecode/signature.js';
import { messageOf } from '../errors.js';
import { keyDirectoryFingerprint, readKeyDirectory } from '../keys/key-directory.js';
import type { KeyPair, Keyring } from '../keys/keyring.js';
import { trustIn } from '../keys/trust.js';
import type { Home } from './home.js';
import { loadPrivateKey } from './key-files.js';
import { ensureSigningKeys, type SigningKeys, signingPair } from './signing-keys.js';

export interface HomeKeyring {
  /** The pair that signs now. */
  signing(): KeyPair;
  keyring(): Keyring;
}

/** Throws at once when the home cannot sign; later that is said, once, and what was known stays in use. */
export function openHomeKeyring(home: Home, say: (problem: string) => void): HomeKeyring {
  const signing = asOfNow(home, {
    first: pairOf(ensureSigningKeys(home)),
    read: () => pairOf(signingPair(home)),
    failed: ({ keyId }, why) => say(`keys: ${keyId} goes on signing: ${why}`),
  });
  const pairs = asOfNow(home, {
    first: pairsIn(home),
    read: () => pairsIn(home),
    // Whom to trust is read from the same directory, and says what is wrong with it.
    failed: () => undefined,
  });
  const trust = trustIn(home.keysDir, (line, kind) => {
    if (kind === 'problem') say(line);
  });
  return { signing, keyring: () => ({ trust: trust(), pairs: pairs() }) };
}

/** A rollout under way must not end because a key is just being changed. */
function asOfNow<T>(
  { keysDir }: Home,
  options: {
    readonly first: T;
    readonly read: () => T;
    readonly failed: (known: T, why: string) => void;
  },
): () => T {
  let known = options.first;
  let fingerprint = keyDirectoryFingerprint(keysDir);
  let said = '';
  return () => {
    try {
      const seen = keyDirectoryFingerprint(keysDir);
      if (seen === fingerprint) return known;
      known = options.read();
      fingerprint = seen;
      said = '';
    } catch (thrown) {
      const why = messageOf(thrown);
      if (why !== said) options.failed(known, why);
      said = why;
    }
    return known;
  };
}

function pairOf({ privateKey, publicKey }: SigningKeys): KeyPair {
  return { privateKey, keyId: keyIdOf(publicKey) };
}

function pairsIn({ keysDir }: Home): readonly KeyPair[] {
  return readKeyDirectory(keysDir).keys.flatMap(({ privateKeyPath }) =>
    privateKeyPath === null ? [] : (pairIn(privateKeyPath) ?? []),
  );
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
