/**
 * The token of a service: from a file or the environment, or made once and kept in the home, for its owner alone. Whoever
 * has it may reprogram the fleet.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DreamnetError } from '../core/errors.js';
import { systemWords } from '../core/system-words.js';

export interface BearerToken {
  /** It was given, not made here. */
  readonly given: boolean;
  /** Where it is kept; null when the environment holds it. */
  readonly path: string | null;
  isRight(token: string): boolean;
}

export interface TokenSource {
  /** Of `--token-file`. */
  readonly file: string | undefined;
  /** Of DREAMNET_TOKEN. */
  readonly variable: string | undefined;
  /** Where one is kept that was made. */
  readonly keptAt: string;
}

const charactersMin = 16;
const charactersMax = 512;
const fileBytesMax = 4_096;

/** Throws DN705 for a token that is none, or that others may read. */
export function bearerToken({ file, variable, keptAt }: TokenSource): BearerToken {
  if (file !== undefined) return tokenOf(readToken(file), { given: true, path: file });
  if (variable !== undefined && variable !== '')
    return tokenOf(checked(variable, 'DREAMNET_TOKEN'), { given: true, path: null });
  return tokenOf(keptToken(keptAt), { given: false, path: keptAt });
}

/** Both sides are hashed first: neither content nor length shows in the time that it takes. */
function tokenOf(token: string, where: Pick<BearerToken, 'given' | 'path'>): BearerToken {
  const expected = sha256(token);
  return { ...where, isRight: (other) => timingSafeEqual(sha256(other), expected) };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Two services of one home that are started at once use the same: it is there whole or not at all. */
function keptToken(path: string): string {
  if (existsSync(path)) return readToken(path);
  const written = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(written, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
    linkSync(written, path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST')
      throw noToken(
        `The token cannot be kept in ${path}: ${systemWords(thrown)}.`,
        'Give one with --token-file.',
      );
  } finally {
    rmSync(written, { force: true });
  }
  return readToken(path);
}

function readToken(path: string): string {
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > fileBytesMax) throw noToken(`${path} is no file with a token.`);
    if ((stats.mode & 0o077) !== 0)
      throw noToken(
        `Others may read the token in ${path}.`,
        `Make a new one, then run \`chmod 600 ${path}\`.`,
      );
    return checked(readFileSync(path, 'utf8'), path);
  } catch (thrown) {
    if (thrown instanceof DreamnetError) throw thrown;
    throw noToken(`The token in ${path} cannot be read: ${systemWords(thrown)}.`);
  }
}

function checked(text: string, where: string): string {
  const token = text.trim();
  const isGood =
    /^[\x21-\x7e]+$/.test(token) && token.length >= charactersMin && token.length <= charactersMax;
  if (isGood) return token;
  throw noToken(
    `What ${where} holds is no token: ${charactersMin} to ${charactersMax} visible characters without spaces are expected.`,
  );
}

function noToken(message: string, hint = 'Make one with `openssl rand -base64 32`, in a file of mode 600.') {
  return new DreamnetError({ code: 'DN705', kind: 'bad-input', message, hint });
}
