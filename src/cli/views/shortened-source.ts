/** A source in, the same source as an example shows it out: without most of its repeated lines, and with long ones cut. */
import { formatNumber } from '../format.js';

const lineLengthMax = 96;
const alikeShown = 2;

/** Without the line break at its end. */
export function shortened(source: string): string {
  return runsOf(source.trimEnd().split('\n')).flatMap(shortenedRun).join('\n');
}

interface Run {
  readonly line: string;
  readonly count: number;
}

function runsOf(lines: readonly string[]): Run[] {
  const runs: Run[] = [];
  for (const line of lines) {
    const last = runs.at(-1);
    if (last?.line === line) runs[runs.length - 1] = { line, count: last.count + 1 };
    else runs.push({ line, count: 1 });
  }
  return runs;
}

function shortenedRun({ line, count }: Run): string[] {
  const shown = line.length > lineLengthMax ? `${line.slice(0, lineLengthMax)}…` : line;
  if (count <= alikeShown + 1) return Array.from({ length: count }, () => shown);
  const indent = /^\s*/.exec(line)?.[0] ?? '';
  return [
    ...Array.from({ length: alikeShown }, () => shown),
    `${indent}… and ${formatNumber(count - alikeShown)} more lines like these`,
  ];
}
