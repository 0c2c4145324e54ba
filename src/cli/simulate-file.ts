/** The words of `dreamnet simulate` in, its document out: programs, table and effect sizes are found, then core is asked. */
import type { TaskTable } from '../core/bytecode/task-table.js';
import { DreamnetError } from '../core/errors.js';
import {
  type ComparisonReport,
  type ComparisonRequest,
  comparePrograms,
} from '../core/governor/compare-programs.js';
import { expectedSizes } from '../core/governor/expected-sizes.js';
import type { EffectSize } from '../core/governor/memory.js';
import { type SimulationReport, simulate } from '../core/governor/simulate.js';
import type { TableField } from '../core/governor/tables/column.js';
import type { Capabilities, FieldUnit } from '../core/language/capabilities.js';
import { describeUnit } from '../core/language/units/quantity.js';
import { openCapabilities } from './capabilities-file.js';
import type { DiagnosedSource } from './diagnosed-error.js';
import { requireOneStandardInput } from './input-file.js';
import { loadProgram, type RunnableProgram } from './program-file.js';
import { type FleetTables, learnedSizes, recordedTables } from './recorded-tables.js';
import type { RunningFleetOptions } from './running-fleet.js';
import { type ParameterValues, setParameters } from './set-parameters.js';
import { checkSavePath, type GivenTable, readTaskFiles, saveTasks } from './tasks-file.js';
import { type DiagnosticDocument, diagnosticDocument } from './views/diagnostics-document.js';

export interface SimulateRequest {
  readonly file: string;
  /** A second program to compare with. */
  readonly diff: string | undefined;
  /** As typed: `name=value`. */
  readonly settings: readonly string[];
  /** Task tables; none: those that the running fleet last recorded. */
  readonly tasks: readonly string[];
  readonly selector: string;
  readonly capabilities: string | undefined;
  /** Predict from the capability file even when a fleet has learned. */
  readonly expected: boolean;
  readonly save: string | undefined;
  readonly examplesMax: number;
  readonly fleet: RunningFleetOptions['flags'];
  /** Told what the user should know besides the result. */
  readonly note: (text: string) => void;
  /** Told the warnings about the capability file and the sources, before anything else is done. */
  readonly warn: (sources: readonly DiagnosedSource[]) => void;
}

export interface SimulateDocument {
  /** Never is: a simulation changes nothing. */
  readonly applied: false;
  /** Name of the capabilities. */
  readonly capabilities: string;
  readonly table: TableSource;
  /** Where the table was saved to. */
  readonly saved: string | null;
  readonly simulation: SimulatedFile;
  /** With --diff. */
  readonly other?: SimulatedFile;
  readonly comparison?: ComparisonReport;
  /** Warnings about the capability file and the sources. */
  readonly diagnostics: readonly DiagnosticDocument[];
}

export type SimulatedFile = { readonly file: string } & SimulationReport;

export type TableSource =
  | { readonly source: 'files'; readonly files: readonly string[] }
  | ({ readonly source: 'fleet'; readonly selector: string } & Omit<FleetTables, 'table' | 'sizes'>);

export async function simulateFile(request: SimulateRequest): Promise<SimulateDocument> {
  const paths = request.diff === undefined ? [request.file] : [request.file, request.diff];
  const inputs = [...paths, ...request.tasks, request.capabilities ?? '-'];
  if (request.save !== undefined) checkSavePath(request.save, inputs);
  requireOneStandardInput([...paths, ...request.tasks, request.capabilities]);
  const { capabilities, about } = openCapabilities(request.capabilities);
  const programs = paths.map((path) => loadProgram(path, capabilities));
  const warned = [about, ...programs.map((program) => program.about)].filter((one) => one !== undefined);
  request.warn(warned);
  const values = setParameters(
    request.settings,
    programs.map(({ program }) => program.manifest),
  );
  const { table, sizes, source, given } = await tableAndSizes(request, programs, capabilities);
  const fields = fieldsOf(programs, capabilities);
  if (request.save !== undefined) saveTasks(request.save, table, { fields, labels: given?.labels });
  const simulated = programs.map((loaded, at): Simulated => {
    const parameters = values[at] ?? {};
    const report = simulate({ program: loaded.program, parameters, table, sizes, capabilities });
    return { loaded, parameters, report };
  });
  return {
    applied: false,
    capabilities: capabilities.name,
    table: source,
    saved: request.save ?? null,
    ...compared(simulated, {
      table,
      fields,
      examplesMax: request.examplesMax,
      originOf: given?.originOf,
    }),
    diagnostics: warned.flatMap(({ name: file, source: text, diagnostics }) =>
      diagnostics.map((one) => diagnosticDocument(one, { file, source: text })),
    ),
  };
}

interface Simulated {
  readonly loaded: RunnableProgram;
  readonly parameters: ParameterValues;
  readonly report: SimulationReport;
}

function compared(
  [first, second]: readonly Simulated[],
  options: Pick<ComparisonRequest, 'table' | 'fields' | 'examplesMax' | 'originOf'>,
): Pick<SimulateDocument, 'simulation' | 'other' | 'comparison'> {
  if (first === undefined) throw new Error('no program was simulated');
  const simulation = { file: first.loaded.file, ...first.report };
  if (second === undefined) return { simulation };
  const comparison = comparePrograms({
    first: { ...first, program: first.loaded.program },
    second: { ...second, program: second.loaded.program },
    ...options,
  });
  return { simulation, other: { file: second.loaded.file, ...second.report }, comparison };
}

interface Basis {
  readonly table: TaskTable;
  readonly sizes: readonly EffectSize[];
  readonly source: TableSource;
  /** When the table came from files. */
  readonly given?: GivenTable;
}

async function tableAndSizes(
  request: SimulateRequest,
  programs: readonly RunnableProgram[],
  capabilities: Capabilities,
): Promise<Basis> {
  const { tasks, selector, note } = request;
  const needed = [
    ...new Set(programs.flatMap(({ program }) => program.manifest.fields.map(({ name }) => name))),
  ];
  const options = { command: 'simulate', flags: request.fleet };
  if (tasks.length === 0) {
    const { table, sizes, ...source } = await recordedTables(options, { selector, capabilities });
    requireColumns(table, needed);
    return {
      table,
      sizes: request.expected ? expectedSizes(capabilities) : sizes,
      source: { source: 'fleet', selector, ...source },
    };
  }
  const given = readTaskFiles(tasks, { fields: fieldsOf(programs, capabilities), needed });
  for (const text of given.notes) note(text);
  const learned = request.expected ? undefined : await learnedSizes(options, { capabilities, note });
  return {
    table: given.table,
    sizes: learned ?? expectedSizes(capabilities),
    source: { source: 'files', files: tasks },
    given,
  };
}

/** Those of the capability file, and what the programs read besides. */
function fieldsOf(programs: readonly RunnableProgram[], capabilities: Capabilities): TableField[] {
  const known = new Map<string, TableField>(capabilities.fields.map((field) => [field.name, field]));
  for (const { program, file } of programs) {
    for (const field of program.manifest.fields) {
      const { unit } = known.get(field.name) ?? field;
      if (unit !== field.unit) throw otherUnit(file, field, unit);
      if (!known.has(field.name)) known.set(field.name, field);
    }
  }
  return [...known.values()];
}

function otherUnit(file: string, { name, unit }: TableField, known: FieldUnit): DreamnetError {
  return new DreamnetError({
    code: 'DN955',
    kind: 'bad-input',
    message: `${file} reads ${name} as ${describeUnit(unit)}, and here it is ${describeUnit(known)}.`,
    hint: 'Give the capability file that it was compiled for with --capabilities.',
  });
}

function requireColumns(table: TaskTable, needed: readonly string[]): void {
  const missing = needed.find((name) => !Object.hasOwn(table.columns, name));
  if (missing === undefined) return;
  throw new DreamnetError({
    code: 'DN955',
    kind: 'bad-input',
    message: `The program reads ${missing}, which the agents of this fleet do not record.`,
    hint: `They record ${Object.keys(table.columns).join(', ')}. Give a table with --tasks FILE instead.`,
  });
}
