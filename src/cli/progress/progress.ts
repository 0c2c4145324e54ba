/** How far a run is, told while it goes on: events in, drawing or lines out. `createProgress` picks how. */
import type { PipelineEvent } from '../../core/pipeline-events.js';
import { createJsonLinesProgress } from './json-lines.js';
import { createPlainProgress } from './plain-progress.js';

export interface Progress {
  /** May be handed on by itself, as the `report` of a pipeline. */
  readonly handle: (event: PipelineEvent) => void;
  /** Ends the drawing; an error is shown at the phase in which it happened. Resolves when the terminal is free. */
  readonly finish: (error?: unknown) => Promise<void>;
}

/** `tty` draws, `plain` prints single lines, `jsonl` prints every event, `silent` nothing. */
export type ProgressMode = 'tty' | 'plain' | 'jsonl' | 'silent';

export interface ProgressStreams {
  readonly stderr: NodeJS.WriteStream;
  readonly stdout: NodeJS.WriteStream;
}

/** Loads what draws only when it draws. */
export async function createProgress(mode: ProgressMode, streams: ProgressStreams): Promise<Progress> {
  switch (mode) {
    case 'tty': {
      const { createTtyProgress } = await import('./tty-progress.js');
      return createTtyProgress({ stderr: streams.stderr });
    }
    case 'plain':
      return createPlainProgress({ write: (line) => streams.stderr.write(`${line}\n`) });
    case 'jsonl':
      return createJsonLinesProgress({ write: (line) => streams.stdout.write(`${line}\n`) });
    case 'silent':
      return { handle: () => undefined, finish: async () => undefined };
    default:
      return mode satisfies never;
  }
}

export interface ModeQuestion {
  readonly jsonl: boolean;
  readonly quiet: boolean;
  /** False with --no-color. */
  readonly color?: boolean;
  readonly stderr: { readonly isTTY?: boolean };
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A drawing needs a terminal that may be coloured; everything else gets calm lines. */
export function progressModeFor(question: ModeQuestion): ProgressMode {
  const { jsonl, quiet, color = true, stderr, env = process.env } = question;
  if (jsonl) return 'jsonl';
  if (quiet) return 'silent';
  const plain = !color || (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb' || stderr.isTTY !== true;
  return plain ? 'plain' : 'tty';
}
