/**
 * Events in, phases drawn with listr2 on stderr out: one line per finished phase, and below the running one the bars of
 * its batch groups or the metrics of its window. Each phase is a list of its own, so that absent phases cost nothing.
 */

import { Listr, ListrLogger, ProcessOutput } from 'listr2';
import type { Phase, PipelineEvent } from '../../core/pipeline-events.js';
import { formatDuration } from '../format.js';
import { escapeControls } from '../terminal-text.js';
import { gatesLine } from '../views/gates-view.js';
import { planLimitsText, planSizeText } from '../views/plan-words.js';
import { paint } from './paint.js';
import { canaryText } from './plain-progress.js';
import type { Progress } from './progress.js';
import { noProgress, type ProgressState, withEvent } from './state.js';
import { runningLines } from './tty-lines.js';
import { endedBy, phaseText, phaseTitles } from './wording.js';

export interface TtyProgressOptions {
  readonly stderr: NodeJS.WriteStream;
  /** Columns to draw in; the terminal's own when absent. */
  readonly columns?: number;
}

const redrawEveryMs = 100;
const notesMax = 4;

export function createTtyProgress(options: TtyProgressOptions): Progress {
  const progress = new TtyProgress(options);
  return { handle: (event) => progress.handle(event), finish: (error) => progress.finish(error) };
}

class TtyProgress implements Progress {
  readonly #options: TtyProgressOptions;
  #state: ProgressState = noProgress();
  #drawing: PhaseDrawing | undefined;
  /** Drawings follow one another: each begins when the one before has left the terminal. */
  #before: Promise<void> = Promise.resolve();
  #notes: string[] = [];

  constructor(options: TtyProgressOptions) {
    this.#options = options;
  }

  handle(event: PipelineEvent): void {
    this.#state = withEvent(this.#state, event);
    const note = noteOf(event);
    if (note !== undefined) this.#notes = [...this.#notes, note].slice(-notesMax);
    if (event.type !== 'phase') return;
    if (event.state === 'started') this.#begin(event.phase);
    else this.#end(event);
  }

  async finish(error?: unknown): Promise<void> {
    const { phase } = this.#state;
    if (this.#drawing && phase) {
      this.#end({ type: 'phase', at: 0, phase, state: error === undefined ? 'done' : 'failed' });
    }
    await this.#before;
  }

  #begin(phase: Phase): void {
    this.#drawing?.end({ title: this.#doneTitle(phase), failed: false });
    this.#notes = [];
    const drawing = new PhaseDrawing(this.#options.stderr, () => this.#runningTitle(phase));
    this.#drawing = drawing;
    this.#before = this.#before.then(() => drawing.run());
  }

  #end(event: Extract<PipelineEvent, { type: 'phase' }>): void {
    const took = event.ms === undefined ? '' : paint('dim', ` ${formatDuration(event.ms)}`);
    // What went wrong is told once, by the command; here it shows where.
    const failed = event.state === 'failed';
    const detail = failed ? endedBy(event) : event.detail;
    const text = detail === undefined ? this.#doneTitle(event.phase) : detailTitle(event.phase, detail);
    this.#drawing?.end({ title: [text + took, ...this.#notes].join('\n'), failed });
    this.#drawing = undefined;
  }

  #runningTitle(phase: Phase): string {
    const columns = this.#options.columns ?? this.#options.stderr.columns ?? 80;
    return [...runningLines(phase, this.#state, { columns, nowMs: Date.now() }), ...this.#notes].join('\n');
  }

  #doneTitle(phase: Phase): string {
    return detailTitle(phase, phaseText(phase, this.#state));
  }
}

/** One phase on the terminal, redrawn at a steady pace until it ends. */
class PhaseDrawing {
  readonly #stderr: NodeJS.WriteStream;
  readonly #running: () => string;
  readonly #ended = Promise.withResolvers<{ readonly title: string; readonly failed: boolean }>();

  constructor(stderr: NodeJS.WriteStream, running: () => string) {
    this.#stderr = stderr;
    this.#running = running;
  }

  end(how: { readonly title: string; readonly failed: boolean }): void {
    this.#ended.resolve(how);
  }

  async run(): Promise<void> {
    const list = new Listr([{ title: this.#running(), task: (_, task) => this.#draw(task) }], {
      renderer: 'default',
      registerSignalListeners: false,
      forceTTY: true,
      rendererOptions: {
        formatOutput: 'truncate',
        showErrorMessage: false,
        logger: new ListrLogger({
          useIcons: true,
          toStderr: [],
          processOutput: new ProcessOutput(this.#stderr, this.#stderr),
        }),
      },
    });
    await list.run().catch(() => undefined);
  }

  async #draw(task: { title: string | null }): Promise<void> {
    const timer = setInterval(() => {
      task.title = this.#running();
    }, redrawEveryMs);
    const { title, failed } = await this.#ended.promise;
    clearInterval(timer);
    task.title = title;
    if (failed) throw new Error(title);
  }
}

function detailTitle(phase: Phase, text: string): string {
  return `${paint('bold', phaseTitles[phase])}${text === '' ? '' : `  ${escapeControls(text)}`}`;
}

/** Lines that stay below the phase: what is planned, failures, the canary, warnings. */
function noteOf(event: PipelineEvent): string | undefined {
  switch (event.type) {
    case 'planned':
      return event.numbers === undefined
        ? undefined
        : paint('dim', `${planSizeText(event.numbers)}\n${planLimitsText(event.numbers)}`);
    case 'agent-failed':
      return paint('yellow', `${event.agent}: ${event.code} ${escapeControls(event.reason)}`);
    case 'gate':
      return paint(
        event.verdicts.some(({ verdict }) => verdict !== 'passed') ? 'yellow' : 'dim',
        `gates: ${gatesLine(event.verdicts).replaceAll(' · ', '\n       ')}`,
      );
    case 'canary':
      return paint(event.state === 'failed' ? 'red' : 'dim', canaryText(event));
    case 'state':
      return event.reason === undefined
        ? undefined
        : paint('yellow', `${event.state.replaceAll('_', ' ')}: ${escapeControls(event.reason)}`);
    case 'note':
      return paint(event.level === 'warning' ? 'yellow' : 'dim', escapeControls(event.text));
    default:
      return undefined;
  }
}
