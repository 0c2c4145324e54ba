/** A key file as typed in, a key that is trusted from now on and what was taken from the file out. */
import { basename } from 'node:path';
import { DreamnetError } from '../core/errors.js';
import type { Home } from '../core/fleet/home.js';
import { type TrustedKey, trustKey } from '../core/fleet/key-store.js';
import { keyFileBytesMax, parsePublicKey } from '../core/keys/parse-key.js';
import { readInput } from './input-file.js';

export interface TrustDocument extends TrustedKey {
  /** The file held a private key, of which only the public half was taken. */
  readonly wasPrivate: boolean;
}

export async function trustKeyFile(
  home: Home,
  { file, name }: { readonly file: string; readonly name: string | undefined },
): Promise<TrustDocument> {
  const input = readInput(file);
  const parsed =
    input.bytes.length > keyFileBytesMax
      ? ({ ok: false, problem: `it has ${input.bytes.length} bytes, which no key has` } as const)
      : parsePublicKey(Buffer.from(input.bytes).toString('utf8'));
  if (!parsed.ok)
    throw new DreamnetError({
      code: 'DN349',
      kind: 'bad-input',
      message: `${input.name} is no Ed25519 key that can be trusted: ${parsed.problem}.`,
      hint: 'Give a PEM file, such as the NAME.pub.pem that `dreamnet keys list` of the other home names.',
    });
  const usualName = basename(file).replace(/(\.(pub|key))?\.pem$/, '');
  const trusted = await trustKey(home, { publicKey: parsed.key, name, usualName });
  return { ...trusted, wasPrivate: parsed.wasPrivate };
}
