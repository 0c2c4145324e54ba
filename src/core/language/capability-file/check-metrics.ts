/** The effects of all actions and the fields in; metrics that are no field, or given twice, are reported. */
import { nearestWord, wordList } from '../suggest.js';
import { reportRepeated } from './check-repeated.js';
import type { FileContext } from './file-context.js';
import { items, type JsonNode, member } from './json-source.js';

export function checkMetrics(
  lists: readonly (JsonNode | undefined)[],
  fields: readonly JsonNode[] | undefined,
  context: FileContext,
): void {
  const metrics = fields === undefined ? undefined : metricsOf(fields, context);
  for (const list of lists) {
    if (context.isFull) return;
    const named = items(list).map((effect) => member(effect, 'metric'));
    if (metrics !== undefined) for (const metric of named) checkMetric(metric, metrics, context);
    reportRepeated(named, 'the metric', context);
  }
}

interface Metrics {
  /** Fields that have a logarithm. */
  readonly usable: ReadonlySet<string>;
  /** Fields that are names. */
  readonly names: ReadonlySet<string>;
  /** What was complained about, without all that is probably wrong with it. */
  readonly unclear: ReadonlySet<string>;
}

/** Undefined when a field has no name: any metric might mean it. */
function metricsOf(fields: readonly JsonNode[], context: FileContext): Metrics | undefined {
  const metrics = { usable: new Set<string>(), names: new Set<string>(), unclear: new Set<string>() };
  for (const field of fields) {
    const name = member(field, 'name');
    if (name?.type !== 'string') return undefined;
    const isName = member(field, 'unit')?.value === 'name';
    if (context.sound(name) === undefined) metrics.unclear.add(squeezed(name.value));
    else (isName ? metrics.names : metrics.usable).add(name.value);
  }
  return metrics;
}

/** `Wa-it` and `wait` are the same mistake twice. */
function squeezed(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '');
}

function checkMetric(metric: JsonNode | undefined, metrics: Metrics, context: FileContext): void {
  if (context.isFull || context.sound(metric) === undefined || metric?.type !== 'string') return;
  const { usable, names, unclear } = metrics;
  if (usable.has(metric.value) || unclear.has(squeezed(metric.value))) return;
  const isName = names.has(metric.value);
  const near = isName ? undefined : nearestWord(metric.value, [...usable]);
  context.report(metric, {
    code: 'DN064',
    message: isName
      ? `${metric.value} is a name, which can neither rise nor fall`
      : `tasks have no field ${context.textOf(metric)}`,
    expected: usable.size === 0 ? undefined : wordList([...usable]),
    hint: near === undefined ? undefined : `did you mean "${near}"?`,
    suggestion:
      near === undefined
        ? undefined
        : { span: context.spanOf(metric), replacement: `"${near}"`, certain: false },
  });
}
