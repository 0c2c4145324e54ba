/** What happens in a service in, log lines out: one JSON document a line where machines read them, else a plain line. */
import type { ServiceLine } from '../core/injector-service/injector-service.js';
import type { PipelineEvent } from '../core/pipeline-events.js';
import { formatCount, formatDuration } from './format.js';
import { escapeControls, safeJson } from './terminal-text.js';

export interface LogLine {
  readonly level: 'info' | 'warning' | 'error';
  readonly type: string;
  readonly text: string;
  /** What a machine wants to know besides. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

export function logText(
  line: LogLine,
  { at, json }: { readonly at: number; readonly json: boolean },
): string {
  const time = new Date(at).toISOString();
  const { level, type, text, facts = {} } = line;
  if (json) return safeJson({ at: time, level, type, text, ...facts });
  return `${time} ${level === 'info' ? '' : `${level}: `}${escapeControls(text)}`;
}

export function serviceLine({ level, text }: ServiceLine): LogLine {
  return { level, type: 'service', text };
}

/** Undefined for what happens too often to be worth a line. */
export function eventLine(event: PipelineEvent): LogLine | undefined {
  const info = (text: string, facts: Readonly<Record<string, unknown>> = {}): LogLine => ({
    level: 'info',
    type: event.type,
    text,
    facts,
  });
  switch (event.type) {
    case 'planned': {
      const { agents, heldOut, batches, windowMs, batchesDone = 0 } = event;
      const { id, type } = event.instruction;
      const done = batchesDone === 0 ? '' : `, ${batchesDone} of them done`;
      return info(
        `rollout ${id} (${type}): ${formatCount(agents, 'agent')}, ${heldOut} held out, ${batches} batches${done}`,
        { rollout: id, agents, heldOut, batches, batchesDone, windowMs },
      );
    }
    case 'canary': {
      const { agents, state, bakeMs, reason } = event;
      const why = reason === undefined ? '' : `: ${reason}`;
      const text = `canary of ${formatCount(agents, 'agent')} ${state === 'watching' ? `is watched for ${formatDuration(bakeMs)}` : state}${why}`;
      return { ...info(text, { agents, state }), level: state === 'failed' ? 'warning' : 'info' };
    }
    case 'agent-failed':
      return {
        level: 'warning',
        type: event.type,
        text: `${event.agent} failed: ${event.code} ${event.reason}`,
        facts: { agent: event.agent, code: event.code },
      };
    case 'state':
      return info(`rollout is ${event.state}${event.reason === undefined ? '' : `: ${event.reason}`}`, {
        state: event.state,
      });
    case 'live':
      return info(`${formatCount(event.agents, 'agent')} live, ${event.heldOut} held out`, {
        agents: event.agents,
        heldOut: event.heldOut,
      });
    case 'measured': {
      const { id, state, execution } = event.result;
      return info(`measured: ${state}, ${formatCount(execution.agentsReporting, 'agent')} reported`, {
        rollout: id,
        state,
      });
    }
    case 'note':
      return { level: event.level, type: event.type, text: event.text };
    default:
      return undefined;
  }
}
