/** The name of a program: its bytes in, their SHA-256 out. */
import { createHash } from 'node:crypto';

export type Digest = `sha256:${string}`;

/** Over the whole file as given, signature included. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
