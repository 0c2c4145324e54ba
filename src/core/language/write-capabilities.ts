/** What a fleet offers to programs in, the text of its capability file out: what `readCapabilities` reads back as the same. */
import type { ActionCapability, Capabilities, FieldCapability } from './capabilities.js';

/** One line for a field, an argument and an effect; what says nothing is left out. */
export function capabilityFileText({ version, name, fields, actions }: Capabilities): string {
  return [
    '{',
    `  "version": ${version},`,
    `  "name": ${JSON.stringify(name)},`,
    `  "fields": [${list(fields.map(fieldText), '    ')}\n  ],`,
    `  "actions": [${list(actions.map(actionText), '    ')}\n  ]`,
    '}\n',
  ].join('\n');
}

function fieldText({ name, unit, about, names }: FieldCapability): string {
  return line({ name, unit, ...said(about), ...(names === undefined ? {} : { names }) });
}

function actionText({ name, code, about, arguments: taken, risk, effects }: ActionCapability): string {
  const keys = Object.entries({ name, code, ...said(about) }).map(
    ([key, value]) => `"${key}": ${JSON.stringify(value)}`,
  );
  if (taken.length > 0) keys.push(`"arguments": [${taken.map(line).join(', ')}]`);
  keys.push(`"risk": ${risk}`);
  if (effects.length > 0) keys.push(`"effects": [${list(effects.map(line), '        ')}\n      ]`);
  return `{\n${keys.map((key) => `      ${key}`).join(',\n')}\n    }`;
}

function said(about: string): { about?: string } {
  return about === '' ? {} : { about };
}

function line(value: object): string {
  const keys = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .map(([key, part]) => `"${key}": ${JSON.stringify(part)}`);
  return `{ ${keys.join(', ')} }`;
}

function list(texts: readonly string[], indent: string): string {
  return texts.map((text) => `\n${indent}${text}`).join(',');
}
