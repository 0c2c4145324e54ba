/** The lists of actions and of fields in; what does not hold between their keys is reported. */
import { nearestWord, wordList } from '../suggest.js';
import { checkArgument } from './check-argument.js';
import { reportRepeated } from './check-repeated.js';
import type { FileContext } from './file-context.js';
import { items, type JsonNode, member } from './json-source.js';

export function checkActions(
  actions: readonly JsonNode[],
  /** Undefined when the file does not tell. */
  fields: readonly JsonNode[] | undefined,
  context: FileContext,
): void {
  reportRepeated(
    actions.map((action) => member(action, 'name')),
    'the action',
    context,
  );
  reportRepeated(
    actions.map((action) => member(action, 'code')),
    'the code',
    context,
  );
  const metrics = fields === undefined ? undefined : metricsOf(fields, context);
  for (const action of actions) {
    checkCode(action, context);
    for (const argument of items(member(action, 'arguments')).slice(0, 1)) checkArgument(argument, context);
    checkEffects(action, metrics, context);
  }
}

interface Metrics {
  /** Fields that have a logarithm. */
  readonly usable: readonly string[];
  /** Fields that are names. */
  readonly names: readonly string[];
  /** What was complained about, and is perhaps going to be one of the others. */
  readonly unclear: readonly string[];
}

/** Undefined when a field has no name: any metric might mean it. */
function metricsOf(fields: readonly JsonNode[], context: FileContext): Metrics | undefined {
  const metrics: Record<keyof Metrics, string[]> = { usable: [], names: [], unclear: [] };
  for (const field of fields) {
    const name = member(field, 'name');
    if (name?.type !== 'string') return undefined;
    const isName = member(field, 'unit')?.value === 'name';
    if (context.sound(name) === undefined) metrics.unclear.push(name.value);
    else (isName ? metrics.names : metrics.usable).push(name.value);
  }
  return metrics;
}

function checkEffects(action: JsonNode, metrics: Metrics | undefined, context: FileContext): void {
  const effects = member(action, 'effects');
  if (effects === undefined || (effects.type === 'array' && items(effects).length === 0))
    warnUnknown(action, context);
  const named = items(effects).map((effect) => member(effect, 'metric'));
  for (const metric of named) if (metrics !== undefined) checkMetric(metric, metrics, context);
  reportRepeated(named, 'the metric', context);
}

function checkMetric(
  metric: JsonNode | undefined,
  { usable, names, unclear }: Metrics,
  context: FileContext,
): void {
  if (context.sound(metric) === undefined || metric?.type !== 'string' || usable.includes(metric.value))
    return;
  const isName = names.includes(metric.value);
  const near = isName ? undefined : nearestWord(metric.value, usable);
  if (!isName && near === undefined && nearestWord(metric.value, unclear) !== undefined) return;
  context.report(metric, {
    code: 'DN064',
    message: isName
      ? `${metric.value} is a name, which can neither rise nor fall`
      : `tasks have no field ${context.textOf(metric)}`,
    expected: usable.length === 0 ? undefined : wordList(usable),
    hint: near === undefined ? undefined : `did you mean "${near}"?`,
    suggestion:
      near === undefined
        ? undefined
        : { span: context.spanOf(metric), replacement: `"${near}"`, certain: false },
  });
}

function warnUnknown(action: JsonNode, context: FileContext): void {
  const name = context.sound(member(action, 'name'));
  if (name === undefined) return;
  context.diagnostics.add({
    code: 'DN067',
    message: `nothing says what ${name.value} does to a task`,
    span: context.spanOf(name),
    hint: 'without "effects" the governor neither predicts nor learns what it does; programs can use it all the same',
  });
}

/** Agents and governor keep sets of actions in the bits of one 32-bit number, the sign left out. */
const codesToldApart = { min: 1, max: 31 } as const;

function checkCode(action: JsonNode, context: FileContext): void {
  const code = context.sound(member(action, 'code'));
  if (code?.type !== 'number' || (code.value >= codesToldApart.min && code.value <= codesToldApart.max))
    return;
  context.diagnostics.add({
    code: 'DN068',
    message: `the agents and the governor of dreamnet mistake the code ${code.value} for another`,
    span: context.spanOf(code),
    expected: `${codesToldApart.min} to ${codesToldApart.max}, when dreamnet's own agents run the programs`,
    hint: 'they keep sets of actions in the bits of a number; other hosts of program files take any code',
  });
}
