/** Why something cannot be done with a key, in words, and what to type instead. */
import { DreamnetError } from '../errors.js';
import type { Revocation } from '../keys/key-directory.js';
import { limits } from '../limits.js';

export function badName(name: string): DreamnetError {
  return new DreamnetError({
    code: 'DN340',
    kind: 'bad-input',
    message: `${JSON.stringify(name.slice(0, 80))} cannot be the name of a key.`,
    hint: 'Use 1 to 64 letters, digits, dashes or underscores, and not what could be the id of a key.',
  });
}

export function nameIsTaken(name: string): DreamnetError {
  return new DreamnetError({
    code: 'DN341',
    kind: 'bad-input',
    message: `This home has a key named ${name} already.`,
    hint: 'Choose another name; `dreamnet keys list` shows those that are taken.',
  });
}

export function noSuchKey(word: string): DreamnetError {
  return new DreamnetError({
    code: 'DN342',
    kind: 'bad-input',
    message: `This home has no key ${JSON.stringify(word.slice(0, 80))}.`,
    hint: 'Give a name, an id, or at least 4 characters of an id; `dreamnet keys list` shows them.',
  });
}

export function ambiguousKey(
  word: string,
  candidates: readonly { readonly id: string; readonly name: string | undefined }[],
): DreamnetError {
  const list = candidates.map(({ id, name }) => (name === undefined ? id : `${id} (${name})`)).join(', ');
  return new DreamnetError({
    code: 'DN343',
    kind: 'bad-input',
    message: `${word} could be any of these keys: ${list}.`,
    hint: 'Give the whole id.',
  });
}

export function keyIsRevoked(id: string, revocation: Revocation, what: string): DreamnetError {
  const when = revocation.at === null ? '' : ` on ${new Date(revocation.at).toISOString().slice(0, 10)}`;
  const why = revocation.reason === null ? '' : ` (${revocation.reason})`;
  return new DreamnetError({
    code: 'DN344',
    kind: 'bad-input',
    message: `Key ${id} was revoked${when}${why} and cannot ${what}.`,
    hint: 'A revocation is for good. Make a new key with `dreamnet keys create`, or trust another one.',
  });
}

export function signsNow(id: string, name: string): DreamnetError {
  return new DreamnetError({
    code: 'DN345',
    kind: 'bad-input',
    message: `${name} (${id}) is the key that signs; without another one this home could not sign any more.`,
    hint: `Let another one sign first: \`dreamnet keys create --use\`, then \`dreamnet keys revoke ${name}\`.`,
  });
}

export function reasonTooLong(characters: number): DreamnetError {
  return new DreamnetError({
    code: 'DN350',
    kind: 'bad-input',
    message: `The reason has ${characters} characters; at most ${limits.reasonCharactersMax} are kept.`,
    hint: 'Say it in a sentence, and where the long story is.',
  });
}

export function noPrivateHalf(word: string): DreamnetError {
  return new DreamnetError({
    code: 'DN347',
    kind: 'bad-input',
    message: `The private half of ${word} is not in this home, so it cannot sign.`,
    hint: 'Use a key that `dreamnet keys list` shows with its private half, or make one with `dreamnet keys create --use`.',
  });
}
