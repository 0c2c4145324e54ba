/** A session with its progress told while the work goes on; the terminal is free again when this resolves or throws. */
import type { ReportEvent } from '../core/pipeline-events.js';
import { type Session, type SessionOptions, withSession } from './open-session.js';
import { createProgress, progressModeFor } from './progress/progress.js';

export interface ProgressOptions extends Omit<SessionOptions, 'report' | 'flags'> {
  readonly flags: SessionOptions['flags'] & {
    readonly jsonl: boolean;
    readonly quiet: boolean;
    readonly 'no-color': boolean;
  };
  /** Hears every event as well. */
  readonly onEvent?: ReportEvent;
  /** Lines that must not disturb the drawing come here when it has ended. */
  readonly note: (text: string) => void;
}

export async function withProgress<T>(
  options: ProgressOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { flags } = options;
  const mode = progressModeFor({ ...flags, color: !flags['no-color'], stderr: process.stderr });
  const progress = await createProgress(mode, process);
  const notes: string[] = [];
  const report: ReportEvent = (event) => {
    options.onEvent?.(event);
    progress.handle(event);
  };
  try {
    const session = { ...options, report, note: (text: string) => void notes.push(text) };
    const value = await withSession(session, work);
    await progress.finish();
    return value;
  } catch (thrown) {
    await progress.finish(thrown);
    throw thrown;
  } finally {
    for (const text of notes) options.note(text);
  }
}
