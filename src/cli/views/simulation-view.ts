/** What a program would do to a table in; what an operator wants to know before deciding about it, out. */
import type { ActionTally } from '../../core/governor/action-tally.js';
import type {
  NotPredicted,
  PredictedChange,
  SimulatedPrediction,
  SimulationReport,
} from '../../core/governor/simulate.js';
import { formatQuantity, type QuantityName } from '../../core/language/units/units.js';
import {
  formatBytes,
  formatChange,
  formatCount,
  formatDuration,
  formatMoney,
  formatNumber,
  formatShare,
} from '../format.js';
import { rangeText } from '../progress/headline.js';
import type { SimulateDocument, SimulatedFile, TableSource } from '../simulate-file.js';
import { formatPairs, formatTable, wrap } from '../table.js';
import { terminalWidth } from '../terminal-text.js';
import { shortDigest } from './agents-view.js';
import { rangeOf } from './program-words.js';

type Row = readonly [name: string, value: string];

export function simulationText({ simulation, table, saved }: SimulateDocument): string {
  const facts = formatPairs([
    ['program', programText(simulation)],
    ...parameterRows('parameters', simulation),
    ['tasks', tasksText(table, simulation.tasks)],
    ...(saved === null ? [] : [['saved', saved] as const]),
    ['touches', touchesText(simulation)],
  ]);
  const parts = [
    facts,
    ...warningsOf(simulation),
    ...(simulation.perAction.length === 0 ? [] : [actionsTable(simulation.perAction)]),
    ...predictionParts(simulation.prediction, simulation.tasks),
    paragraph(`Nothing was applied. ${basisText(simulation.prediction)}`),
  ];
  return parts.join('\n\n');
}

export function programText({ program, file }: SimulatedFile): string {
  return `${program.name} ${shortDigest(program.digest)} (${shownName(file)})`;
}

export function parameterRows(label: string, { program }: SimulatedFile): Row[] {
  return program.parameters.map(({ name, unit, value, default: initial, min, max }, at) => {
    const written = formatQuantity(value, unit);
    const isDefault = value === initial ? 'default' : `default ${formatQuantity(initial, unit)}`;
    const range = rangeOf({ unit, min, max });
    return [at === 0 ? label : '', `${name} = ${written} (${isDefault}, ${range})`];
  });
}

export function tasksText(table: TableSource, tasks: number): string {
  if (table.source === 'files') return `${formatNumber(tasks)} from ${table.files.map(shownName).join(', ')}`;
  const { agents, covered, ageMs, selector } = table;
  const by =
    covered === agents
      ? formatCount(agents, 'agent')
      : `${formatNumber(covered)} of ${formatCount(agents, 'agent')}`;
  const meant = selector === '' ? '' : ` (${selector})`;
  return `${formatNumber(tasks)} last recorded by ${by}${meant}, at most ${formatDuration(ageMs)} ago`;
}

function shownName(path: string): string {
  return path === '-' ? 'standard input' : path;
}

function touchesText({ tasks, tasksTouched, effects }: SimulationReport): string {
  if (tasksTouched === 0) return 'no task';
  const share = formatShare(tasksTouched / tasks, 1);
  return `${formatNumber(tasksTouched)} of ${formatCount(tasks, 'task')} (${share}), ${formatCount(effects, 'effect')}`;
}

/** What would surprise later, each as a paragraph. */
export function warningsOf({ program, tasks, file }: SimulatedFile): string[] {
  const gaps = program.notMeasured.map(({ field, tasks: count }) => `${field} for ${formatNumber(count)}`);
  const texts: string[] = [];
  if (gaps.length > 0)
    texts.push(
      `Not measured: ${gaps.join(', ')} of ${formatCount(tasks, 'task')}. There, comparisons with it are false, but for !=.`,
    );
  if (program.notOffered.length > 0)
    texts.push(
      `Agents of these capabilities refuse ${file}: they do not offer ${program.notOffered.join(', ')}. Its effects are counted, and nothing is expected of them.`,
    );
  return texts.map(paragraph);
}

function actionsTable(tallies: readonly ActionTally[]): string {
  return formatTable(
    [
      { header: 'ACTION', shrinkTo: 12 },
      { header: 'TASKS', align: 'right' },
      { header: 'SHARE', align: 'right' },
      { header: 'EFFECTS', align: 'right' },
      { header: 'ARGUMENT', shrinkTo: 10 },
    ],
    tallies.map(({ action, tasks, share, effects, argument }) => [
      action,
      formatNumber(tasks),
      formatShare(share, 1),
      formatNumber(effects),
      argumentText(argument),
    ]),
  );
}

function argumentText(argument: ActionTally['argument']): string {
  if (argument === null) return '–';
  const { unit, min, mean, max } = argument;
  const [low, middle, high] = [min, mean, max].map((value) => formatQuantity(value, unit));
  return low === high ? `${low}` : `${low} to ${high}, mean ${middle}`;
}

function predictionParts(prediction: SimulatedPrediction, tasks: number): string[] {
  const changes = Object.entries(prediction.changes);
  const gaps = changes.filter(([, { measured }]) => measured < tasks);
  const parts = changes.length === 0 ? [] : [changesTable(changes)];
  const missing = prediction.notPredicted.map(({ metric, reason }) => `${words(metric)} ${reasons[reason]}`);
  if (missing.length > 0) parts.push(paragraph(`Not predicted: ${missing.join('; ')}.`));
  if (gaps.length > 0) {
    const texts = gaps.map(([metric, { measured }]) => `${words(metric)} for ${formatNumber(measured)}`);
    parts.push(
      paragraph(
        `Predicted only where it was measured: ${texts.join(', ')} of ${formatCount(tasks, 'task')}.`,
      ),
    );
  }
  return parts;
}

const reasons: Readonly<Record<NotPredicted, string>> = {
  'not in the table': 'is not in the table',
  'not measured': 'was measured for no task',
  zero: 'is 0 in all',
};

function changesTable(changes: readonly (readonly [string, PredictedChange])[]): string {
  return formatTable(
    [
      { header: 'EXPECTED' },
      { header: 'BEFORE', align: 'right' },
      { header: 'AFTER', align: 'right' },
      { header: 'CHANGE', align: 'right' },
      { header: '90 % INTERVAL', align: 'right' },
    ],
    changes.map(([metric, { before, after, change, unit }]) => [
      words(metric),
      metricText(metric, before, unit),
      metricText(metric, after, unit),
      formatChange(change.mean * 100),
      rangeText([change.low * 100, change.high * 100]),
    ]),
  );
}

/** A total of a metric, such as `$512.30/h`. */
export function metricText(metric: string, value: number, unit: QuantityName | null): string {
  if (unit === 'money') return metric === 'cost' ? `${formatMoney(value)}/h` : formatMoney(value);
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'duration') return formatDuration(value * 1_000);
  if (unit === null || unit === 'count') return formatNumber(value, Math.abs(value) < 100 ? 2 : 0);
  return formatQuantity(value, unit);
}

export function words(metric: string): string {
  return metric.replaceAll('_', ' ');
}

/** Where the expectation comes from, and that it is one. */
export function basisText({ basis, sizes, changes }: SimulatedPrediction): string {
  if (Object.keys(changes).length === 0) return 'Nothing can be predicted from this table.';
  if (basis !== 'learned')
    return 'What is expected is a model of the effects that the capability file expects; nothing learned went into it.';
  const { learned, all } = sizes;
  const rest = learned === all ? '' : '; the others are what the capability file expects';
  return `What is expected is a model: ${formatNumber(learned)} of ${formatCount(all, 'effect size')} ${learned === 1 ? 'was' : 'were'} learned from results of this fleet${rest}.`;
}

export function paragraph(text: string): string {
  return wrap(text, terminalWidth()).join('\n');
}
