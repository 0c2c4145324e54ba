/** Paths of task tables as typed in, or `-`; one table out, or an error with every mistake and its place. Saves one, too. */
import { writeFileSync } from 'node:fs';
import type { TaskTable } from '../core/bytecode/task-table.js';
import { DreamnetError } from '../core/errors.js';
import type { TaskOrigin } from '../core/governor/compare-programs.js';
import { joinLabels, joinTables } from '../core/governor/tables/join-tables.js';
import { tableLimits, tooManyTasks } from '../core/governor/tables/limits.js';
import { formatOf, readTable, type TableFormat } from '../core/governor/tables/read-table.js';
import type { IgnoredColumn, TableOptions, TableReading } from '../core/governor/tables/table-reading.js';
import { writeTable } from '../core/governor/tables/write-table.js';
import { systemWords } from '../core/system-words.js';
import { formatCount } from './format.js';
import { readInput } from './input-file.js';
import { isOneOf } from './same-file.js';

export interface GivenTable {
  readonly table: TaskTable;
  /** What was left out, in words. */
  readonly notes: readonly string[];
  /** Ids of the tasks; undefined when no file gives some. */
  readonly labels: readonly string[] | undefined;
  /** Where a row of the table comes from. */
  readonly originOf: (row: number) => TaskOrigin;
}

/** Tables one after the other. Throws DN951 for what cannot be read as a table. */
export function readTaskFiles(paths: readonly string[], options: TableOptions): GivenTable {
  const read = paths.map((path) => readTaskFile(path, options));
  const table = joinTables(read.map((one) => one.table));
  if (table.rows <= tableLimits.rowsMax)
    return {
      table,
      notes: read.flatMap(({ name, ignored }) => (ignored.length === 0 ? [] : [ignoredText(name, ignored)])),
      labels: joinLabels(read.map(({ table: { rows }, labels }) => ({ rows, labels }))),
      originOf: (row) => originOf(row, read),
    };
  throw new DreamnetError({
    code: 'DN951',
    kind: 'bad-input',
    message: `In all ${formatCount(paths.length, 'table')} ${tooManyTasks}.`,
    hint: 'Give fewer of them.',
  });
}

type ReadFile = { readonly name: string } & Extract<TableReading, { ok: true }>;

function readTaskFile(path: string, options: TableOptions): ReadFile {
  const { name, bytes } = readInput(path, { what: 'a task table', bytesMax: tableLimits.bytesMax });
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const reading = readTable(buffer, extensionOf(path) ?? formatOf(buffer), options);
  if (!reading.ok) throw unreadable(name, reading);
  return { name, ...reading };
}

function originOf(row: number, files: readonly ReadFile[]): TaskOrigin {
  let before = 0;
  for (const { name, table, lineOf, labels } of files) {
    const at = row - before;
    if (at < table.rows)
      return { file: name, task: at + 1, line: lineOf?.(at) ?? null, id: labels?.[at] || null };
    before += table.rows;
  }
  throw new Error(`the tables have no row ${row}`);
}

function ignoredText(name: string, ignored: readonly IgnoredColumn[]): string {
  const shown = ignored.slice(0, ignoredShownMax).map(({ name: column, near }) => {
    const text = column === '' ? '""' : column.slice(0, 40);
    return near === undefined ? text : `${text} (is ${near} meant?)`;
  });
  const list = shown.join(', ') + (ignored.length > shown.length ? ', …' : '');
  if (ignored.length === 1) return `${name}: column ${list} is no task field and was left out.`;
  return `${name}: ${formatCount(ignored.length, 'column')} are no task fields and were left out: ${list}.`;
}

const ignoredShownMax = 8;

function unreadable(name: string, { problems, count }: TableReading & { readonly ok: false }): DreamnetError {
  const lines = problems.map(
    ({ line, column, message, hint }) =>
      `  ${name}:${line}:${column}: ${message}${hint === undefined ? '' : `; ${hint}`}`,
  );
  const more = count - problems.length;
  if (more > 0) lines.push(`  and ${more.toLocaleString('en-US')} more`);
  return new DreamnetError({
    code: 'DN951',
    kind: 'bad-input',
    message: `${name} is no task table: ${formatCount(count, 'mistake')}.\n${lines.join('\n')}`,
    hint: 'The format is explained under "Task tables" in docs/operating.md.',
  });
}

/** Throws DN952 for a place that no table should be written to. */
export function checkSavePath(path: string, inputs: readonly string[]): void {
  if (path === '-')
    throw cannotSave(
      'standard output',
      'bad-input',
      'the result goes there',
      'Give a file: --save tasks.csv',
    );
  if (extensionOf(path) === undefined)
    throw cannotSave(
      path,
      'bad-input',
      'its name ends neither in .csv nor in .json',
      'The ending says the format.',
    );
  if (isOneOf(path, inputs))
    throw cannotSave(path, 'bad-input', 'it is one of the inputs', 'Choose another place.');
}

/** As it was used: it reads back as the same table. Throws DN952. */
export function saveTasks(path: string, table: TaskTable, content: SavedContent): void {
  try {
    writeFileSync(path, writeTable(table, extensionOf(path) ?? 'json', content));
  } catch (cause) {
    throw cannotSave(path, 'failed', systemWords(cause), 'Choose another place with --save.');
  }
}

export type SavedContent = Parameters<typeof writeTable>[2];

function extensionOf(path: string): TableFormat | undefined {
  const ending = /\.(csv|json)$/i.exec(path)?.[1]?.toLowerCase();
  return ending === 'csv' || ending === 'json' ? ending : undefined;
}

function cannotSave(path: string, kind: 'bad-input' | 'failed', why: string, hint: string): DreamnetError {
  return new DreamnetError({
    code: 'DN952',
    kind,
    message: `No table can be saved to ${path}: ${why}.`,
    hint,
  });
}
