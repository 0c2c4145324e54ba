/** What a result says of failures, and of how its estimate was checked, in; the words for it out, one text for each line. */
import type {
  ActionEffect,
  Analysis,
  CommonTrait,
  EffectEstimate,
} from '../../core/nerve/messages/result.js';
import { formatChange, formatCount, formatNumber } from '../format.js';
import { rangeText } from '../progress/headline.js';
import { escapeControls } from '../terminal-text.js';

const namesShown = 3;

export function reasonTexts({ reasons, reasonsLeftOut }: Analysis): string[] {
  const texts = reasons.map(({ code, reason, agents, examples }) => {
    const names = examples.slice(0, namesShown).join(', ');
    const more = agents > namesShown ? ' …' : '';
    return `${formatCount(agents, 'agent')}: ${code === undefined ? '' : `${code} `}${escapeControls(reason)} (${names}${more})`;
  });
  return reasonsLeftOut > 0 ? [...texts, `and ${formatCount(reasonsLeftOut, 'more reason')}`] : texts;
}

/** `host=h1: 9 of 12, of all 10 of 100 (p 0.0001)`. */
export function traitText({ trait, among, of, amongAll, ofAll, p }: CommonTrait): string {
  const all = `${formatNumber(amongAll)} of ${formatNumber(ofAll)}`;
  return `${escapeControls(trait)}: ${formatNumber(among)} of ${formatNumber(of)}, of all ${all} (p ${probabilityText(p)})`;
}

/** `plain difference -14.1 % (95 %: -16.0 to -12.2), agrees`; undefined where there is none beside the estimate. */
export function plainText({ plain }: EffectEstimate): string | undefined {
  if (plain === undefined) return undefined;
  const verdict = plain.agrees === null ? '' : plain.agrees ? ', agrees' : ', contradicts it';
  return `plain difference ${changeWithRange(plain)}${verdict}`;
}

interface Change {
  readonly change: number;
  readonly interval: readonly [number, number] | null;
}

/** `-1.2 points (95 %: -3.1 to 0.7)`. */
export function differenceText(difference: Change): string {
  return changeWithRange(difference).replace(' %', ' points');
}

/** `-14.1 % (95 %: -16.0 to -12.2)`. */
export function changeWithRange({ change, interval }: Change): string {
  const range = interval === null ? '' : ` (95 %: ${rangeText([interval[0] * 100, interval[1] * 100])})`;
  return `${formatChange(change * 100)}${range}`;
}

/** `REDUCE_CPU_THROTTLE, class web`. */
export function actionText({ code, action, class: kind }: ActionEffect): string {
  return `${escapeControls(action ?? `action ${code}`)}${kind === undefined ? '' : `, class ${escapeControls(kind)}`}`;
}

function probabilityText(p: number): string {
  return p >= 1e-4 ? p.toPrecision(1) : 'below 0.0001';
}
