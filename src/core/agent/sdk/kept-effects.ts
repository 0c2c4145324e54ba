/**
 * Effects that outlive a process, on disk: one line for each that was applied, one for each that is not in force any more.
 * After a restart they are known again, so that they are not done twice and can be undone. A half-written line is passed.
 */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { type AppliedEffect, AppliedEffects } from './applied-effects.js';

export interface KeptEffects {
  readonly effects: AppliedEffects;
  /** In the file when it returns; throws when it cannot be. */
  keep(what: 'applied' | 'gone', effect: Omit<AppliedEffect, 'undone'>): void;
}

const lineSchema = z.object({
  what: z.enum(['applied', 'gone']),
  instruction: z.string(),
  action: z.string(),
  task: z.union([z.string(), z.number()]),
  former: z.unknown(),
});

/** For a service whose effects all end with it. */
export function noKeptEffects(): KeptEffects {
  return { effects: new AppliedEffects(), keep: () => undefined };
}

export function openKeptEffects(path: string): KeptEffects {
  const effects = readEffects(path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lines = effects.all().map((effect) => lineOf('applied', effect));
  if (lines.length > 0 || textOf(path) !== '') {
    const beside = `${path}.${process.pid}.new`;
    writeFileSync(beside, lines.join(''), { mode: 0o600 });
    renameSync(beside, path);
  }
  return {
    effects,
    keep: (what, effect) => appendFileSync(path, lineOf(what, effect), { mode: 0o600 }),
  };
}

function lineOf(
  what: 'applied' | 'gone',
  { instruction, action, task, former }: Omit<AppliedEffect, 'undone'>,
): string {
  return `${JSON.stringify({ what, instruction, action, task, former })}\n`;
}

function readEffects(path: string): AppliedEffects {
  const effects = new AppliedEffects();
  for (const text of textOf(path).split('\n')) {
    const line = lineSchema.safeParse(parsed(text)).data;
    if (line?.what === 'applied' && !effects.has(line)) effects.add({ ...line, former: line.former });
    if (line?.what === 'gone') effects.remove(line);
  }
  return effects;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
