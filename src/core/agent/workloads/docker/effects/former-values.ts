/**
 * What containers were like before effects changed them: each change is in a file of the state directory, on disk, before
 * the engine is asked for it. After a crash every container is therefore found with the values of its last line, or with
 * those before it, and both are ours. A half-written last line belongs to a change that was never asked for.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { DreamnetError, messageOf } from '../../../../errors.js';
import { parseRecord } from '../../../../nerve/records.js';
import { type Aspect, aspects, type Values } from './values.js';

/** What one instruction wants of one aspect of one container. */
export interface Setting {
  readonly instruction: string;
  readonly agent: string;
  readonly share: number;
  /** Cores or bytes in use when it was applied. */
  readonly used: number;
  /** Instructions whose settings held that use down when it was measured, with their shares. */
  readonly under: readonly { readonly instruction: string; readonly share: number }[];
  /** Where it sends the container, if that is what it does. */
  readonly region?: string | undefined;
}

export interface Change {
  /** The container's own id: one that is made anew under the same name is another. */
  readonly container: string;
  readonly name: string;
  readonly aspect: Aspect;
  readonly at: number;
  /** Before any effect. */
  readonly original: Values;
  /** Just before this change; what is set, once the engine has done it. */
  readonly before: Values;
  readonly set: Values;
  /** In force with this change; none: the original is being put back. */
  readonly settings: readonly Setting[];
}

export interface FormerValues {
  /** The last change of every aspect that is not as it was. */
  open(): readonly Change[];
  of(container: string, aspect: Aspect): Change | undefined;
  /** On disk when it returns; throws DN655 when it cannot be. */
  write(change: Change): void;
  /** All is as it was, or it is no longer ours to put back. */
  forget(change: Change): void;
}

const valuesSchema = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));
const lineSchema = z.object({
  version: z.literal(1),
  container: z.string().min(1),
  name: z.string(),
  aspect: z.enum(aspects),
  at: z.number(),
  original: valuesSchema,
  before: valuesSchema,
  set: valuesSchema,
  settings: z.array(
    z.object({
      instruction: z.string(),
      agent: z.string(),
      share: z.number(),
      used: z.number(),
      under: z.array(z.object({ instruction: z.string(), share: z.number() })),
      region: z.string().optional(),
    }),
  ),
  /** Nothing is left to put back. */
  closed: z.boolean().optional(),
});

export function formerValuesFile(directory: string): string {
  return join(directory, 'former-values.jsonl');
}

/** `warn` hears of damaged lines. Throws DN655 when the directory cannot be used. */
export function openFormerValues(directory: string, warn: (text: string) => void): FormerValues {
  const path = formerValuesFile(directory);
  const open = readOpen(path, warn);
  let file = writing(path, () => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return compacted(path, [...open.values()]);
  });
  let linesLeft = linesUntilCompaction(open.size);
  const append = (change: Change, closed?: true) =>
    writing(path, () => {
      // Not `writeSync`: a disk that is nearly full takes half of it then, and that is no error.
      writeFileSync(file, lineOf(change, closed));
      fsyncSync(file);
    });
  const compact = () => {
    if (--linesLeft > 0) return;
    linesLeft = linesUntilCompaction(open.size);
    try {
      const before = file;
      file = compacted(path, [...open.values()]);
      closeSync(before);
    } catch (thrown) {
      warn(`${path} cannot be made shorter: ${messageOf(thrown)}`);
    }
  };
  return {
    open: () => [...open.values()],
    of: (container, aspect) => open.get(`${container} ${aspect}`),
    write(change) {
      append(change);
      open.set(keyOf(change), change);
      compact();
    },
    forget(change) {
      open.delete(keyOf(change));
      append(change, true);
      compact();
    },
  };
}

/** Containers come and go for months while an agent lives. */
function linesUntilCompaction(changes: number): number {
  return Math.max(1_000, 4 * changes);
}

function keyOf({ container, aspect }: Change): string {
  return `${container} ${aspect}`;
}

/** What a write that failed half way left behind is a line of its own, and no good one. */
function lineOf(change: Change, closed?: true): string {
  return `\n${JSON.stringify({ version: 1, ...change, ...(closed && { closed }) })}\n`;
}

function readOpen(path: string, warn: (text: string) => void): Map<string, Change> {
  const open = new Map<string, Change>();
  const lines = readText(path).split('\n');
  const last = lines.findLastIndex((line) => line !== '');
  lines.forEach((line, at) => {
    if (line === '') return;
    const parsed = parseRecord(line, lineSchema);
    if (parsed === undefined) {
      if (at < last) warn(`line ${at + 1} of ${path} is damaged and was passed over`);
      return;
    }
    const { closed, version: _, ...change } = parsed;
    if (closed) open.delete(keyOf(change));
    else open.set(keyOf(change), change);
  });
  return open;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code === 'ENOENT') return '';
    throw unusable(path, thrown);
  }
}

/** Without what has been put back; beside and renamed, so that a crash leaves the old file or the new one. */
function compacted(path: string, changes: readonly Change[]): number {
  const beside = `${path}.${randomUUID()}.new`;
  const file = openSync(beside, 'ax', 0o600);
  try {
    writeFileSync(file, changes.map((change) => lineOf(change)).join(''));
    fsyncSync(file);
    renameSync(beside, path);
  } catch (thrown) {
    closeSync(file);
    rmSync(beside, { force: true });
    throw thrown;
  }
  const directory = openSync(dirname(path), 'r');
  fsyncSync(directory);
  closeSync(directory);
  return file;
}

function writing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw unusable(path, thrown);
  }
}

function unusable(path: string, cause: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN655',
    kind: 'failed',
    message: `What containers were like cannot be kept in ${path}: ${messageOf(cause)}.`,
    hint: 'Nothing was changed. Make its directory writable, or choose another with --state-dir.',
    cause,
  });
}
