/**
 * The keys directory in, whom to trust right now out: asked before every order, so that a key that was revoked a moment
 * ago is revoked, and a new one is known, without a restart. What cannot be read leaves what was read before; a key whose
 * file was deleted is no longer trusted, also when it was the last one.
 */
import type { KeyObject } from 'node:crypto';
import { messageOf } from '../errors.js';
import { keyDirectoryFingerprint, readKeyDirectory } from './key-directory.js';

export interface Trust {
  /** Public keys; none of them is revoked. */
  readonly trusted: readonly KeyObject[];
  /** Ids of keys that are never to be trusted again. */
  readonly revoked: ReadonlySet<string>;
}

export type TrustSource = () => Trust;

/** A `change` is what somebody wanted; a `problem` is for somebody to mend. */
export type TrustLog = (line: string, kind: 'change' | 'problem') => void;

/** Throws at once when the directory cannot be read; later that is logged, and what was known stays in force. */
export function trustIn(dir: string, log: TrustLog): TrustSource {
  /** The last good key of every file: a file may be looked at while somebody copies over it. */
  const known = new Map<string, { readonly id: string; readonly publicKey: KeyObject }>();
  /** Only grows: a file that vanishes gives no trust back. */
  const revoked = new Set<string>();
  let fingerprint = '';
  let trust: Trust = { trusted: [], revoked };
  let said = '';
  let saidDamaged = new Set<string>();

  const sayOnce: TrustLog = (line, kind) => {
    if (line !== said) log(line, kind);
    said = line;
  };

  const sayNew = (lines: readonly string[]) => {
    for (const line of lines) if (!saidDamaged.has(line)) log(line, 'problem');
    saidDamaged = new Set(lines);
  };

  const read = () => {
    const seen = keyDirectoryFingerprint(dir);
    if (seen === undefined && known.size > 0)
      return sayOnce(`keys: ${dir} is not there; what was trusted stays so`, 'problem');
    if (seen === undefined || seen === fingerprint) return;
    const { keys, revocations, damaged } = readKeyDirectory(dir);
    const present = new Set([...keys.map((key) => key.publicKeyPath), ...damaged.map((file) => file.path)]);
    for (const path of known.keys()) if (!present.has(path)) known.delete(path);
    for (const key of keys) known.set(key.publicKeyPath, key);
    for (const { id } of revocations) revoked.add(id);
    const good = [...known.values()].filter(({ id }) => !revoked.has(id));
    trust = { trusted: good.map(({ publicKey }) => publicKey), revoked: new Set(revoked) };
    fingerprint = seen;
    sayNew(damaged.map(({ path, problem }) => `keys: ${path}: ${problem}`));
    sayOnce(
      `keys: ${counted(
        'trusted',
        good.map(({ id }) => id),
      )}; ${counted('revoked', [...revoked])}`,
      'change',
    );
  };

  read();
  return () => {
    try {
      read();
    } catch (thrown) {
      sayOnce(`keys cannot be read, what was trusted stays so: ${messageOf(thrown)}`, 'problem');
    }
    return trust;
  };
}

function counted(what: string, ids: readonly string[]): string {
  return ids.length === 0 ? `none ${what}` : `${ids.length} ${what} (${ids.join(', ')})`;
}
