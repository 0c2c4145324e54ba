/** The documents of `results ID` and `results compare` in, Markdown to paste into a ticket or a page out. */
import { notesOf } from '../../core/loop-document.js';
import type { EffectEstimate, Result } from '../../core/nerve/messages/result.js';
import { formatCount, formatDuration, formatMoney, formatNumber, formatShare } from '../format.js';
import { actionText, changeWithRange, differenceText, reasonTexts, traitText } from './analysis-words.js';
import type { ComparisonDocument, ResultDocument } from './results-document.js';

export function resultMarkdown({ result, decision }: ResultDocument): string {
  const { execution, leaderboard, analysis } = result;
  const { topPerformer, mostEfficient, hardestWorker } = leaderboard;
  return [
    `# ${text(decision?.goal ?? result.goal ?? result.id)}`,
    `${result.type}, ${result.id}, ${new Date(result.at).toISOString()}, ${result.state.replaceAll('_', ' ')}`,
    section('What the program caused', metricsTable(execution.metrics)),
    section('By action', effectsTable(result)),
    section('Totals', totals(result)),
    section('Leaders', [
      ...(topPerformer
        ? [`- top performer: ${topPerformer.agent}, ${formatNumber(topPerformer.value, 1)} runs/s`]
        : []),
      ...(mostEfficient
        ? [
            `- most efficient: ${mostEfficient.agent}, ${formatNumber(mostEfficient.value, 1)} % of cost saved`,
          ]
        : []),
      ...(hardestWorker
        ? [`- hardest worker: ${hardestWorker.agent}, ${formatCount(hardestWorker.value, 'effect')}`]
        : []),
    ]),
    section('What went wrong', analysis ? bullets(reasonTexts(analysis)) : []),
    section('What those have in common', bullets(analysis?.troubledShare.map(traitText) ?? [])),
    section('What the best quarter has in common', bullets(analysis?.bestShare.map(traitText) ?? [])),
    section('What weakens the measurement', bullets(notesOf(result))),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

export function comparisonMarkdown({ a, b, comparison }: ComparisonDocument): string {
  const rows = comparison.metrics.map(({ metric, a: one, b: other, difference }) => [
    metric,
    one === null ? 'not measured' : changeWithRange(one),
    other === null ? 'not measured' : changeWithRange(other),
    difference === null ? '' : differenceText(difference),
  ]);
  const parameters = comparison.parameters.map(({ name, a: one, b: other }) => [
    name,
    String(one ?? ''),
    String(other ?? ''),
  ]);
  return [
    `# ${a.id} and ${b.id}`,
    table(['metric', a.id, b.id, 'difference'], rows).join('\n'),
    section('Parameters that differ', table(['parameter', a.id, b.id], parameters)),
    section('To bear in mind', bullets(comparison.notes)),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function metricsTable(metrics: Readonly<Record<string, EffectEstimate>>): string[] {
  const rows = Object.entries(metrics).map(([metric, estimate]) => [
    metric,
    changeWithRange(estimate),
    estimate.plain === undefined ? '' : changeWithRange(estimate.plain),
    estimate.plain?.agrees === false ? 'contradicts' : (estimate.noInterval ?? ''),
  ]);
  return table(['metric', 'change', 'plain difference', ''], rows);
}

function effectsTable({ effects }: Result): string[] {
  const rows = (effects ?? []).map((effect) => [
    actionText(effect),
    effect.metric,
    changeWithRange(effect),
    formatNumber(effect.tasks),
  ]);
  return table(['action', 'metric', 'change on its tasks', 'tasks'], rows);
}

function totals({ execution, agents, succeeded, failed, heldOut }: Result): string[] {
  const { costBefore, costAfter, tasksProcessed, successRate } = execution;
  return bullets([
    `agents: ${formatNumber(agents)}, of them ${formatNumber(succeeded)} did all that was asked, ${formatNumber(failed)} failed, ${formatNumber(heldOut)} were held out`,
    `window: ${formatDuration(execution.windowMs)}, ${formatCount(execution.tasks, 'task')}, ${formatCount(execution.effectsApplied, 'effect')} applied`,
    ...(tasksProcessed === null ? [] : [`runs: ${formatNumber(tasksProcessed)}`]),
    ...(successRate === null ? [] : [`success: ${formatShare(successRate)}`]),
    ...(costBefore === null || costAfter === null
      ? []
      : [
          `cost of the treated agents: ${formatMoney(costBefore)}/h before, ${formatMoney(costAfter)}/h after`,
        ]),
  ]);
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `## ${title}\n\n${lines.join('\n')}`;
}

function bullets(lines: readonly string[]): string[] {
  return lines.map((line) => `- ${text(line)}`);
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.map(text).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)];
}

/** What agents and goals say must not become a table, a heading or HTML. */
function text(value: string): string {
  return value.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[|<>`*_[\]#\\]/g, (sign) => `\\${sign}`);
}
