/**
 * An object and a key in, a signature that names the key out: `ed25519:<key id>:<base64>` over a canonical text, because
 * what is signed is stored, read and written again by programs that order its fields as they like.
 */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { keyIdOf } from './bytecode/signature.js';
import { canonicalJson } from './canonical-json.js';
import type { Trust } from './keys/trust.js';

/**
 * `wrong`: somebody changed it after it was signed, or the signature is damaged. `unknown` and `revoked` cannot be told
 * from an unsigned one: anybody can make a key.
 */
export type SignatureVerdict = {
  readonly state: 'trusted' | 'unsigned' | 'unknown' | 'revoked' | 'wrong';
  /** What is wrong, as the end of a sentence that begins with what was signed. */
  readonly reason: string;
};

/** The same key signs many things: `what`, such as `instruction 1`, says which of them this is. */
export interface SignedFields {
  readonly what: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function signFields(signed: SignedFields, key: KeyObject): string {
  const signature = sign(null, signedText(signed), key).toString('base64');
  return `ed25519:${keyIdOf(createPublicKey(key))}:${signature}`;
}

export function checkFields(
  signed: SignedFields,
  signature: string | undefined,
  trust: Trust,
): SignatureVerdict {
  if (signature === undefined || signature === '') return { state: 'unsigned', reason: 'is not signed' };
  const [, keyId = '', value = ''] = signaturePattern.exec(signature) ?? [];
  if (keyId === '')
    return { state: 'wrong', reason: 'has a signature that is none: ed25519:<key id>:<base64> is expected' };
  if (trust.revoked.has(keyId))
    return { state: 'revoked', reason: `is signed by ${keyId}, a key that is revoked` };
  const key = trust.trusted.find((candidate) => keyIdOf(candidate) === keyId);
  if (key === undefined)
    return { state: 'unknown', reason: `is signed by ${keyId}, which this home does not trust` };
  if (!verify(null, signedText(signed), key, Buffer.from(value, 'base64')))
    return { state: 'wrong', reason: `is not what ${keyId} signed: it was changed since` };
  return { state: 'trusted', reason: `is signed by ${keyId}` };
}

const signaturePattern = /^ed25519:([0-9a-f]{16}):([A-Za-z0-9+/]{86}==)$/;

function signedText({ what, fields }: SignedFields): Buffer {
  return Buffer.from(`dreamnet ${what}\n${canonicalJson(fields)}`);
}
