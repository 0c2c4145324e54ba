/** The codes and their explanations in, docs/diagnostics.md out. */
import { allCodes, type CodeExample, type CodeSummary, explainCode } from '../../src/cli/explain-code.js';
import { wrap } from '../../src/cli/table.js';
import { diagnosticsText } from '../../src/cli/views/diagnostics-view.js';
import { shortened } from '../../src/cli/views/shortened-source.js';

export function diagnosticsPage(): string {
  const codes = allCodes();
  return [
    '# Diagnostics',
    introduction,
    ...groups.flatMap(({ about, title, text }) => {
      const group = codes.filter((one) => one.about === about);
      return [`## ${title}`, text, table(group), ...group.map(section)];
    }),
    '',
  ].join('\n\n');
}

const introduction = `Every mistake has a code that keeps its meaning. \`dreamnet explain CODE\` shows what stands here in a terminal.

All mistakes of a file are reported at once, each with its place, what was found, what was expected, and where possible an
edit that mends it. A mistake does not cause others. \`dreamnet check FILE… --fix\` applies the edits that are certain.
Errors keep a program from being compiled; warnings do not, unless \`check --strict\` says so.

This page is made from the explanations in \`src/core/language/diagnostics/explanations/\` and \`src/core/bytecode/explanations.ts\`, and
from what the compiler really says. A test compares it; \`npx vitest run test/language/documentation.test.ts -u\` writes it anew.`;

const groups = [
  {
    about: 'program',
    title: 'Programs',
    text: 'What `check` and `compile` say about a source. The language is described in [language.md](language.md).',
  },
  {
    about: 'capability file',
    title: 'Capability files',
    text: 'What is said about the file of `--capabilities`.',
  },
  {
    about: 'program file',
    title: 'Compiled programs',
    text: 'Why a `program.bc` is refused, by `check` or by an agent, or cannot be run. The file is described in [bytecode.md](bytecode.md).',
  },
] as const;

function table(codes: readonly CodeSummary[]): string {
  const rows = codes.map(
    ({ code, severity, title }) => `| [${code}](#${code.toLowerCase()}) | ${severity} | ${title} |`,
  );
  return ['| Code | Severity | Meaning |', '|---|---|---|', ...rows].join('\n');
}

function section({ code }: CodeSummary): string {
  const { severity, title, meaning, remedy, example } = explainCode(code);
  return [
    `### ${code}`,
    `**${severity}: ${title}**`,
    paragraph(meaning),
    ...(remedy === undefined ? [] : [paragraph(remedy)]),
    ...(example === undefined ? [] : exampleParts(example)),
  ].join('\n\n');
}

function paragraph(text: string): string {
  return wrap(text, 120).join('\n');
}

function exampleParts({ fileName, wrong, diagnostics, right, fields }: CodeExample): string[] {
  const look = { columns: 80, color: false };
  const said = diagnosticsText(diagnostics.slice(0, 3), { source: wrong, fileName, ...look });
  const needed = fields.length === 0 ? [] : [`With a capability file in which tasks have a ${fields[0]}:`];
  return [...needed, fenced(shortened(wrong)), fenced(said), 'Mended:', fenced(shortened(right))];
}

function fenced(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``;
}
