/**
 * What a host keeps on disk: every order it obeyed, as the signed text it got, and the programs, content-addressed.
 * After a restart the same orders are opened and checked again, so that a file someone wrote gives no more rights than a
 * message someone sent. A half-written last line is ignored: its order was not acknowledged either.
 */
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../bytecode/digest.js';
import { compactJournal } from './journal-compaction.js';

export interface JournalEntry {
  /** Stream id of the order, so that reading goes on after it. */
  readonly streamId: string;
  readonly envelope: string;
}

export interface Journal {
  readonly entries: readonly JournalEntry[];
  /** In the file when it resolves, so that it outlives the process. */
  append(entry: JournalEntry): Promise<void>;
  /** Undefined when there is none, or when the file is damaged. */
  readProgram(digest: string): Promise<Uint8Array | undefined>;
  keepProgram(digest: string, bytes: Uint8Array): Promise<void>;
}

/**
 * Orders after which the file is rewritten without those that no longer matter: some ten rollouts of 116 batches, and as
 * many as were kept the last time, so that what an order costs does not grow with the fleet.
 */
const compactAfterMin = 1_200;

export async function openJournal(directory: string, hostId: string): Promise<Journal> {
  const programs = join(directory, 'programs');
  await mkdir(programs, { recursive: true, mode: 0o700 });
  const path = join(directory, `${hostId}.orders.jsonl`);
  const compact = async () => {
    const kept = compactJournal(await readEntries(path));
    await replaceFile(path, kept.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    return kept;
  };
  const entries = await compact();
  let leftUntilCompaction = Math.max(compactAfterMin, entries.length);
  /** True after a write that failed: part of a line may stand at the end of the file. */
  let torn = false;
  const programPath = (digest: string) => join(programs, `${digest.replace(':', '-')}.bc`);
  return {
    entries,
    append: async (entry) => {
      const line = `${torn ? '\n' : ''}${JSON.stringify(entry)}\n`;
      torn = true;
      // At once: the file's cache takes it in microseconds, and going through the thread pool would take a millisecond.
      appendFileSync(path, line, { mode: 0o600 });
      torn = false;
      if (--leftUntilCompaction > 0) return;
      leftUntilCompaction = Math.max(compactAfterMin, (await compact()).length);
    },
    readProgram: async (digest) => {
      try {
        const bytes = await readFile(programPath(digest));
        return digestOf(bytes) === digest ? bytes : undefined;
      } catch {
        return undefined;
      }
    },
    keepProgram: (digest, bytes) => replaceFile(programPath(digest), bytes),
  };
}

async function readEntries(path: string): Promise<JournalEntry[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const entry = parseEntry(line);
    return entry === undefined ? [] : [entry];
  });
}

function parseEntry(line: string): JournalEntry | undefined {
  try {
    const { streamId, envelope } = JSON.parse(line) as Partial<JournalEntry>;
    return typeof streamId === 'string' && typeof envelope === 'string' ? { streamId, envelope } : undefined;
  } catch {
    return undefined;
  }
}

/** Writes beside and renames, so that a crash leaves the old file or the new one. */
async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const beside = `${path}.${randomUUID()}.new`;
  await writeFile(beside, content, { mode: 0o600 });
  await rename(beside, path);
}
