/** The document of a run in (DESIGN section 10), the card shown at its end out: framed where there is room. */
import type { Objective, Prediction } from '../../core/nerve/messages/decision.js';
import type { Analysis, ExecutionSummary, Leaderboard } from '../../core/nerve/messages/result.js';
import type { Learned, Rewards } from '../../core/pipeline-events.js';
import {
  formatBytes,
  formatChange,
  formatCount,
  formatDuration,
  formatNumber,
  formatShare,
} from '../format.js';
import { formatPairs, wrap } from '../table.js';
import { displayWidth, escapeControls, truncateToWidth } from '../terminal-text.js';
import { plainText, reasonTexts, traitText } from '../views/analysis-words.js';
import { changeText, costsText, type Headline, rangeText } from './headline.js';
import { type Paint, paint } from './paint.js';

/** What the card needs of the `run --json` document. */
export interface RunDocument {
  /** Null when the instruction came from elsewhere. */
  readonly decision: {
    readonly goal: string;
    readonly objective: Pick<Objective, 'metric' | 'direction'>;
    readonly prediction: Pick<Prediction, 'target'>;
  } | null;
  readonly program: {
    readonly name: string;
    readonly bytes: number;
    /** Null when it is not known. */
    readonly optimizationScore: number | null;
  };
  readonly rollout: {
    readonly id: string;
    /** Type of the instruction. */
    readonly type: string;
    readonly agents: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly heldOut: number;
    readonly batches: number;
    readonly durationMs: number;
    readonly state: string;
    /** Why it did not end as it should. */
    readonly reason?: string;
  };
  readonly execution: Pick<
    ExecutionSummary,
    | 'windowMs'
    | 'workload'
    | 'agentsReporting'
    | 'tasksProcessed'
    | 'effectsApplied'
    | 'costBefore'
    | 'costAfter'
    | 'reductionPct'
    | 'interval'
    | 'latencyChangePct'
    | 'successRate'
    | 'holdOut'
  > &
    Partial<Pick<ExecutionSummary, 'metrics'>> & {
      /** What weakens the measurement. */
      readonly notes: readonly string[];
    };
  /** Absent in results of earlier versions. */
  readonly analysis?: Analysis | null;
  readonly leaderboard: Pick<Leaderboard, 'topPerformer' | 'mostEfficient' | 'hardestWorker'>;
  readonly learned?: Pick<Learned, 'nextType' | 'effectSizes'> | null;
  readonly rewards?: Pick<Rewards, 'points' | 'agents'> | null;
}

export interface CardOptions {
  readonly columns: number;
  readonly color: boolean;
}

type Row = readonly [label: string, text: string];
type Painter = (format: Paint, text: string) => string;

const frameFrom = 72;
const cardColumnsMax = 92;
const labelColumns = 16;

export function resultCard(document: RunDocument, options: CardOptions): string {
  const painter: Painter = options.color ? paint : (_, text) => text;
  if (options.columns < frameFrom) return narrowCard(document, options.columns);
  const inner = Math.min(cardColumnsMax, options.columns) - 6;
  const sections = [
    headLines(document, painter),
    ...withWholeTitle(document, rowSections(document), inner).map((rows) => rowLines(rows, painter, inner)),
  ];
  const lines = sections.filter((section) => section.length > 0).flatMap((section) => ['', ...section]);
  return framed([...lines, ''], { title: titleOf(document), document, inner, painter });
}

function narrowCard(document: RunDocument, columns: number): string {
  const { decision } = document;
  const rows: Row[] = [
    ['goal', titleOf(document)],
    ['measured', isMeasured(document) ? measuredText(headline(document)) : 'nothing: no agent reported'],
    ...rowIf('predicted', decision && formatChange(decision.prediction.target.mean * 100)),
    ...rowIf('cost', isMeasured(document) && costText(document)),
    ...rowSections(document).flat(),
  ];
  return formatPairs(rows, columns);
}

/** The one number of the run, large; then what it was measured against. */
function headLines(document: RunDocument, painter: Painter): string[] {
  const { decision, rollout } = document;
  if (!isMeasured(document)) return [painter('bold', 'not measured: no agent reported')];
  const measured = headline(document);
  const change = painter(['bold', measured.better ? 'green' : 'yellow'], changeText(measured));
  const interval = measured.interval ? `95 %: ${rangeText(measured.interval)}` : 'no interval';
  const predicted = decision ? `predicted ${formatChange(decision.prediction.target.mean * 100)}` : '';
  const heldOut = document.execution.holdOut?.agents ?? 0;
  const against =
    heldOut > 0
      ? `against ${formatCount(heldOut, 'agent')} held out`
      : `before and after; no agents ${rollout.heldOut > 0 ? 'held out reported' : 'were held out'}`;
  return [
    `${painter('bold', measured.metric)}  ${change}   ${painter('dim', `${interval}   ${predicted}`.trimEnd())}`,
    [costText(document), painter('dim', against)].filter(Boolean).join('   '),
  ];
}

function rowSections(document: RunDocument): Row[][] {
  const { program, rollout, execution, leaderboard, learned, rewards, analysis } = document;
  const failed = rollout.failed > 0 ? `, ${formatNumber(rollout.failed)} failed` : '';
  const { topPerformer, mostEfficient, hardestWorker } = leaderboard;
  return [
    [
      [
        'program',
        `${escapeControls(program.name)} · ${formatBytes(program.bytes)} · score ${formatNumber(program.optimizationScore ?? undefined, 2)}`,
      ],
      [
        'rollout',
        `${formatNumber(rollout.succeeded)} of ${formatCount(rollout.agents, 'agent')}${failed} · ${formatCount(rollout.batches, 'batch', 'batches')} staged in ${formatDuration(rollout.durationMs)} · ${rollout.state.replaceAll('_', ' ')}`,
      ],
      [
        'execution',
        [
          formatDuration(execution.windowMs),
          execution.tasksProcessed === null
            ? []
            : `${formatNumber(execution.tasksProcessed)} tasks processed`,
          formatCount(execution.effectsApplied, 'effect'),
        ]
          .flat()
          .join(' · '),
      ],
      ...rowIf('quality', execution.agentsReporting > 0 && qualityText(execution)),
      ...rowIf('workload', escapeControls(execution.workload)),
      ...rowIf('check', checkText(document)),
      ...rowIf('verdict', rollout.reason && escapeControls(rollout.reason)),
      ...execution.notes.map((note): Row => ['note', escapeControls(note)]),
    ],
    analysis ? analysisRows(analysis) : [],
    [
      ...rowIf(
        'top performer',
        topPerformer && `${topPerformer.agent} · ${formatNumber(topPerformer.value, 1)} tasks/s`,
      ),
      ...rowIf(
        'most efficient',
        mostEfficient && `${mostEfficient.agent} · cost ${formatChange(-mostEfficient.value)}`,
      ),
      ...rowIf(
        'hardest worker',
        hardestWorker && `${hardestWorker.agent} · ${formatCount(hardestWorker.value, 'effect')}`,
      ),
    ],
    [
      ...rowIf('learned', learned && learnedText(learned)),
      ...rowIf(
        'rewards',
        rewards &&
          rewards.points > 0 &&
          `${formatCount(rewards.points, 'point')} to ${formatCount(rewards.agents, 'agent')}`,
      ),
    ],
  ];
}

/** The first few of each: `--json` and `--markdown` have all. */
const linesShown = 3;

function analysisRows(analysis: Analysis): Row[] {
  const inCommon = (label: string, traits: Analysis['bestShare']) =>
    traits.slice(0, linesShown).map((trait): Row => [label, traitText(trait)]);
  return [
    ...reasonTexts(analysis)
      .slice(0, linesShown)
      .map((text): Row => ['trouble', text]),
    ...inCommon('in trouble', analysis.troubledShare),
    ...inCommon('best quarter', analysis.bestShare),
  ];
}

/** What the plain difference of the arms says of the headline's metric. */
function checkText({ decision, execution }: RunDocument): string | undefined {
  const estimate = execution.metrics?.[decision?.objective.metric ?? 'cost'];
  return estimate && plainText(estimate);
}

function learnedText({ effectSizes, nextType }: NonNullable<RunDocument['learned']>): string {
  const what = effectSizes.length > 0 ? 'effect sizes updated' : 'nothing; nothing could be compared';
  return `${what}; next is ${escapeControls(nextType)}`;
}

/** Containers without the SDK do what they are told, and report nothing. */
function isMeasured({ execution }: RunDocument): boolean {
  return execution.agentsReporting > 0;
}

function rowIf(label: string, text: string | false | null | undefined): Row[] {
  return text ? [[label, text]] : [];
}

/** Empty when neither was measured. */
function qualityText({ latencyChangePct, successRate }: RunDocument['execution']): string {
  const parts = [
    latencyChangePct === null ? [] : `latency ${formatChange(latencyChangePct)}`,
    successRate === null ? [] : `success ${formatShare(successRate)}`,
  ];
  return parts.flat().join(' · ');
}

/** The goal, or what an instruction without a decision calls itself. */
function titleOf({ decision, rollout }: RunDocument): string {
  return escapeControls(decision?.goal ?? rollout.id);
}

function costText({ execution }: RunDocument): string | undefined {
  return costsText(execution);
}

function headline({ decision, execution }: RunDocument): Headline {
  const { metric, direction } = decision?.objective ?? { metric: 'cost', direction: 'decrease' };
  const estimate = metric === 'cost' ? undefined : execution.metrics?.[metric];
  const { interval, reductionPct } = execution;
  const changePct = estimate ? estimate.change * 100 : reductionPct === null ? null : -reductionPct;
  const range = estimate
    ? estimate.interval?.map((bound) => bound * 100)
    : interval && [-interval[1], -interval[0]];
  return {
    metric: estimate ? metric.replaceAll('_', ' ') : 'cost',
    changePct,
    interval: range ? [range[0] ?? 0, range[1] ?? 0] : undefined,
    better: changePct !== null && Math.sign(changePct) === (estimate && direction === 'increase' ? 1 : -1),
  };
}

function measuredText(measured: Headline): string {
  const range = measured.interval ? ` (95 %: ${rangeText(measured.interval)})` : '';
  return `${measured.metric} ${changeText(measured)}${range}`;
}

/** A goal that the upper edge has no room for stands in the card as well. */
function withWholeTitle(document: RunDocument, sections: readonly Row[][], inner: number): Row[][] {
  const title = titleOf(document);
  if (displayWidth(title) <= titleColumns(document, inner)) return [...sections];
  return [[['goal', title]], ...sections];
}

function titleColumns({ rollout }: RunDocument, inner: number): number {
  return inner - displayWidth(edgeOf(rollout.type)) - 2;
}

function edgeOf(type: string): string {
  return ` ${type} ─╮`;
}

function rowLines(rows: readonly Row[], painter: Painter, inner: number): string[] {
  return rows.flatMap(([label, text]) =>
    partsOf(text, inner - labelColumns).map(
      (part, at) => `${painter('dim', (at === 0 ? label : '').padEnd(labelColumns))}${part}`,
    ),
  );
}

/** What is too long continues below: between its parts where it has some, between words else. */
function partsOf(text: string, columns: number): string[] {
  if (displayWidth(text) <= columns) return [text];
  const at = text.lastIndexOf(' · ');
  if (at <= 0) return wrap(text, columns);
  return [...partsOf(text.slice(0, at), columns), ...partsOf(text.slice(at + 3), columns)];
}

interface Frame {
  readonly title: string;
  readonly document: RunDocument;
  /** Columns between the frame's margins. */
  readonly inner: number;
  readonly painter: Painter;
}

function framed(lines: readonly string[], { title, document, inner, painter }: Frame): string {
  const border = (text: string) => painter('dim', text);
  const type = edgeOf(document.rollout.type);
  const shownTitle = cut(title, titleColumns(document, inner));
  const head = `╭─ ${shownTitle} `;
  const fill = '─'.repeat(Math.max(0, inner + 6 - displayWidth(head) - displayWidth(type)));
  return [
    `${border('╭─')} ${painter('bold', shownTitle)} ${border(fill + type)}`,
    ...lines
      .map((line) => cut(line, inner))
      .map((line) => `${border('│')}  ${padded(line, inner)}  ${border('│')}`),
    border(`╰${'─'.repeat(inner + 4)}╯`),
  ].join('\n');
}

function padded(line: string, inner: number): string {
  return line + ' '.repeat(Math.max(0, inner - displayWidth(line)));
}

function cut(text: string, columns: number): string {
  return truncateToWidth(text, Math.max(1, columns));
}
