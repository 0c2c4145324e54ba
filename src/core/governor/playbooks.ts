/**
 * Playbooks: `.dream` files in, programs with the objective each serves out. The objective stands in front matter:
 * comment lines `# key: value` before the first line of code (`serves`, `instruction`, `about`).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CompiledProgram, compileSource } from '../bytecode/compile.js';
import { DreamnetError } from '../errors.js';
import { type Capabilities, referenceFleet } from '../language/capabilities.js';
import { renderDiagnostics } from '../language/diagnostics/render-diagnostic.js';
import { type Metric, metricSchema, type Objective } from '../nerve/messages/decision.js';

export interface Playbook {
  readonly name: string;
  readonly fileName: string;
  readonly source: string;
  readonly serves: { readonly direction: Objective['direction']; readonly metric: Metric };
  /** Family of the instruction type, such as COST_OPTIMIZATION. */
  readonly instruction: string;
  readonly about: string;
  readonly program: CompiledProgram;
}

/** The playbooks that dreamnet brings along. */
export const shippedPlaybooks = fileURLToPath(new URL('../../../playbooks/', import.meta.url));

/** Every playbook of a folder, by name; throws DN420 for one that cannot be used. */
export function loadPlaybooks(
  folder: string = shippedPlaybooks,
  capabilities: Capabilities = referenceFleet,
): Playbook[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.dream'));
  return files
    .sort()
    .map((file) => readPlaybook(readFileSync(join(folder, file), 'utf8'), file, capabilities));
}

export function readPlaybook(
  source: string,
  fileName: string,
  capabilities: Capabilities = referenceFleet,
): Playbook {
  const matter = frontMatter(source);
  const [direction, metric] = (matter.get('serves') ?? '').split(' ');
  const parsedMetric = metricSchema.safeParse(metric);
  if ((direction !== 'decrease' && direction !== 'increase') || !parsedMetric.success) {
    throw unusable(fileName, 'its front matter needs a line such as `# serves: decrease cost`');
  }
  const instruction = matter.get('instruction') ?? '';
  if (!/^[A-Z][A-Z0-9_]*$/.test(instruction)) {
    throw unusable(fileName, 'its front matter needs a line such as `# instruction: COST_OPTIMIZATION`');
  }
  const compiled = compileSource(source, { fileName, capabilities });
  if (!compiled.ok) {
    throw unusable(
      fileName,
      `it does not compile:\n${renderDiagnostics(compiled.diagnostics, { source, fileName })}`,
    );
  }
  return {
    name: basename(fileName, '.dream'),
    fileName,
    source,
    serves: { direction, metric: parsedMetric.data },
    instruction,
    about: matter.get('about') ?? '',
    program: compiled.program,
  };
}

function frontMatter(source: string): Map<string, string> {
  const matter = new Map<string, string>();
  for (const line of source.split('\n')) {
    const found = /^#\s*([a-z]+):\s*(.*?)\s*$/.exec(line);
    if (found !== null) matter.set(found[1] ?? '', found[2] ?? '');
    else if (line.trim() !== '' && !line.startsWith('#')) break;
  }
  return matter;
}

function unusable(fileName: string, why: string): DreamnetError {
  return new DreamnetError({
    code: 'DN420',
    kind: 'bad-input',
    message: `The playbook ${fileName} cannot be used: ${why}.`,
    hint: 'Mend the file; `dreamnet compile FILE` shows what is wrong with a program.',
  });
}
