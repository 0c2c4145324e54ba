/** The documents of `rollout list` and `rollout show` in, a table and a sheet out. */
import type { RolloutRecord } from '../../core/nerve/messages/rollout-record.js';
import { isOnTheWay, type RolloutDocument, type RolloutsDocument } from '../../documents/rollout-document.js';
import { formatBytes, formatCount, formatDuration, formatNumber, formatTime } from '../format.js';
import { formatPairs, formatTable } from '../table.js';
import { askedRows } from './asked-view.js';
import { gateRows } from './gates-view.js';
import { countsText, nextRows } from './steered-view.js';

type Row = readonly [name: string, value: string];

export function rolloutsText({ rollouts, known, damaged }: RolloutsDocument, nowMs: number): string {
  if (known === 0) return 'No rollouts yet. Make one with: dreamnet run "reduce costs 15%"';
  const unreadable = damaged === 0 ? '' : `; ${formatCount(damaged, 'record')} cannot be read`;
  const total = `${formatNumber(rollouts.length)} of ${formatCount(known, 'rollout')}${unreadable}`;
  if (rollouts.length === 0) return total;
  const table = formatTable(
    [
      { header: 'ROLLOUT' },
      { header: 'AGO', align: 'right' },
      { header: 'STATE' },
      { header: 'PROGRAM', shrinkTo: 10 },
      { header: 'AGENTS', shrinkTo: 12, wraps: true },
    ],
    rollouts.map(({ id, plannedAt, state, held, program, counts }) => [
      id,
      formatDuration(Math.max(0, nowMs - plannedAt)),
      stateText({ state, held }),
      program.name,
      countsText(counts),
    ]),
  );
  return `${table}\n${total}`;
}

export function rolloutText(
  document: RolloutDocument,
  { nowMs, limit }: { readonly nowMs: number; readonly limit: number },
): string {
  const { rollout, held, holder, waiting, failures, agents } = document;
  const { program } = rollout;
  const rows: Row[] = [
    ['rollout', rollout.id],
    ['goal', rollout.goal ?? rollout.instruction.type],
    [
      'state',
      `${stateText({ state: rollout.state, held })}${rollout.reason === undefined ? '' : `, ${rollout.reason}`}`,
    ],
    ...controlRows(document, nowMs),
    ['held by', held ? `${holder}` : 'nobody'],
    ...(waiting === null
      ? []
      : [['asked for', `${waiting.action} by ${waiting.by}, not done yet`] satisfies Row]),
    ['program', `${program.name}, ${formatBytes(program.bytes)}, ${program.digest}`],
    ['agents', `${countsText(rollout.counts)}; ${formatNumber(rollout.heldOut)} held out`],
    ['batches', `${formatNumber(rollout.batchesDone)} of ${formatNumber(rollout.batches)}`],
    ['gates', gatesText(rollout)],
    ...gateRows(rollout.gates ?? []),
    ...askedRows(rollout),
    ['times', timesText(rollout)],
    ...failures
      .slice(0, failuresShown)
      .map(
        ({ code, reason, agents: count }) =>
          ['failed', `${formatCount(count, 'agent')}: ${code} ${reason}`] satisfies Row,
      ),
    ...nextRows(nextCommands(document)),
  ];
  return agents === null ? formatPairs(rows) : `${formatPairs(rows)}\n\n${agentsTable(agents, limit)}`;
}

const failuresShown = 5;

/** On the way with nobody working on it is the state that an operator must not overlook. */
function stateText({ state, held }: { readonly state: RolloutRecord['state']; readonly held: boolean }) {
  return isOnTheWay({ state }) && !held ? `${state}, left` : state.replaceAll('_', ' ');
}

function controlRows({ control, rollout }: RolloutDocument, nowMs: number): Row[] {
  // The reason says it already, while the state is what was asked for.
  if (control === null || rollout.reason?.includes(control.by)) return [];
  return [['last asked', `${control.action} by ${control.by}, ${formatDuration(nowMs - control.at)} ago`]];
}

function gatesText({ maxFailures, counts, canaryPassedAt, batches }: RolloutRecord): string {
  const failures = `${formatNumber(counts.failed)} failed, ${formatNumber(maxFailures)} tolerated`;
  const judged = canaryPassedAt === undefined ? 'not judged' : `passed at ${formatTime(canaryPassedAt)}`;
  return batches < 2 ? `${failures}; no canary` : `${failures}; canary ${judged}`;
}

function timesText({ plannedAt, stagedAt, liveAt, finishedAt, windowMs }: RolloutRecord): string {
  const times = [
    ['planned', plannedAt],
    ['staged', stagedAt],
    ['live', liveAt],
    ['ended', finishedAt],
  ] as const;
  const known = times.flatMap(([name, at]) => (at === undefined ? [] : [`${name} ${formatTime(at)}`]));
  return `${known.join(', ')}; window ${formatDuration(windowMs)}`;
}

function nextCommands({ rollout: { id, state }, held }: RolloutDocument): string[] {
  const resume = `dreamnet inject --resume ${id}`;
  const back = `dreamnet rollout rollback ${id}`;
  switch (state) {
    case 'planned':
    case 'canary':
    case 'injecting':
      return held ? [`dreamnet rollout pause ${id}`, back] : [resume, back];
    case 'paused':
      return held ? [`dreamnet rollout resume ${id}`, back] : [resume, back];
    case 'live':
      return held ? [back] : [resume, back];
    case 'aborted':
    case 'failed':
      return [resume, back];
    case 'complete':
      return [`dreamnet results ${id}`, back];
    case 'rolled_back':
      return ['dreamnet decide GOAL'];
    default:
      return state satisfies never;
  }
}

function agentsTable(agents: NonNullable<RolloutDocument['agents']>, limit: number): string {
  if (agents.length === 0) return 'No agent has this outcome.';
  // Only where there are several ways to an agent is there anything to say.
  const hasRoutes = agents.some(({ route }) => route !== undefined);
  const table = formatTable(
    [
      { header: 'AGENT' },
      { header: 'OUTCOME' },
      { header: 'BATCH', align: 'right' },
      { header: 'ANSWERED', align: 'right' },
      ...(hasRoutes ? [{ header: 'ROUTE', shrinkTo: 10 }] : []),
      { header: 'WHY', shrinkTo: 20, wraps: true },
    ],
    agents
      .slice(0, limit)
      .map(({ id, outcome, heldOut, joined, batch, acknowledgedMs, route, code, reason }) => [
        id,
        `${outcome.replaceAll('_', ' ')}${heldOut ? ', held out' : ''}${joined ? ', joined' : ''}`,
        formatNumber(batch),
        formatDuration(acknowledgedMs),
        ...(hasRoutes ? [route ?? ''] : []),
        [code, reason].filter(Boolean).join(' '),
      ]),
  );
  const more = agents.length - limit;
  return more > 0 ? `${table}\n${formatCount(more, 'more agent')}; see them with --limit` : table;
}
