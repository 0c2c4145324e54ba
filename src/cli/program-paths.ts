/** Files and directories as typed in, the source files that they mean out: a directory means all programs below it. */
import { readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { DreamnetError } from '../core/errors.js';
import { systemWords } from '../core/system-words.js';

export interface ProgramPath {
  readonly path: string;
  /** Why there is no source file at the path. */
  readonly error?: DreamnetError;
}

export interface PathOptions {
  /** Whether what is neither a file nor a directory, such as a pipe, can be read as well: nothing is written back. */
  readonly acceptsPipes: boolean;
}

/** In order, what is in a directory by name. A file that is meant twice comes once. */
export function programPaths(given: readonly string[], options: PathOptions): ProgramPath[] {
  const known = new Set<string>();
  return given
    .flatMap((path) => pathsAt(path, options))
    .filter(({ path }) => {
      const place = realPlace(path);
      const isNew = !known.has(place);
      known.add(place);
      return isNew;
    });
}

function pathsAt(path: string, { acceptsPipes }: PathOptions): ProgramPath[] {
  const stats = path === '-' ? undefined : statsOf(path);
  if (stats === undefined || stats.isFile()) return [{ path }];
  if (!stats.isDirectory() && acceptsPipes) return [{ path }];
  if (!stats.isDirectory()) return [{ path, error: refused(path, 'is neither a file nor a directory') }];
  const found = below(path);
  return found.length > 0 ? found : [{ path, error: refused(path, 'is a directory without programs') }];
}

/** Undefined where nothing can be looked at; reading it will say why. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Behind no symbolic link, so that every program is met where it lives; hidden ones and installed packages are left out. */
function programsBelow(directory: string): ProgramPath[] {
  const entries = readdirSync(directory, { withFileTypes: true });
  const sorted = entries.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return sorted.flatMap((entry): ProgramPath[] => {
    const path = join(directory, entry.name);
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return [];
    if (entry.isFile() && entry.name.endsWith('.dream')) return [{ path }];
    return entry.isDirectory() ? below(path) : [];
  });
}

/** A directory that cannot be read does not keep its neighbours from being found. */
function below(directory: string): ProgramPath[] {
  try {
    return programsBelow(directory);
  } catch (cause) {
    return [{ path: directory, error: refused(directory, `cannot be read: ${systemWords(cause)}`, cause) }];
  }
}

function realPlace(path: string): string {
  try {
    return path === '-' ? path : realpathSync(path);
  } catch {
    return path;
  }
}

function refused(path: string, why: string, cause?: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN944',
    kind: 'bad-input',
    message: `${path} ${why}.`,
    hint: 'Give source files, directories with *.dream files in them, or - for standard input.',
    cause,
  });
}
