/** A question in, its answer out, or an error when it takes too long: an engine that hangs, or a Redis that is away, is not waited for. */
import { pause } from './pause.js';

/** What was asked is perhaps still being done. */
export class LateAnswer extends Error {}

export async function answeredWithin<T>(ms: number, question: Promise<T>): Promise<T> {
  const answered = new AbortController();
  const late = pause(ms, answered.signal).then(() => {
    throw new LateAnswer(`no answer within ${ms / 1_000} s`);
  });
  try {
    return await Promise.race([question, late]);
  } finally {
    answered.abort();
  }
}
