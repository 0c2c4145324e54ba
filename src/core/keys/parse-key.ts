/** The text of a key file in, an Ed25519 public key out, or what is wrong with the text. */
import { createPublicKey, type KeyObject } from 'node:crypto';

export type ParsedKey =
  | { readonly ok: true; readonly key: KeyObject; readonly wasPrivate: boolean }
  | { readonly ok: false; readonly problem: string };

/** A key takes some hundred bytes; what is larger is another file. */
export const keyFileBytesMax = 16_384;

/** Takes the public half of a private key. One key a file: of two, nobody could say which one was meant. */
export function parsePublicKey(text: string): ParsedKey {
  const pem = text.replace(/^\uFEFF/, '');
  const labels = [...pem.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----\s*$/gm)].map((match) => match[1] ?? '');
  const [label, ...others] = labels;
  if (label === undefined) return problem('it holds no PEM key');
  if (others.length > 0) return problem(`it holds ${labels.length} PEM blocks instead of one key`);
  if (label === 'ENCRYPTED PRIVATE KEY') return problem('it holds a private key under a passphrase');
  if (label !== 'PUBLIC KEY' && label !== 'PRIVATE KEY') return problem(`it holds a PEM block "${label}"`);
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType !== 'ed25519')
      return problem(`it holds a key of type ${key.asymmetricKeyType ?? 'unknown'}`);
    return { ok: true, key, wasPrivate: label === 'PRIVATE KEY' };
  } catch {
    return problem('its PEM block is damaged');
  }
}

function problem(text: string): ParsedKey {
  return { ok: false, problem: text };
}
