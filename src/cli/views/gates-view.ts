/** Verdicts of gates in; one line with their numbers, or a row for each that matters, out. */
import type { GateVerdict } from '../../core/nerve/messages/gate-verdict.js';
import { formatChange, formatNumber, formatTime } from '../format.js';
import { escapeControls } from '../terminal-text.js';

/** `latency +3.1 % (-1.2 to +7.4) · cost -14.2 % (...) · 9 against 49 agents`; without the intervals where there is no room. */
export function gatesLine(verdicts: readonly GateVerdict[], { intervals = true } = {}): string {
  const compared = verdicts.filter(({ estimate }) => estimate !== undefined);
  const parts = verdicts.map((verdict) => {
    const outcome = verdict.accepted === undefined ? verdict.verdict : 'accepted';
    const remark = outcome === 'passed' ? '' : ` ${outcome}`;
    return `${verdict.gate}${remark} ${numbersText(verdict, intervals)}`;
  });
  const most = compared.toSorted((a, b) => b.changed - a.changed)[0];
  if (most !== undefined)
    parts.push(`${formatNumber(most.changed)} against ${formatNumber(most.unchanged)} agents`);
  return parts.join(' · ');
}

/** Of each gate the newest verdict, and every one that did not pass; oldest first. */
export function gateRows(verdicts: readonly GateVerdict[]): [name: string, value: string][] {
  const newest = new Map(verdicts.map((verdict) => [verdict.gate, verdict]));
  return verdicts
    .filter((verdict) => verdict.verdict !== 'passed' || newest.get(verdict.gate) === verdict)
    .map((verdict) => ['', gateText(verdict)]);
}

function gateText(verdict: GateVerdict): string {
  const { gate, stage, batch, text, looks, at, accepted } = verdict;
  const where = stage === 'bake' ? 'canary' : `batch ${formatNumber(batch)}`;
  const begun = text.startsWith(gate) ? text.slice(gate.length).trim() : text;
  const seen = looks === undefined ? '' : `, look ${formatNumber(looks)}`;
  const by = accepted === undefined ? '' : `; accepted by ${accepted.by} at ${formatTime(accepted.at)}`;
  return escapeControls(`${gate} ${verdict.verdict} (${where}, ${formatTime(at)}${seen}): ${begun}${by}`);
}

function numbersText({ gate, estimate, interval, text, verdict }: GateVerdict, intervals: boolean): string {
  if (estimate === undefined || interval === undefined) {
    if (verdict !== 'passed') return escapeControls(text);
    return gate === 'acknowledgements' || gate === 'program' ? 'passed' : 'no data';
  }
  const bare = (share: number) => formatChange(share * 100).replace(' %', '');
  const amount = `${bare(estimate)} ${gate === 'errors' ? 'points' : '%'}`;
  return intervals ? `${amount} (${interval.map(bare).join(' to ')})` : amount;
}
