/**
 * The keys of a home: a wish in, what was done with which key out. Pairs are made, one of them is chosen to sign, public
 * keys are trusted, keys are revoked. What is revoked stays so: there is no way back but a new pair.
 */
import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { keyIdOf } from '../bytecode/signature.js';
import { DreamnetError } from '../errors.js';
import {
  type DamagedFile,
  keyNamePattern,
  privateFileOf,
  publicFileOf,
  type Revocation,
  readKeyDirectory,
  revocationFileOf,
  type StoredKey,
  signsWithFile,
} from '../keys/key-directory.js';
import { limits } from '../limits.js';
import { findKey } from './find-key.js';
import { type Home, prepareHome } from './home.js';
import { isThere, privateKeyProblem, publicPem, writeWhole } from './key-files.js';
import { withKeysLock } from './key-lock.js';
import {
  badName,
  keyIsRevoked,
  nameIsTaken,
  noPrivateHalf,
  reasonTooLong,
  signsNow,
} from './key-refusals.js';
import {
  chooseSigningName,
  firstKeyName,
  loadPair,
  makePair,
  publish,
  signingName,
  unpublishedPair,
} from './signing-keys.js';

export interface KeyEntry {
  readonly id: string;
  /** Null when only its revocation is left. */
  readonly name: string | null;
  readonly state: 'signs' | 'trusted' | 'revoked';
  readonly privateHalf: boolean;
  /** Milliseconds since 1970; null as above. */
  readonly createdAt: number | null;
  readonly revoked: { readonly at: number | null; readonly reason: string | null } | null;
  /** Of the public half. */
  readonly path: string;
}

export interface KeyList {
  readonly directory: string;
  /** The key that signs first, then by name. */
  readonly keys: readonly KeyEntry[];
  readonly damaged: readonly DamagedFile[];
}

/** Changes nothing, also in a home that has no keys yet. */
export function listKeys(home: Home): KeyList {
  const { keys, revocations, damaged, privateKeyPaths } = readKeyDirectory(home.keysDir);
  const signs = readSigningName(home);
  const entries = keys.map((key) => entryOf(key, signs.name, revocations));
  const gone = revocations.filter(({ id }) => !keys.some((key) => key.id === id));
  const order = ['signs', 'trusted', 'revoked'];
  const sorted = [...entries, ...gone.map(goneEntry)].sort(
    (one, other) => order.indexOf(one.state) - order.indexOf(other.state),
  );
  const privateHalves = privateKeyPaths
    .filter((path) => !damaged.some((file) => file.path === path))
    .flatMap(damagedPrivateHalf);
  return { directory: home.keysDir, keys: sorted, damaged: [...damaged, ...privateHalves, ...signs.damaged] };
}

export interface ChosenKey {
  readonly key: KeyEntry;
  /** Name of the key that signed before; null when there was none, when it could not be told, or when it still signs. */
  readonly formerName: string | null;
}

/** The first pair of a home signs from the start; another one only with `use`. */
export async function createKey(
  home: Home,
  wish: { readonly name: string | undefined; readonly use: boolean; readonly nowMs: number },
): Promise<ChosenKey> {
  prepareHome(home);
  return withKeysLock(home, () => {
    readKeyDirectory(home.keysDir);
    // Half of the first pair is a pair whose other half was lost: nothing is made in its place.
    const isFirst = !isTaken(home, firstKeyName) && !isThere(join(home.keysDir, signsWithFile));
    const name = wish.name ?? (isFirst ? firstKeyName : freeName(home, wish.nowMs));
    requireName(name);
    if (makePair(home, name) === undefined) throw nameIsTaken(name);
    const formerName = wish.use && !isFirst ? readSigningName(home).name : null;
    if (wish.use || isFirst) chooseSigningName(home, name);
    return { key: entryNamed(home, name), formerName };
  });
}

/** The pair signs from now on; the former one stays trusted. A public half that was lost or taken out is made again. */
export async function chooseKey(home: Home, word: string): Promise<ChosenKey> {
  prepareHome(home);
  return withKeysLock(home, () => {
    publishAgain(home, word);
    const found = findKey(readKeyDirectory(home.keysDir), word);
    if (found.revocation !== undefined) throw keyIsRevoked(found.id, found.revocation, 'sign');
    const name = found.keys.find(({ privateKeyPath }) => privateKeyPath !== null)?.name;
    if (name === undefined || loadPair(home, name) === undefined) throw noPrivateHalf(word);
    const formerName = readSigningName(home).name;
    chooseSigningName(home, name);
    return { key: entryNamed(home, name), formerName: formerName === name ? null : formerName };
  });
}

export interface TrustedKey {
  readonly key: KeyEntry;
  /** False when it was trusted before. */
  readonly added: boolean;
}

/** Agents of this home accept what that key signs. Throws DN344 when it was revoked. */
export async function trustKey(
  home: Home,
  wish: {
    readonly publicKey: KeyObject;
    readonly name: string | undefined;
    /** For a key that was given no name; another one is found when it is taken. */
    readonly usualName: string;
  },
): Promise<TrustedKey> {
  const id = keyIdOf(wish.publicKey);
  if (wish.name !== undefined) requireName(wish.name);
  prepareHome(home);
  return withKeysLock(home, () => {
    const { keys, revocations } = readKeyDirectory(home.keysDir);
    const revocation = revocations.find((one) => one.id === id);
    if (revocation !== undefined) throw keyIsRevoked(id, revocation, 'be trusted again');
    const known = keys.find((key) => key.id === id);
    if (known !== undefined) return { key: entryNamed(home, known.name), added: false };
    const usual = keyNamePattern.test(wish.usualName) ? wish.usualName : `trusted-${id.slice(0, 8)}`;
    const names = wish.name === undefined ? [usual, `trusted-${id}`] : [wish.name];
    const name = names.find((one) => addPublic(home, one, wish.publicKey));
    if (name === undefined) throw nameIsTaken(names[0] ?? '');
    return { key: entryNamed(home, name), added: true };
  });
}

export interface RevokedKey {
  readonly key: KeyEntry;
  /** False when it was revoked before; time and reason are then those of that time. */
  readonly added: boolean;
}

/** Nothing that the key signed is accepted from now on. Throws DN345 while it is the key that signs. */
export async function revokeKey(
  home: Home,
  wish: { readonly word: string; readonly reason: string | undefined; readonly nowMs: number },
): Promise<RevokedKey> {
  const characters = wish.reason?.length ?? 0;
  if (characters > limits.reasonCharactersMax) throw reasonTooLong(characters);
  prepareHome(home);
  return withKeysLock(home, () => {
    const { id, keys, revocation } = findKey(readKeyDirectory(home.keysDir), wish.word);
    const name = keys[0]?.name ?? null;
    if (revocation === undefined && keys.some((key) => key.name === signingName(home)))
      throw signsNow(id, name ?? id);
    const text = JSON.stringify({ version: 1, id, name, at: wish.nowMs, reason: wish.reason ?? null });
    const added = writeWhole(join(home.keysDir, revocationFileOf(id)), `${text}\n`, 'keep');
    const key = listKeys(home).keys.find((entry) => entry.id === id);
    if (key === undefined) throw new Error(`${id} has vanished`);
    return { key, added };
  });
}

/** As `signingName`, where one that cannot be told is only reported. */
function readSigningName(home: Home): {
  readonly name: string | null;
  readonly damaged: readonly DamagedFile[];
} {
  try {
    return { name: signingName(home), damaged: [] };
  } catch (thrown) {
    if (!(thrown instanceof DreamnetError)) throw thrown;
    const path = join(home.keysDir, signsWithFile);
    return { name: null, damaged: [{ path, problem: 'it does not name the key that signs' }] };
  }
}

function entryOf(key: StoredKey, signs: string | null, revocations: readonly Revocation[]): KeyEntry {
  const { id, name, createdAt, publicKeyPath: path } = key;
  const revocation = revocations.find((one) => one.id === id);
  const state = revocation !== undefined ? 'revoked' : name === signs ? 'signs' : 'trusted';
  const revoked = revocation === undefined ? null : { at: revocation.at, reason: revocation.reason };
  return { id, name, state, privateHalf: key.privateKeyPath !== null, createdAt, revoked, path };
}

function goneEntry({ id, name, at, reason, path }: Revocation): KeyEntry {
  return { id, name, state: 'revoked', privateHalf: false, createdAt: null, revoked: { at, reason }, path };
}

function entryNamed(home: Home, name: string): KeyEntry {
  const entry = listKeys(home).keys.find((key) => key.name === name);
  if (entry === undefined) throw new Error(`${name} has vanished`);
  return entry;
}

/** Whatever becomes of the other half: no new pair may get in its way. */
function isTaken({ keysDir }: Home, name: string): boolean {
  return [privateFileOf(name), publicFileOf(name)].some((file) => isThere(join(keysDir, file)));
}

/** Not what was revoked: that is refused, like every other. */
function publishAgain(home: Home, name: string): void {
  const pair = unpublishedPair(home, name);
  if (pair === undefined) return;
  const id = keyIdOf(pair.publicKey);
  const revocation = readKeyDirectory(home.keysDir).revocations.find((one) => one.id === id);
  if (revocation !== undefined) throw keyIsRevoked(id, revocation, 'sign');
  publish(pair);
}

/** It can sign nothing as it is. */
function damagedPrivateHalf(path: string): readonly DamagedFile[] {
  const problem = privateKeyProblem(path);
  return problem === undefined ? [] : [{ path, problem }];
}

/** The day; a second one of a day gets a number. */
function freeName(home: Home, nowMs: number): string {
  const day = `key-${new Date(nowMs).toISOString().slice(0, 10)}`;
  for (let count = 1; ; count++) {
    const name = count === 1 ? day : `${day}-${count}`;
    if (!isTaken(home, name)) return name;
  }
}

function requireName(name: string): void {
  // A name that reads as an id would make `revoke` ambiguous.
  if (!keyNamePattern.test(name) || /^[0-9a-f]{16}$/i.test(name)) throw badName(name);
}

/** Without its private half here, a key that had the name of the first pair would be in that one's way. */
function addPublic({ keysDir }: Home, name: string, publicKey: KeyObject): boolean {
  if (name === firstKeyName || isThere(join(keysDir, privateFileOf(name)))) return false;
  return writeWhole(join(keysDir, publicFileOf(name)), publicPem(publicKey), 'keep');
}
