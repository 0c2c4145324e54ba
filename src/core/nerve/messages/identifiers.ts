/** Identifiers as they travel: what is allowed in one, and how a new one is made (sortable by time, random at the end). */
import { z } from 'zod';

/** Letters, digits and `. _ : @ -`: safe in a Redis key, a file name and a terminal. */
export const identifierSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/, 'must be 1 to 128 letters, digits or . _ : @ -');

export const digestSchema = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits');

export const timestampMsSchema = z.number().int().nonnegative().max(8.64e15);

/** `prefix_<time in base 36><8 random characters>`; `random` yields numbers in [0, 1). */
export function newIdentifier(prefix: string, nowMs: number, random: () => number): string {
  const tail = Math.floor(random() * 36 ** 8)
    .toString(36)
    .padStart(8, '0');
  return `${prefix}_${nowMs.toString(36)}${tail}`;
}
