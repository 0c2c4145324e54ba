import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { readCapabilities } from '../../src/core/language/read-capabilities.js';
import { capabilityPage, tutorialFile } from '../support/capability-page.js';
import { capabilitySchema } from '../support/capability-schema.js';

function page(): string {
  return readFileSync(new URL('../../docs/capabilities.md', import.meta.url), 'utf8');
}

it('the page on capability files has the tables of the code and of the default fleet', async () => {
  const made = capabilityPage(page());
  expect(made).not.toContain('no such part');
  expect(made.match(/<!-- generated/g)).toHaveLength(5);
  await expect(made).toMatchFileSnapshot('../../docs/capabilities.md');
});

it('its tutorial is read and compiled without a warning', () => {
  const read = readCapabilities(tutorialFile(page()), { fileName: 'video.json' });
  if (!read.ok) throw new Error(read.diagnostics.map(({ message }) => message).join('\n'));
  expect(read.warnings).toEqual([]);
  const program = /```\n(FUNC[\s\S]*?)```/.exec(page())?.[1] ?? '';
  const compiled = compileSource(program, { fileName: 'video.dream', capabilities: read.capabilities });
  expect(compiled).toMatchObject({ ok: true, warnings: [] });
});

it('the schema for editors is the one that the table of keys gives', async () => {
  const schema = `${JSON.stringify(capabilitySchema(), null, 2)}\n`;
  await expect(schema).toMatchFileSnapshot('../../docs/capabilities.schema.json');
});
