/** Keys as typed in, each the name of a pair of this home or a PEM file; the private keys that sign out, each once. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bytecodeLimits } from '../core/bytecode/limits.js';
import { keyIdOf } from '../core/bytecode/signature.js';
import { DreamnetError, messageOf } from '../core/errors.js';
import type { Home } from '../core/fleet/home.js';
import { keyIsRevoked } from '../core/fleet/key-refusals.js';
import { loadPair } from '../core/fleet/signing-keys.js';
import { keyNamePattern, readKeyDirectory } from '../core/keys/key-directory.js';
import type { KeyPair } from '../core/keys/keyring.js';
import { homeSigner } from './home-signer.js';

/**
 * Without a word, the pair of this home that signs. A key that is revoked here signs nothing. Signing is no reason to trust:
 * a public half that was taken out stays out.
 */
export function signersFor(home: Home, words: readonly string[]): readonly KeyPair[] {
  if (words.length === 0) return [homeSigner(home).pair];
  const { revocations } = readKeyDirectory(home.keysDir);
  const signers = new Map<string, KeyPair>();
  for (const word of words) {
    const privateKey = privateKeyFor(home, word);
    const keyId = keyIdOf(createPublicKey(privateKey));
    const revocation = revocations.find(({ id }) => id === keyId);
    if (revocation !== undefined) throw keyIsRevoked(keyId, revocation, 'sign');
    signers.set(keyId, { privateKey, keyId });
  }
  if (signers.size > bytecodeLimits.signaturesMax) throw tooMany(signers.size);
  return [...signers.values()];
}

/** A name comes first, so that which key signs does not depend on the directory that one is in; `./NAME` is a file. */
function privateKeyFor(home: Home, word: string): KeyObject {
  const named = keyNamePattern.test(word) ? loadPair(home, word) : undefined;
  if (named !== undefined) return named.privateKey;
  try {
    const key = createPrivateKey(readFileSync(word));
    if (key.asymmetricKeyType === 'ed25519') return key;
    throw new Error(`it is of type ${key.asymmetricKeyType}`);
  } catch (cause) {
    throw new DreamnetError({
      code: 'DN932',
      kind: 'bad-input',
      message: `${word} is no private Ed25519 key: ${messageOf(cause)}.`,
      hint: 'Give a PEM file or the name of a key of this home, leave --key out to use the one that signs, or compile --unsigned.',
      cause,
    });
  }
}

function tooMany(count: number): DreamnetError {
  return new DreamnetError({
    code: 'DN932',
    kind: 'bad-input',
    message: `A program carries at most ${bytecodeLimits.signaturesMax} signatures, not ${count}.`,
    hint: 'Leave out keys that nobody trusts any more; `dreamnet keys list` shows them.',
  });
}
