/** A container's labels, mounts and process, as the engine tells them, in; what injecting into it needs to know out. Pure. */
import { constants } from 'node:os';
import type Docker from 'dockerode';
import { identifierSchema } from '../../../nerve/messages/identifiers.js';

export const programsPath = '/injected-programs';

export interface AgentContainer {
  /** As its label `dreamnet.agent` says. */
  readonly agent: string;
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly running: boolean;
  /** Its first process, as the engine's host numbers it; 0 while it does not run. */
  readonly pid: number;
  /** What is mounted at /injected-programs: a directory of the engine's host. */
  readonly volume: { readonly source: string; readonly writable: boolean } | undefined;
  /** Why the engine's file calls cannot reach /injected-programs. */
  readonly apiRefusal: string | undefined;
  /** Null: it watches its files and wants none. */
  readonly signal: NodeJS.Signals | null;
  readonly confirm: 'file' | 'log' | 'either';
  /** With a terminal, its output is one stream without heads. */
  readonly tty: boolean;
  /** The agent's labels: `dreamnet.label.NAME`, without that beginning, and the built-in ones. */
  readonly labels: Readonly<Record<string, string>>;
}

export type Described = { readonly container: AgentContainer } | { readonly refusal: string };

const labelPrefix = 'dreamnet.label.';
const labelsMax = 64;
const labelCharactersMax = 256;

/** Which agent a container says that it is; undefined when that is no id. */
export function agentIdOf(labels: Readonly<Record<string, string>>): string | undefined {
  return identifierSchema.safeParse(labels['dreamnet.agent']).data;
}

export function describeContainer(agent: string, info: Docker.ContainerInspectInfo): Described {
  const labels = info.Config.Labels ?? {};
  const signal = signalOf(labels['dreamnet.signal']);
  if (signal === undefined)
    return {
      refusal: `its label dreamnet.signal is no signal to reload: "${shown(labels['dreamnet.signal'])}"`,
    };
  const confirm = confirmOf(labels['dreamnet.confirm']);
  if (confirm === undefined) {
    return {
      refusal: `its label dreamnet.confirm is not file, log or either: "${shown(labels['dreamnet.confirm'])}"`,
    };
  }
  const mount = info.Mounts.find(({ Destination }) => Destination === programsPath);
  const isTmpfs = programsPath in (info.HostConfig.Tmpfs ?? {}) || mount?.Type === 'tmpfs';
  return {
    container: {
      ...{ agent, id: info.Id, name: info.Name.replace(/^\//, ''), image: info.Config.Image },
      running: info.State.Running && !info.State.Paused,
      pid: info.State.Running ? info.State.Pid : 0,
      volume: mount === undefined || isTmpfs ? undefined : { source: mount.Source, writable: mount.RW },
      apiRefusal: apiRefusal({
        isTmpfs,
        hasMount: mount !== undefined,
        isReadOnly: info.HostConfig.ReadonlyRootfs ?? false,
      }),
      ...{ signal, confirm, tty: info.Config.Tty },
      labels: { ...agentLabels(labels), transport: 'docker', image: info.Config.Image },
    },
  };
}

function apiRefusal({
  isTmpfs,
  hasMount,
  isReadOnly,
}: {
  isTmpfs: boolean;
  hasMount: boolean;
  isReadOnly: boolean;
}) {
  if (isTmpfs) return `${programsPath} is a tmpfs, which the engine cannot write to`;
  return isReadOnly && !hasMount
    ? `its file system is read-only, and nothing is mounted at ${programsPath}`
    : undefined;
}

/** KILL and STOP cannot be caught, so that they reload nothing. */
function signalOf(label = 'SIGHUP'): NodeJS.Signals | null | undefined {
  if (label === 'none') return null;
  const name = label.toUpperCase().replace(/^(?!SIG)/, 'SIG') as NodeJS.Signals;
  return name in constants.signals && name !== 'SIGKILL' && name !== 'SIGSTOP' ? name : undefined;
}

function confirmOf(label = 'either'): AgentContainer['confirm'] | undefined {
  return label === 'file' || label === 'log' || label === 'either' ? label : undefined;
}

function agentLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(labels)
    .filter(
      ([name, value]) =>
        name.startsWith(labelPrefix) &&
        identifierSchema.safeParse(name.slice(labelPrefix.length)).success &&
        value.length <= labelCharactersMax,
    )
    .slice(0, labelsMax);
  return Object.fromEntries(own.map(([name, value]) => [name.slice(labelPrefix.length), value]));
}

/** Labels are somebody else's text. */
export function shown(text = ''): string {
  return text.replaceAll(/\p{C}+/gu, ' ').slice(0, 80);
}
