/** A name, an id or the beginning of an id in, the one key that is meant out; otherwise an error that names those it could be. */
import type { KeyDirectory, Revocation, StoredKey } from '../keys/key-directory.js';
import { ambiguousKey, noSuchKey } from './key-refusals.js';

export interface FoundKey {
  readonly id: string;
  /** Under all its names; empty when only its revocation is left. */
  readonly keys: readonly StoredKey[];
  readonly revocation: Revocation | undefined;
}

/** Shorter beginnings of an id are typing accidents. */
const prefixCharactersMin = 4;

/** Throws DN342 when there is none, DN343 when it could be several. */
export function findKey({ keys, revocations }: KeyDirectory, word: string): FoundKey {
  const prefix = word.toLowerCase();
  const isPrefix = /^[0-9a-f]+$/.test(prefix) && prefix.length >= prefixCharactersMin;
  const ids = new Set([
    ...keys.filter(({ name }) => name === word).map(({ id }) => id),
    ...[...keys, ...revocations].map(({ id }) => id).filter((id) => isPrefix && id.startsWith(prefix)),
  ]);
  const [id, ...others] = ids;
  if (id === undefined) throw noSuchKey(word);
  if (others.length > 0)
    throw ambiguousKey(
      word,
      [...ids].map((one) => ({ id: one, name: keys.find((key) => key.id === one)?.name })),
    );
  return {
    id,
    keys: keys.filter((key) => key.id === id),
    revocation: revocations.find((one) => one.id === id),
  };
}
