/** Two simulated programs in; where they differ, action by action, metric by metric and task by task, out. */
import type {
  ComparedAction,
  ComparedChange,
  ComparisonReport,
  NamedEffect,
  TaskExample,
  TaskOrigin,
} from '../../core/governor/compare-programs.js';
import { formatQuantity } from '../../core/language/units/units.js';
import { formatChange, formatCount, formatNumber } from '../format.js';
import type { SimulateDocument, SimulatedFile } from '../simulate-file.js';
import { formatPairs, formatTable } from '../table.js';
import { escapeControls, truncateToWidth } from '../terminal-text.js';
import {
  basisText,
  metricText,
  paragraph,
  parameterRows,
  programText,
  tasksText,
  warningsOf,
  words,
} from './simulation-view.js';

type Compared = SimulateDocument & {
  readonly other: SimulatedFile;
  readonly comparison: ComparisonReport;
};

export function isComparison(document: SimulateDocument): document is Compared {
  return document.other !== undefined && document.comparison !== undefined;
}

export function comparisonText(document: Compared): string {
  const { simulation, other, comparison, table, saved } = document;
  const facts = formatPairs([
    ['first', programText(simulation)],
    ...parameterRows('', simulation),
    ['second', programText(other)],
    ...parameterRows('', other),
    ['tasks', tasksText(table, simulation.tasks)],
    ...(saved === null ? [] : [['saved', saved] as const]),
    ['differ', differText(comparison, simulation, other)],
  ]);
  const changes = Object.entries(comparison.changes);
  const both = [
    ...new Set([...warningsOf(simulation), ...warningsOf(other)]),
    actionsTable(comparison, simulation, other),
    ...(changes.length === 0 ? [] : [changesTable(changes)]),
    ...examplesText(comparison),
  ];
  const parts = [facts, ...both, paragraph(`Nothing was applied. ${basisText(simulation.prediction)}`)];
  return parts.join('\n\n');
}

function differText(
  { identical, tasks }: ComparisonReport,
  first: SimulatedFile,
  second: SimulatedFile,
): string {
  if (identical) return 'in nothing: they are the same program with the same parameters';
  if (tasks.differing === 0)
    return `in no task: ${first.tasksTouched === 0 && second.tasksTouched === 0 ? 'neither touches one' : 'both do the same to each of them'}`;
  const { differing, onlyFirst, onlySecond } = tasks;
  const otherwise = differing - onlyFirst - onlySecond;
  const parts = [
    ...(onlyFirst > 0 ? [`${formatNumber(onlyFirst)} touched by the first only`] : []),
    ...(onlySecond > 0 ? [`${formatNumber(onlySecond)} touched by the second only`] : []),
    ...(otherwise > 0 ? [`${formatNumber(otherwise)} touched by both, but differently`] : []),
  ];
  return `in ${formatNumber(differing)} of ${formatCount(first.tasks, 'task')}: ${parts.join(', ')}`;
}

function actionsTable(comparison: ComparisonReport, first: SimulatedFile, second: SimulatedFile): string {
  const all = second.tasksTouched - first.tasksTouched;
  return formatTable(
    [
      { header: 'TASKS TOUCHED BY', shrinkTo: 12 },
      { header: 'FIRST', align: 'right' },
      { header: 'SECOND', align: 'right' },
      { header: 'DIFFERENCE', align: 'right' },
      { header: 'MEAN ARGUMENT', shrinkTo: 10 },
    ],
    [
      ['any action', formatNumber(first.tasksTouched), formatNumber(second.tasksTouched), signed(all), ''],
      ...comparison.perAction.map((compared) => [
        compared.action,
        formatNumber(compared.first?.tasks),
        formatNumber(compared.second?.tasks),
        signed(compared.difference.tasks),
        argumentText(compared),
      ]),
    ],
  );
}

function argumentText({ first, second }: ComparedAction): string {
  const [one, other] = [first, second].map((tally) => {
    const argument = tally?.argument ?? null;
    return argument === null ? undefined : formatQuantity(argument.mean, argument.unit);
  });
  if (one === undefined && other === undefined) return '–';
  return one === other ? `${one}` : `${one ?? '–'} → ${other ?? '–'}`;
}

function changesTable(changes: readonly (readonly [string, ComparedChange])[]): string {
  return formatTable(
    [
      { header: 'EXPECTED' },
      { header: 'FIRST', align: 'right' },
      { header: 'SECOND', align: 'right' },
      { header: 'DIFFERENCE', align: 'right' },
      { header: 'ABSOLUTE', align: 'right' },
    ],
    changes.map(([metric, { first, second, difference }]) => [
      words(metric),
      formatChange(first.change.mean * 100),
      formatChange(second.change.mean * 100),
      `${formatChange(difference.change * 100).replace(' %', '')} points`,
      `${difference.after > 0 ? '+' : ''}${metricText(metric, difference.after, first.unit)}`,
    ]),
  );
}

function examplesText({ tasks }: ComparisonReport): string[] {
  const { examples, differing } = tasks;
  if (examples.length === 0) return [];
  const more = differing - examples.length;
  const lines = examples.map((example) => exampleText(example));
  if (more > 0) lines.push(`and ${formatCount(more, 'task')} more; --examples shows more of them`);
  return [lines.join('\n')];
}

function exampleText({ task, origin, fields, first, second }: TaskExample): string {
  const values = fields.map(({ name, unit, value }) => {
    if (value === null) return `${name} –`;
    return `${name} ${typeof value === 'string' || unit === 'name' ? value : formatQuantity(value, unit)}`;
  });
  const rows = formatPairs([
    ['  reads', values.join(', ') || 'no field'],
    ['  first', effectsText(first)],
    ['  second', effectsText(second)],
  ]);
  return `${taskText(task, origin)}\n${rows}`;
}

/** Where it is found again: `task job-7 (tasks.csv:12)`, `task 5 of tasks.json`, `task 5`. */
function taskText(task: number, origin: TaskOrigin | null): string {
  if (origin === null) return `task ${formatNumber(task)}`;
  const { file, line, id } = origin;
  const place = line === null ? `task ${formatNumber(origin.task)} of ${file}` : `${file}:${line}`;
  const text = id === null ? place : `${truncateToWidth(id, idColumnsMax)} (${place})`;
  return escapeControls(line === null && id === null ? text : `task ${text}`);
}

const idColumnsMax = 40;

function effectsText(effects: readonly NamedEffect[]): string {
  if (effects.length === 0) return 'nothing';
  return effects
    .map(({ action, argument, unit }) =>
      argument === null || unit === null ? action : `${action} ${formatQuantity(argument, unit)}`,
    )
    .join(', ');
}

/** `+3`, `-3`, `0`. */
function signed(count: number): string {
  return `${count > 0 ? '+' : ''}${formatNumber(count)}`;
}
