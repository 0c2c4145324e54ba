/** A digest in, the bytes that Redis holds under it out, not yet looked at; undefined when there are none. */
import type { Names } from './names.js';
import type { Redis } from './redis.js';

/** Of a value above `bytesMax`, one byte more than that is read: enough to be refused, and nothing that could hurt. */
export async function readStoredProgram(
  redis: Redis,
  names: Names,
  { digest, bytesMax }: { readonly digest: string; readonly bytesMax: number },
): Promise<Uint8Array | undefined> {
  const bytes = await redis.getrangeBuffer(names.program(digest), 0, bytesMax);
  return bytes.length === 0 ? undefined : bytes;
}
