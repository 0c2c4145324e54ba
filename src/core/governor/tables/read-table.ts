/** The bytes of a task table in, CSV or JSON, a table of the fields that are known or every mistake with its place out. */
import { nearestWord, wordList } from '../../language/suggest.js';
import { tableLimits } from './limits.js';
import { placeOf, TableProblems } from './problems.js';
import { readCsv } from './read-csv.js';
import { readJson } from './read-json.js';
import { TableBuilder } from './table-builder.js';
import type { FoundColumns, IgnoredColumn, TableOptions, TableReading } from './table-reading.js';
import { labelColumn, TaskLabels } from './task-labels.js';

export type TableFormat = 'csv' | 'json';

/** What is not measured reads as NaN. Never throws for what the bytes hold. */
export function readTable(bytes: Buffer, format: TableFormat, options: TableOptions): TableReading {
  const problems = new TableProblems();
  const builder = new TableBuilder();
  const labels = new TaskLabels();
  if (!isReadable(bytes, problems)) return { ok: false, problems: problems.shown, count: problems.count };
  const found = readAs(format, bytes, { options, builder, labels, problems });
  if (problems.count === 0 || found.areAll) requireContent({ builder, labels, options, problems }, found);
  if (problems.count > 0) return { ok: false, problems: problems.shown, count: problems.count };
  return {
    ok: true,
    table: builder.finish(),
    ignored: found.ignored,
    labels: labels.finish(builder.rows),
    lineOf: found.lineOf,
  };
}

/** By its first character: JSON begins with a bracket, and no CSV header does. */
export function formatOf(bytes: Buffer): TableFormat {
  const first = /[^\s\uFEFF]/.exec(bytes.toString('utf8', 0, 4_096))?.[0];
  return first === '[' || first === '{' ? 'json' : 'csv';
}

type Parts = Parameters<typeof readCsv>[1];

type Found = FoundColumns & { readonly lineOf: ((row: number) => number) | undefined };

/** Only in CSV does a line mean a task; JSON may be one line. */
function readAs(format: TableFormat, bytes: Buffer, parts: Parts): Found {
  if (format === 'csv') return readCsv(bytes, parts);
  return { ...readJson(bytes.toString('utf8').replace(/^\uFEFF/, ''), parts), lineOf: undefined };
}

function isReadable(bytes: Buffer, problems: TableProblems): boolean {
  const start = { line: 1, column: 1 };
  if (bytes.length > tableLimits.bytesMax) {
    problems.add(start, `the table has ${bytes.length} bytes; at most ${tableLimits.bytesMax} are read`);
    return false;
  }
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    const before = bytes.toString('utf8', 0, nul);
    const hint = 'is this a binary or UTF-16 file? Save it as UTF-8';
    problems.add(placeOf(before, before.length), 'found a NUL byte; expected text', hint);
    return false;
  }
  if (bytes.toString('utf8', 0, 4_096).trim() !== '' || bytes.toString('utf8').trim() !== '') return true;
  problems.add(start, 'the table is empty');
  return false;
}

interface Content extends Parts {
  readonly options: TableOptions;
}

/** A column that is missing is told before cells that are wrong. */
function requireContent(
  { builder, labels, options: { fields, needed }, problems }: Content,
  { ignored, mistaken }: FoundColumns,
): void {
  const names = fields.map((field) => field.name);
  if (builder.rows > 0 && mistaken.length === 0 && !names.some((name) => builder.has(name))) {
    const others = [...(labels.areThere ? [labelColumn] : []), ...ignored.map(({ name }) => short(name))];
    const found = others.length === 0 ? 'none' : wordList(others);
    const message = `no column is a task field: found ${found}; expected ${wordList(names)}`;
    addFirst(problems, message, hintFor(ignored));
    return;
  }
  if (builder.rows === 0 && problems.count === 0) addFirst(problems, 'the table has no tasks');
  for (const name of needed)
    if (!builder.has(name) && !mistaken.includes(name)) addMissing(name, ignored, problems);
}

function addMissing(name: string, ignored: readonly IgnoredColumn[], problems: TableProblems): void {
  const near = nearestWord(
    name,
    ignored.map((column) => column.name),
  );
  const hint = near === undefined ? undefined : `is ${short(near)} meant? Name that column ${name}`;
  addFirst(problems, `the program reads ${name}, and the table has no such column`, hint);
}

function addFirst(problems: TableProblems, message: string, hint?: string): void {
  problems.addFirst({ line: 1, column: 1, message, ...(hint === undefined ? {} : { hint }) });
}

function hintFor(ignored: readonly IgnoredColumn[]): string {
  const [only] = ignored;
  if (ignored.length === 1 && only !== undefined && /[;\t|]/.test(only.name))
    return 'separate cells by commas';
  if (ignored.some(({ name }) => /^-?\d/.test(name))) return 'the first row must name the fields';
  const near = ignored.find((column) => column.near !== undefined);
  return near === undefined
    ? 'name columns after task fields'
    : `is ${short(near.name)} meant to be ${near.near}?`;
}

function short(name: string): string {
  return name === '' ? '""' : name.slice(0, 40);
}
