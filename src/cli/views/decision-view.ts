/** A decision in, what an operator wants to know before it is rolled out: what, why, how sure, how risky, what next. */
import { describeObjective } from '../../core/governor/goal.js';
import type { Change, Decision } from '../../core/nerve/messages/decision.js';
import { formatChange, formatCount, formatDuration, formatMoney, formatNumber } from '../format.js';
import { rangeText } from '../progress/headline.js';
import { formatPairs } from '../table.js';

type Row = readonly [name: string, value: string];

export function decisionText(
  decision: Decision,
  { sent, next }: { readonly sent: boolean; readonly next: string },
): string {
  const { instruction, prediction } = decision;
  const rows: Row[] = [
    ['decision', decision.id],
    ['goal', decision.goal],
    ['objective', describeObjective(decision.objective)],
    ['playbook', `${decision.playbook}, the best of ${formatCount(decision.candidates, 'candidate')}`],
    ...listed('parameters', Object.entries(decision.parameters).map(parameterText)),
    ...listed('predicted', predictionLines(decision)),
    ['touches', touchesText(decision)],
    ['risk', riskText(decision)],
    ...listed('reasoning', decision.reasoning),
    ['instruction', `${instruction.type} ${instruction.id}`],
    ['for', `${formatCount(instruction.target_agents, 'agent')}${costText(prediction.before.cost)}`],
    ...(sent ? [['expires', expiresText(decision)] as const] : []),
    ['next', next],
  ];
  return formatPairs(rows);
}

function parameterText([name, value]: readonly [string, number]): string {
  return `${name} = ${Number(value.toPrecision(4))}`;
}

/** The target first, then what else the program is expected to move. */
function predictionLines({ objective, prediction }: Decision): string[] {
  const { metric } = objective;
  const others = Object.entries(prediction.metrics).filter(([name]) => name !== metric);
  return [[metric, prediction.target] as const, ...others].map(
    ([name, change]) => `${name.replaceAll('_', ' ')} ${changeText(change)}`,
  );
}

function changeText({ mean, low, high }: Change): string {
  return `${formatChange(mean * 100)} (90 %: ${rangeText([low * 100, high * 100])})`;
}

function touchesText({ prediction }: Decision): string {
  const { tasks, tasksTouched, effects } = prediction;
  return `${formatNumber(tasksTouched)} of ${formatCount(tasks, 'task')}, ${formatCount(effects, 'effect')}`;
}

function riskText({ risk }: Decision): string {
  const parts = Object.entries(risk.parts)
    .sort(([, one], [, other]) => other - one)
    .map(([name, value]) => `${wordsOf(name)} ${formatNumber(value, 2)}`);
  return `${formatNumber(risk.score, 2)} of ${formatNumber(risk.threshold, 2)} tolerated: ${parts.join(', ')}`;
}

/** `blastRadius` -> `blast radius`. */
function wordsOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function costText(dollarsPerHour: number | undefined): string {
  return dollarsPerHour === undefined ? '' : `, which cost ${formatMoney(dollarsPerHour)}/h now`;
}

function expiresText({ instruction, at }: Decision): string {
  return instruction.expires === undefined ? 'never' : `in ${formatDuration(instruction.expires - at)}`;
}

function listed(name: string, lines: readonly string[]): Row[] {
  return lines.map((line, at) => [at === 0 ? name : '', line]);
}
