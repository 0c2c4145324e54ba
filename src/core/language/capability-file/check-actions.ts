/** The lists of actions and of fields in; what does not hold between their keys is reported. */
import { checkArgument } from './check-argument.js';
import { checkMetrics } from './check-metrics.js';
import { reportRepeated } from './check-repeated.js';
import type { FileContext } from './file-context.js';
import { items, type JsonNode, member } from './json-source.js';

export function checkActions(
  actions: readonly JsonNode[],
  /** Undefined when the file does not tell. */
  fields: readonly JsonNode[] | undefined,
  context: FileContext,
): void {
  const all = (key: string) => actions.map((action) => member(action, key));
  reportRepeated(all('name'), 'the action', context);
  reportRepeated(all('code'), 'the code', context);
  for (const list of all('arguments'))
    for (const argument of items(list).slice(0, 1)) checkArgument(argument, context);
  checkMetrics(all('effects'), fields, context);
  warnOfCodes(all('code'), context);
  warnOfUnknown(actions, context);
}

/** Agents and governor keep sets of actions in the bits of one positive 32-bit number (`nerve/messages/action-set.ts`). */
const measuredCodes = { min: 1, max: 30 } as const;

/** Once: a fleet with many actions has many such codes, and on purpose. */
function warnOfCodes(codes: readonly (JsonNode | undefined)[], context: FileContext): void {
  const { min, max } = measuredCodes;
  const [first, ...others] = codes.filter(
    (code): code is JsonNode =>
      context.sound(code)?.type === 'number' && (code?.value < min || code?.value > max),
  );
  if (first === undefined) return;
  context.diagnostics.add({
    code: 'DN068',
    message:
      others.length === 0
        ? `the agents of dreamnet refuse programs with the code ${first.value}`
        : `the agents of dreamnet refuse programs with the code ${first.value}, and with ${others.length} more`,
    span: context.spanOf(first),
    expected: `${min} to ${max}, when dreamnet's own agents run the programs`,
    hint: 'they keep sets of actions in the bits of a number; other hosts of program files take any code',
  });
}

/** Once, for the same reason: a fleet that no governor decides for needs no effects. */
function warnOfUnknown(actions: readonly JsonNode[], context: FileContext): void {
  const [first, ...others] = actions
    .filter((action) => hasNoEffects(member(action, 'effects')))
    .map((action) => context.sound(member(action, 'name')))
    .filter((name) => name !== undefined);
  if (first === undefined) return;
  context.diagnostics.add({
    code: 'DN067',
    message:
      others.length === 0
        ? `nothing says what ${first.value} does to a task`
        : `nothing says what ${first.value}, and ${others.length} more, do to a task`,
    span: context.spanOf(first),
    hint: 'without "effects" the governor neither predicts nor learns what it does; programs can use it all the same',
  });
}

function hasNoEffects(effects: JsonNode | undefined): boolean {
  return effects === undefined || (effects.type === 'array' && items(effects).length === 0);
}
