/** The text of docs/capabilities.md in; the same text with its generated parts made anew out. */
import { readdirSync, readFileSync } from 'node:fs';
import { type ActionCapability, doseOf, referenceFleet } from '../../src/core/language/capabilities.js';
import { describeNumber } from '../../src/core/language/capability-file/check-number.js';
import {
  capabilityFileShape,
  type ObjectShape,
  type Shape,
} from '../../src/core/language/capability-file/shape.js';
import { diagnosticCodes } from '../../src/core/language/diagnostics/diagnostic-codes.js';
import { renderDiagnostics } from '../../src/core/language/diagnostics/render-diagnostic.js';
import { readCapabilities } from '../../src/core/language/read-capabilities.js';
import { formatQuantity } from '../../src/core/language/units/units.js';

export function capabilityPage(text: string): string {
  const parts: Readonly<Record<string, () => string>> = {
    mistake: () => mistake(text),
    keys: keyTables,
    fields: fieldTable,
    actions: actionTable,
    codes: codeTable,
  };
  return text.replaceAll(
    /(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, part: string, end: string) => `${begin}${parts[part]?.() ?? 'no such part'}\n${end}`,
  );
}

/** The file of the tutorial. */
export function tutorialFile(text: string): string {
  return /```jsonc\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
}

function mistake(text: string): string {
  const source = tutorialFile(text).replace('"unit": "bytes"', '"unit": "byte"');
  const result = readCapabilities(source, { fileName: 'video.json' });
  const diagnostics = result.ok ? result.warnings : result.diagnostics;
  return `\`\`\`\n${renderDiagnostics(diagnostics, { source, fileName: 'video.json' })}\n\`\`\``;
}

function keyTables(): string {
  return objects(capabilityFileShape)
    .map((shape) => {
      const title = shape === capabilityFileShape ? 'The file' : `Each ${shape.sort}`;
      const rows = Object.entries(shape.keys).map(([key, { required, about, shape: value }]) => [
        `\`${key}\``,
        valueText(value),
        required ? 'yes' : 'no',
        about,
      ]);
      return `**${title}**\n\n${table(['Key', 'Value', 'Required', 'Says'], rows)}`;
    })
    .join('\n\n');
}

function objects(shape: Shape): ObjectShape[] {
  if (shape.type === 'list') return objects(shape.of);
  if (shape.type !== 'object') return [];
  return [shape, ...Object.values(shape.keys).flatMap((key) => objects(key.shape))];
}

function valueText(shape: Shape): string {
  switch (shape.type) {
    case 'number':
      return describeNumber(shape);
    case 'choice':
      return shape.choices.map((choice) => `\`${choice}\``).join(' ');
    case 'list':
      return shape.most === 1
        ? 'list of none or one'
        : shape.of.type === 'object'
          ? `list of ${shape.of.sort}s`
          : 'list of text';
    case 'version':
      return '1';
    case 'metric':
      return 'name of a field';
    case 'label':
      return 'letters, digits, `.` `-` `_`';
    case 'name':
    case 'quoted':
      return 'name';
    case 'amount':
      return 'amount';
    case 'object':
      return shape.sort;
    default:
      return shape.type;
  }
}

function fieldTable(): string {
  const rows = referenceFleet.fields.map(({ name, unit, about }) => [
    `\`${name}\``,
    unit,
    about,
    movers(name, (perUnit) => perUnit < 0),
    movers(name, (perUnit) => perUnit > 0),
  ]);
  return table(['Field', 'Unit', 'Is', 'Falls by', 'Rises by'], rows);
}

function movers(metric: string, moves: (perUnit: number) => boolean): string {
  const actions = referenceFleet.actions.filter(({ effects }) =>
    effects.some((effect) => effect.metric === metric && moves(effect.perUnit)),
  );
  return actions.map(({ name }) => `\`${name}\``).join(' ') || '–';
}

function actionTable(): string {
  const rows = referenceFleet.actions.map((action) => [
    String(action.code),
    `\`${action.name}(task${action.arguments.map(({ name }) => `, ${name}`).join('')})\``,
    action.about,
    action.arguments
      .map(({ unit, min, max }) => `${formatQuantity(min, unit)} to ${formatQuantity(max, unit)}`)
      .join('') || '–',
    String(action.risk),
    expected(action),
    usedBy(action.name),
  ]);
  return table(['Code', 'Action', 'Is for', 'Argument', 'Risk', 'Expected', 'Playbooks'], rows);
}

function expected(action: ActionCapability): string {
  return action.effects
    .map(({ metric, perUnit }) => {
      const change = Math.expm1(perUnit * doseOf(action, 0.2));
      return `${metric} ${change < 0 ? '−' : '+'}${Math.abs(100 * change).toFixed(0)} %`;
    })
    .join(', ');
}

function usedBy(action: string): string {
  const folder = new URL('../../playbooks/', import.meta.url);
  const playbooks = readdirSync(folder).filter(
    (file) => file.endsWith('.dream') && readFileSync(new URL(file, folder), 'utf8').includes(`${action}(`),
  );
  return playbooks.map((file) => `\`${file.replace('.dream', '')}\``).join(' ') || '–';
}

function codeTable(): string {
  const rows = Object.entries(diagnosticCodes)
    .filter(([code]) => code >= 'DN050' && code < 'DN070')
    .map(([code, { severity, title }]) => [code, severity, title]);
  return table(['Code', 'Severity', 'Meaning'], rows);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), `|${header.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}
