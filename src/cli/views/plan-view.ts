/** The document of a dry run in, what a person wants to know before the real one out: whom, in which batch, and who not. */
import { formatBytes, formatCount, formatDuration, formatNumber } from '../format.js';
import { formatPairs, formatTable } from '../table.js';
import { leftOutText } from './left-out-view.js';
import type { PlanDocument } from './plan-document.js';
import { planLimitsText, planSizeText } from './plan-words.js';

/** A terminal is no place for 100,000 lines; `--json` has all. */
const agentsShown = 50;

export function planText(document: PlanDocument, next: string): string {
  const { instruction, program, windowMs, numbers, warnings, savedTo } = document;
  const rows = [
    ['instruction', `${instruction.type} ${instruction.id}`],
    ['selector', instruction.selector === '' ? 'all agents' : instruction.selector],
    ['program', `${program.name}, ${formatBytes(program.bytes)}, ${program.digest}`],
    ['agents', planSizeText(numbers)],
    ['bake', numbers.canary > 0 ? `the canary is watched for ${formatDuration(numbers.bakeMs)}` : 'none'],
    ['limits', planLimitsText(numbers)],
    ['window', formatDuration(windowMs)],
    ...warnings.map((text) => ['warning', text] as const),
    ...(savedTo === null ? [] : [['saved to', savedTo] as const]),
    ['next', next],
  ] as const;
  return [
    'DRY RUN: nothing is sent, claimed or written.',
    formatPairs(rows),
    agentsTable(document),
    ...leftOutText(document),
  ].join('\n\n');
}

function agentsTable({ agents }: PlanDocument): string {
  const table = formatTable(
    [{ header: 'AGENT' }, { header: 'BATCH', align: 'right' }, { header: 'ROLE' }, { header: 'HOST' }],
    agents
      .slice(0, agentsShown)
      .map(({ id, batch, role, host, already }) => [
        id,
        formatNumber(batch),
        `${role.replaceAll('-', ' ')}${already === null ? '' : `, ${already.replaceAll('_', ' ')} already`}`,
        host,
      ]),
  );
  return `${table}${moreText(agents.length)}`;
}

function moreText(count: number): string {
  return count > agentsShown ? `\n${formatCount(count - agentsShown, 'more agent')}; --json shows all` : '';
}
