/** What is known of a program in, the words that every view has for it out. */
import type { ManifestParameter } from '../../core/bytecode/manifest.js';
import type { CostPerTask } from '../../core/bytecode/verify.js';
import { formatQuantity } from '../../core/language/units/units.js';
import { formatNumber } from '../format.js';

/** `12 to 60 instructions a task`; one number when every task takes as many. */
export function costText({ min, max }: CostPerTask): string {
  const some = min === max ? formatNumber(max) : `${formatNumber(min)} to ${formatNumber(max)}`;
  return `${some} ${min === 1 && max === 1 ? 'instruction' : 'instructions'} a task`;
}

/** `cpu_cut = 20% (1% to 60%)`, as it is written in programs. */
export function parameterText(parameter: ManifestParameter): string {
  const { name, unit, default: initial } = parameter;
  return `${name} = ${formatQuantity(initial, unit)} (${rangeOf(parameter)})`;
}

export function rangeOf({ unit, min, max }: Pick<ManifestParameter, 'unit' | 'min' | 'max'>): string {
  return min === max ? 'no range' : `${formatQuantity(min, unit)} to ${formatQuantity(max, unit)}`;
}
