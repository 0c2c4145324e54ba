/**
 * Whom a service trusts as its author gives it (the text of a public key, a file, a directory, or several of these) in, whom
 * to trust right now out. Files and directories are looked at before every order, so that keys can change while it runs.
 */
import type { KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { keyIdOf } from '../../bytecode/signature.js';
import { DreamnetError, messageOf } from '../../errors.js';
import { oddFile, ofSomebodyElse, writableByOthers } from '../../keys/file-safety.js';
import { parsePublicKey } from '../../keys/parse-key.js';
import { type Trust, type TrustSource, trustIn } from '../../keys/trust.js';

/** Throws DN637 for what gives no key now. A directory may be empty: keys can come later. */
export function trustGiven(given: readonly string[], log: (line: string) => void): TrustSource {
  const sources = given.map((one) => sourceOf(one, log));
  let [trust, parts]: [Trust | undefined, readonly Trust[]] = [undefined, []];
  return () => {
    const now = sources.map((source) => source());
    // The same object while nothing has changed: signatures that were checked under it need no second look.
    if (trust === undefined || now.some((part, at) => part !== parts[at])) trust = together(now);
    parts = now;
    return trust;
  };
}

function together(parts: readonly Trust[]): Trust {
  const revoked = new Set(parts.flatMap((part) => [...part.revoked]));
  // What one source has revoked, no other makes good.
  const trusted = parts.flatMap((part) => part.trusted).filter((key) => !revoked.has(keyIdOf(key)));
  return { trusted, revoked };
}

function sourceOf(given: string, log: (line: string) => void): TrustSource {
  if (given.includes('-----BEGIN')) return always(parsed(given, 'The key in `trust`'));
  const stats = statSync(given, { throwIfNoEntry: false });
  if (stats === undefined) throw unusable(`${given} is not there`);
  return stats.isDirectory() ? trustIn(given, log) : trustInFile(given, log);
}

function always(key: KeyObject): TrustSource {
  const trust: Trust = { trusted: [key], revoked: new Set() };
  return () => trust;
}

/** What cannot be read leaves what was read before; a file that is gone takes its key with it. */
function trustInFile(path: string, log: (line: string) => void): TrustSource {
  const none: Trust = { trusted: [], revoked: new Set() };
  let text = readKeyFile(path);
  let trust = always(parsed(text ?? '', path))();
  return () => {
    try {
      const now = readKeyFile(path);
      if (now === text) return trust;
      trust = now === undefined ? none : always(parsed(now, path))();
      text = now;
      log(
        now === undefined
          ? `keys: ${path} is gone, and nobody is trusted by it`
          : `keys: ${path} has changed`,
      );
    } catch (thrown) {
      log(`keys: what was trusted stays so: ${messageOf(thrown)}`);
    }
    return trust;
  };
}

function readKeyFile(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const problem = oddFile(stats) ?? ofSomebodyElse(stats) ?? writableByOthers(stats);
  if (problem !== undefined) throw unusable(`${path}: ${problem}`);
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw unusable(messageOf(thrown));
  }
}

function parsed(text: string, what: string): KeyObject {
  const key = parsePublicKey(text);
  if (!key.ok) throw unusable(`${what} cannot be used: ${key.problem}`);
  if (key.wasPrivate) throw unusable(`${what} is a private key, which must not leave the machine that signs`);
  return key.key;
}

function unusable(message: string): DreamnetError {
  return new DreamnetError({
    code: 'DN637',
    kind: 'bad-input',
    message: `The agent would not know whom to trust: ${message}.`,
    hint: '`dreamnet keys list` shows where the public keys of your fleet are; give one as text, a file with it, or a directory of NAME.pub.pem as `trust`.',
  });
}
