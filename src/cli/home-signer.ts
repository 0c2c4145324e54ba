/**
 * A home in, the key pair that signs in it out, made on first use. Of the home's directories only that of the keys is
 * made: whoever compiles needs no place for sockets and data. Signing is no reason to trust: a public half that was taken
 * out stays out.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { keyIdOf } from '../core/bytecode/signature.js';
import { diskError } from '../core/fleet/disk-error.js';
import type { Home } from '../core/fleet/home.js';
import { signingName, signingPair } from '../core/fleet/signing-keys.js';
import { privateFileOf } from '../core/keys/key-directory.js';
import type { KeyPair } from '../core/keys/keyring.js';

export interface HomeSigner {
  readonly pair: KeyPair;
  /** Where the private half is, when there was no key and this call made one; null otherwise. */
  readonly madePath: string | null;
}

export function homeSigner(home: Home): HomeSigner {
  makeKeysDirectory(home.keysDir);
  const wasThere = existsSync(join(home.keysDir, privateFileOf(signingName(home))));
  const { privateKey, publicKey, privateKeyPath } = signingPair(home);
  return {
    pair: { privateKey, keyId: keyIdOf(publicKey) },
    madePath: wasThere ? null : privateKeyPath,
  };
}

function makeKeysDirectory(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw diskError(`Directory ${dir} cannot be made`, cause);
  }
}
